import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, type Metafile } from 'esbuild';
import { zipSync } from 'fflate';

const root = fileURLToPath(new URL('..', import.meta.url));

/** How everything is bundled. CommonJS dependencies (undici, prom-client, snappyjs) call `require`. */
export const bundling = {
  absWorkingDir: root,
  bundle: true,
  minify: true,
  keepNames: true, // error names reach the log and the runtime's errorType
  format: 'esm',
  platform: 'node',
  target: 'node22',
  mainFields: ['module', 'main'],
  conditions: ['module'],
  banner: {
    js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);",
  },
  logLevel: 'warning',
} as const satisfies BuildOptions;

/** What was written, as absolute paths. */
export interface Bundles {
  /** `index.mjs`, what it imports on first use (`part-….mjs`), and their source maps. */
  readonly functionFolder: string;
  /** The same files: what is uploaded; the handler is `index.handler`. */
  readonly zipFile: string;
  /** The command line in one file. */
  readonly commandLineFile: string;
  /** esbuild's account of them: which source gave how many bytes of which file. */
  readonly functionMetafile: Metafile;
}

/** Bundles the Lambda function and the command line. The bytes do not depend on the folder. */
export async function buildBundles(folder: string): Promise<Bundles> {
  const [lambda, commandLine] = await Promise.all([
    bundle({
      entryPoints: { index: 'functions/push-metrics.ts' },
      outdir: 'dist/push-metrics',
      outExtension: { '.js': '.mjs' },
      splitting: true, // what is imported on first use costs a cold start nothing: a file of its own
      chunkNames: 'part-[hash]',
    }),
    bundle({
      entryPoints: ['cli/main.ts'],
      outfile: 'dist/prefect-push-exporter.mjs',
      banner: { js: `${bundling.banner.js}${refuseOldNode}` },
    }),
  ]);
  const functionFolder = `${folder}/push-metrics`;
  await mkdir(functionFolder, { recursive: true });
  await writeAll(functionFolder, lambda.files);
  await writeAll(folder, commandLine.files);
  const zipFile = `${folder}/push-metrics.zip`;
  await writeFile(zipFile, zipOf(lambda.files));
  await writeFile(`${folder}/push-metrics.meta.json`, JSON.stringify(lambda.metafile));
  const commandLineFile = `${folder}/prefect-push-exporter.mjs`;
  return { functionFolder, zipFile, commandLineFile, functionMetafile: lambda.metafile };
}

/** Contents by name. */
type Files = Readonly<Record<string, Uint8Array>>;

/** Runs before anything else in the file. A Lambda function has the Node of its runtime, a machine any. */
const refuseOldNode =
  "if(Number.parseInt(process.versions.node,10)<24){process.stderr.write('prefect-push-exporter needs Node 24 or newer: found '+process.version+'.\\n');process.exit(2)}";

async function bundle(options: BuildOptions): Promise<{ files: Files; metafile: Metafile }> {
  const { outputFiles, metafile } = await build({
    ...bundling,
    ...options,
    write: false, // the source map has paths relative to its output, wherever the files go
    sourcemap: 'linked',
    sourcesContent: false,
    metafile: true,
  });
  const files = outputFiles.map(({ path, contents }) => [path.slice(path.lastIndexOf('/') + 1), contents]);
  return { files: Object.fromEntries(files), metafile };
}

async function writeAll(folder: string, files: Files): Promise<void> {
  for (const [name, contents] of Object.entries(files)) await writeFile(`${folder}/${name}`, contents);
}

/** Same input, same bytes: sorted, and dated 1980-01-01, the first day a zip file knows. */
function zipOf(files: Files): Uint8Array {
  const sorted = Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1));
  return zipSync(Object.fromEntries(sorted), { level: 9, mtime: '1980-01-01T00:00:00' });
}
