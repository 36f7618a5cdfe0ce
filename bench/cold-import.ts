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
        { 'empty module': empty, 'undici alone': undici, function: file },
        runs,
      );
      return [
        await sizes(file, zipFile),
        `largest parts\n${table(largestParts(functionMetafile))}`,
        `import in a fresh process, medians of ${runs}\n${table(timeRows(times))}`,
      ].join('\n\n');
    } finally {
      await rm(folder, { recursive: true });
    }
  },
});

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
  files: Readonly<Record<string, string>>,
  runs: number,
): Promise<Map<string, number>> {
  const times = new Map<string, number[]>();
  for (let run = 0; run < runs; run += 1) {
    for (const [name, file] of Object.entries(files)) {
      const once = new URL('cold-import-once.ts', import.meta.url);
      const result = await inFreshProcess(once, { args: [pathToFileURL(file).href] });
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

const largestParts = (metafile: Metafile): string[][] =>
  [...bytesByPart(metafile)].slice(0, 10).map(([part, bytes]) => [part, kib(bytes)]);

const kib = (bytes: number): string => `${(bytes / 1_024).toFixed(0)} KiB`;
