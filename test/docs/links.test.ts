import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const root = new URL('../../', import.meta.url);

const pages = [
  'README.md',
  'CHANGELOG.md',
  ...readdirSync(new URL('docs/', root), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .map((path) => `docs/${path}`),
];

const textOf = (path: string | URL): string => readFileSync(new URL(path, root), 'utf8');
const withoutCode = (text: string): string => text.replace(/^```[\s\S]*?^```$/gm, '');

/** As GitHub makes them of headings. */
const anchorsOf = (text: string): string[] =>
  [...withoutCode(text).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replace(/\s/g, '-'),
  );

const linksOf = (path: string): string[] =>
  [...withoutCode(textOf(path)).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target));

/** What a link leads to is not there. */
function isBroken(page: string, link: string): boolean {
  const target = new URL(link, new URL(page, root));
  const { hash } = target;
  target.hash = '';
  if (!existsSync(target)) return true;
  if (hash === '') return false;
  if (statSync(target).isDirectory()) return true;
  return !anchorsOf(textOf(target)).includes(decodeURIComponent(hash.slice(1)));
}

describe('links', () => {
  it('are found', () => {
    expect(linksOf('README.md')).toContain('docs/DEPLOY.md');
    expect(isBroken('README.md', 'docs/NOTHING.md')).toBe(true);
    expect(isBroken('README.md', 'docs/OPERATIONS.md#nothing')).toBe(true);
  });

  it.each(pages)('of %s lead somewhere', (page) => {
    expect(linksOf(page).filter((link) => isBroken(page, link))).toEqual([]);
  });
});

describe('docs/OPERATIONS.md', () => {
  it('says what to do for each alarm', () => {
    const names = [...textOf('infra/alarms.yml').matchAll(/AlarmName: .*?([a-z]+(?:-[a-z]+)*)$/gm)].map(
      ([, name = '']) => name,
    );
    expect(names.length).toBeGreaterThan(6);
    expect(anchorsOf(textOf('docs/OPERATIONS.md'))).toEqual(expect.arrayContaining(names));
  });

  it('names only lines and fields that the function writes', () => {
    const [, section = ''] = textOf('docs/OPERATIONS.md').split('## Lines of the log\n');
    const [table = ''] = section.split('\n\n`');
    const quoted = table
      .split('\n')
      .filter((row) => !row.includes('(by Lambda)'))
      .flatMap((row) => [...(row.split(' | ')[0] ?? '').matchAll(/`([^`]+)`/g)].map(([, text = '']) => text));
    // `outcome: "partial"` is partial, `ledger.created: true` is created.
    const words = quoted.map((text) => /"(.+)"/.exec(text)?.[1] ?? text.replace(/^\w+\.|: .*$/g, ''));
    expect(words).toEqual(expect.arrayContaining(['tick failed', 'partial', 'created', 'secret-stale']));
    const written = ['functions/handler.ts', 'functions/workspaces.ts', 'lib/problem.ts', 'lib/report.ts']
      .map(textOf)
      .join();
    expect(words.filter((word) => !new RegExp(`['\\s]${word}[':]`).test(written))).toEqual([]);
  });
});
