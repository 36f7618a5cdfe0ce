import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { unzipSync } from 'fflate';
import { type Bundles, buildBundles } from '../../scripts/build-bundles.ts';

/** Builds from the sources as they are now, into a folder of test/output that belongs to one test file. */
export async function buildForTest(name: string): Promise<Bundles> {
  const folder = fileURLToPath(new URL(`../output/bundles/${name}`, import.meta.url));
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  return buildBundles(folder);
}

/** The zip's content in a folder of its own, away from every node_modules: what Lambda sees. */
export async function unpack(zipFile: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'push-metrics-'));
  for (const [name, content] of Object.entries(unzipSync(await readFile(zipFile)))) {
    await writeFile(join(folder, name), content);
  }
  return folder;
}
