import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build, type Metafile } from 'esbuild';
import * as z from 'zod';
import { buildBundles, bundling } from '../scripts/build-bundles.ts';
import { type Bench, inFreshProcess, median, table } from './bench.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const measured = z.object({ importMs: z.number() });

/** The function's bundle: its bytes, its largest parts, and what importing it takes beside less. */
export const createColdImportBench = ({ runs = 25 }: { runs?: number } = {}): Bench => ({
  name: 'cold-import',
  async run() {
    const folder = await mkdtemp(join(tmpdir(), 'cold-import-'));
    try {
      const { functionFolder, zipFile, functionMetafile } = await buildBundles(folder);
      const file = `${functionFolder}/index.mjs`;
      const [empty, undici] = [`${folder}/empty.mjs`, `${folder}/undici.mjs`];
      await writeFile(empty, 'export {};\n');
      await bundleUndici(undici);
      const times = await importTimes(
        [
          { name: 'empty module', file: empty },
          { name: 'undici alone', file: undici },
          ...settings.map(({ name, env }) => ({ name, file, env })),
        ],
        runs,
      );
      return [
        await sizes(file, zipFile),
        `read at the start\n${table(startRows(functionMetafile))}`,
        `largest parts\n${table(largestParts(functionMetafile))}`,
        `import in a fresh process, medians of ${runs}\n${table(timeRows(times))}`,
      ].join('\n\n');
    } finally {
      await rm(folder, { recursive: true });
    }
  },
});

const ofStore = { STORE: 's3://bucket/key' };
const ofSignature = { REMOTE_WRITE_SIGV4: 'true' };

/** What makes the function read parts of the AWS SDK when it starts. */
const settings: readonly { readonly name: string; readonly env: Readonly<Record<string, string>> }[] = [
  { name: 'function', env: {} },
  { name: 'function, ledger in S3', env: ofStore },
  { name: 'function, signed requests', env: ofSignature },
  { name: 'function, both', env: { ...ofStore, ...ofSignature } },
];

async function sizes(file: string, zipFile: string): Promise<string> {
  const bytes = await readFile(file);
  const { size: zipBytes } = await stat(zipFile);
  return `index.mjs ${kib(bytes.length)}, gzip ${kib(gzipSync(bytes).length)}; zip with source map ${kib(zipBytes)}`;
}

/** What the function takes from undici, bundled as the function is. */
async function bundleUndici(outfile: string): Promise<void> {
  await build({
    ...bundling,
    stdin: { contents: "export { EnvHttpProxyAgent, errors, request } from 'undici';", resolveDir: root },
    outfile,
  });
}

/** In turns, so that what else the machine does falls on all alike. */
async function importTimes(
  imports: readonly {
    readonly name: string;
    readonly file: string;
    readonly env?: Readonly<Record<string, string>>;
  }[],
  runs: number,
): Promise<Map<string, number>> {
  const times = new Map<string, number[]>();
  for (let run = 0; run < runs; run += 1) {
    for (const { name, file, env = {} } of imports) {
      const once = new URL('cold-import-once.ts', import.meta.url);
      const result = await inFreshProcess(once, { args: [pathToFileURL(file).href], env });
      times.set(name, [...(times.get(name) ?? []), measured.parse(result).importMs]);
    }
  }
  return new Map([...times].map(([name, all]) => [name, median(all)]));
}

function timeRows(times: ReadonlyMap<string, number>): string[][] {
  const ours = times.get('function') ?? Number.NaN;
  return [...times].map(([name, ms]) => [name, `${ms.toFixed(1)} ms`, `${(ms / ours).toFixed(2)}×`]);
}

/** Bytes in the bundle by package, largest first; `lib` is ours, by folder. */
export function bytesByPart({ outputs }: Metafile): Map<string, number> {
  const parts = new Map<string, number>();
  for (const { inputs } of Object.values(outputs)) {
    for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
      const part =
        /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? path.split('/').slice(0, -1).join('/');
      parts.set(part, (parts.get(part) ?? 0) + bytesInOutput);
    }
  }
  return new Map([...parts].sort(([, a], [, b]) => b - a));
}

const entries: readonly (readonly [name: string, source: string])[] = [
  ['index.mjs', 'functions/push-metrics.ts'],
  ['ledger in S3', 'lib/stores/s3-client.ts'],
  ['signed requests', 'lib/http/aws-signer.ts'],
];

/** An output, and what it imports outright: what is read when it is imported. */
export function readWith(outputs: Metafile['outputs'], path: string): ReadonlySet<string> {
  const reached = new Set<string>();
  const visit = (one: string): void => {
    if (reached.has(one)) return;
    reached.add(one);
    for (const { kind, external, path: target } of outputs[one]?.imports ?? []) {
      if (kind === 'import-statement' && external !== true) visit(target);
    }
  };
  visit(path);
  return reached;
}

/** Bytes that are read with each entry, those of index.mjs only once. */
function startRows({ outputs }: Metafile): string[][] {
  const start = readWith(outputs, 'dist/push-metrics/index.mjs');
  return entries.map(([name, source]) => {
    const [path = ''] = Object.entries(outputs).find(([, { entryPoint }]) => entryPoint === source) ?? [];
    const own = [...readWith(outputs, path)].filter((one) => name === 'index.mjs' || !start.has(one));
    return [name, kib(own.reduce((sum, one) => sum + (outputs[one]?.bytes ?? 0), 0))];
  });
}

const largestParts = (metafile: Metafile): string[][] =>
  [...bytesByPart(metafile)].slice(0, 10).map(([part, bytes]) => [part, kib(bytes)]);

const kib = (bytes: number): string => `${(bytes / 1_024).toFixed(0)} KiB`;
