// The Debian mirror of this machine, asked for suites other than its own.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Mirror {
  readonly uri: string;
  readonly signedBy: string | undefined;
}

const configuration = '/etc/apt';

/** The mirror that this machine's own Debian release is installed from. */
export function findDebianMirror(): Mirror {
  const codename = /^VERSION_CODENAME=(.*)$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
  for (const { path, text } of readSources()) {
    const mirrors = path.endsWith('.sources') ? parseStanzas(text) : parseLines(text);
    const mirror = mirrors.find(({ suites, components }) => {
      return suites.some((suite) => suite === codename) && components.includes('main');
    });
    if (mirror !== undefined) return mirror;
  }
  throw new Error(`no apt source for ${codename ?? 'this system'} in ${configuration}`);
}

/** One line of a sources.list: the mirror's `main` of another suite. */
export function sourceLine({ uri, signedBy }: Mirror, suite: string): string {
  const options = signedBy === undefined ? '' : `[signed-by=${signedBy}] `;
  return `deb ${options}${uri} ${suite} main`;
}

interface Source extends Mirror {
  readonly suites: readonly string[];
  readonly components: readonly string[];
}

function readSources(): { path: string; text: string }[] {
  const parts = join(configuration, 'sources.list.d');
  const names = readdirSync(parts).filter((name) => name.endsWith('.list') || name.endsWith('.sources'));
  const paths = [join(configuration, 'sources.list'), ...names.map((name) => join(parts, name))];
  return paths.flatMap((path) => {
    try {
      return [{ path, text: readFileSync(path, 'utf8') }];
    } catch {
      return [];
    }
  });
}

/** deb822, see sources.list(5): stanzas of "Field: value". */
function parseStanzas(text: string): Source[] {
  return text.split(/\n\s*\n/).flatMap((stanza) => {
    const field = (name: string) => new RegExp(`^${name}:[ \t]*(.*)$`, 'im').exec(stanza)?.[1]?.trim();
    const uri = field('URIs')?.split(/\s+/)[0];
    if (uri === undefined || !/\bdeb\b/.test(field('Types') ?? '')) return [];
    return [
      {
        uri,
        signedBy: field('Signed-By'),
        suites: (field('Suites') ?? '').split(/\s+/),
        components: (field('Components') ?? '').split(/\s+/),
      },
    ];
  });
}

/** One-line style: deb [options] uri suite component… */
function parseLines(text: string): Source[] {
  return [...text.matchAll(/^deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s+(.*)$/gm)].map((line) => {
    const [, options = '', uri = '', suite = '', components = ''] = line;
    const signedBy = /signed-by=(\S+)/.exec(options)?.[1];
    return { uri, signedBy, suites: [suite], components: components.split(/\s+/) };
  });
}
