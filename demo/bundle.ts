import { execFile } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { withLock } from '../scripts/real-servers/lock.ts';

const root = new URL('..', import.meta.url);
const inRoot = (path: string) => fileURLToPath(new URL(path, root));

/** What the Lambda function is made from; `package-lock.json` stands for its dependencies. */
const sources = [
  'lib',
  'functions',
  'cli',
  'scripts/build.ts',
  'scripts/build-bundles.ts',
  'package-lock.json',
];

export interface Bundle {
  /** The module that is uploaded to Lambda; exports `handler`. */
  readonly url: URL;
  /** False when the one that was there is newer than its sources. */
  readonly built: boolean;
}

/** Builds the bundle unless the one in dist/ is up to date; several demos at once build it once. */
export const ensureBundle = (): Promise<Bundle> => withLock(inRoot('.cache/demo-bundle.lock'), buildIfOld);

/** Rejects with what esbuild said. */
async function buildIfOld(): Promise<Bundle> {
  const url = new URL('dist/push-metrics/index.mjs', root);
  const bundleMs = await modifiedMs(fileURLToPath(url)).catch(() => 0);
  const newestSourceMs = Math.max(...(await Promise.all(sources.map((path) => newestMs(inRoot(path))))));
  if (bundleMs > newestSourceMs) return { url, built: false };
  await promisify(execFile)(process.execPath, [inRoot('scripts/build.ts')]);
  return { url, built: true };
}

const modifiedMs = async (path: string): Promise<number> => (await stat(path)).mtimeMs;

/** Of a file, or of the newest file below a folder. */
async function newestMs(path: string): Promise<number> {
  if (!(await stat(path)).isDirectory()) return modifiedMs(path);
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Math.max(0, ...(await Promise.all(files.map((f) => modifiedMs(`${f.parentPath}/${f.name}`)))));
}
