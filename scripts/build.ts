import { rm, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { buildBundles } from './build-bundles.ts';

const folder = fileURLToPath(new URL('../dist', import.meta.url));

async function kib(file: string): Promise<string> {
  const { size } = await stat(file);
  return `${(size / 1024).toFixed(0)} KiB`;
}

await rm(folder, { recursive: true, force: true });
const { functionFolder, zipFile, commandLineFile } = await buildBundles(folder);
const lines = [
  ['dist/push-metrics/index.mjs', await kib(`${functionFolder}/index.mjs`), 'the Lambda handler'],
  ['dist/push-metrics.zip', await kib(zipFile), 'what is uploaded (handler: index.handler)'],
  ['dist/prefect-push-exporter.mjs', await kib(commandLineFile), 'the command line in one file'],
];
for (const [file = '', size, what] of lines) console.log(`${file.padEnd(32)}${size}, ${what}`);
