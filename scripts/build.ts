import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build, type Metafile } from 'esbuild';
import { zipSync } from 'fflate';

const root = fileURLToPath(new URL('..', import.meta.url));

/** CommonJS dependencies (snappyjs, prom-client, undici) call `require` inside an ES module. */
const banner =
  "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);";

async function bundle(entry: string, outfile: string): Promise<Metafile> {
  const result = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile,
    bundle: true,
    minify: true,
    keepNames: true, // error names reach the log and the runtime's errorType
    format: 'esm',
    platform: 'node',
    target: 'node22',
    mainFields: ['module', 'main'],
    conditions: ['module'],
    banner: { js: banner },
    sourcemap: 'linked',
    sourcesContent: false,
    metafile: true,
    logLevel: 'warning',
  });
  return result.metafile;
}

/** Same input, same bytes: the entry is dated 1980-01-01, the first day a zip file knows. */
async function zipFunction(folder: string): Promise<number> {
  const files = ['index.mjs', 'index.mjs.map'];
  const entries = await Promise.all(
    files.map(async (name) => [name, new Uint8Array(await readFile(`${folder}/${name}`))] as const),
  );
  const zip = zipSync(Object.fromEntries(entries), { level: 9, mtime: '1980-01-01T00:00:00' });
  await writeFile(`${root}dist/push-metrics.zip`, zip);
  return zip.length;
}

const kib = (bytes: number) => `${(bytes / 1024).toFixed(0)} KiB`;

await rm(`${root}dist`, { recursive: true, force: true });
await mkdir(`${root}dist`);
const lambda = await bundle('functions/push-metrics.ts', 'dist/push-metrics/index.mjs');
await writeFile(`${root}dist/push-metrics.meta.json`, JSON.stringify(lambda));
const cli = await bundle('cli/main.ts', 'dist/prefect-push-exporter.mjs');
const zipBytes = await zipFunction(`${root}dist/push-metrics`);

const size = (metafile: Metafile, file: string) => metafile.outputs[file]?.bytes ?? 0;
console.log(
  `dist/push-metrics/index.mjs     ${kib(size(lambda, 'dist/push-metrics/index.mjs'))}, the Lambda handler`,
);
console.log(`dist/push-metrics.zip           ${kib(zipBytes)}, what is uploaded (handler: index.handler)`);
console.log(
  `dist/prefect-push-exporter.mjs  ${kib(size(cli, 'dist/prefect-push-exporter.mjs'))}, the command line in one file`,
);
