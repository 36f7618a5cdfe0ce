import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Template } from './template.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What osls prints and makes of a stage, or how it ended. */
export type Packaged =
  | { readonly template: Template; readonly output: string }
  | { readonly template: undefined; readonly output: string };

/**
 * `osls package` as a stranger would run it, without a network, a home, or anything of AWS in the environment; in a
 * folder of its own, so that it does not write into the checkout.
 * @param stages folder of the stage file, from the root of the checkout
 */
export async function packageStage(
  stage: string,
  stages: string,
  options: readonly string[] = [],
): Promise<Packaged> {
  const folder = await mkdtemp(join(tmpdir(), 'stage-'));
  try {
    await copyFile(join(root, 'serverless.yml'), join(folder, 'serverless.yml'));
    for (const name of ['infra', 'node_modules']) await symlink(join(root, name), join(folder, name));
    await symlink(join(root, stages), join(folder, 'stages'));
    await mkdir(join(folder, 'dist'));
    // What is in the zip is no matter of the template.
    await writeFile(join(folder, 'dist/push-metrics.zip'), '');
    const output = await run(['package', '--stage', stage, ...options], folder);
    const template = await readFile(
      join(folder, '.serverless/cloudformation-template-update-stack.json'),
      'utf8',
    )
      .then((text): Template => JSON.parse(text))
      .catch(() => undefined);
    return { template, output };
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function run(args: readonly string[], folder: string): Promise<string> {
  const osls = [process.execPath, join(root, 'node_modules/osls/bin/serverless.js'), ...args];
  const [program = '', ...rest] = (await hasNamespaces())
    ? ['unshare', '--map-root-user', '--net', ...osls]
    : osls;
  // Where there are no network namespaces: a proxy that nobody listens at.
  const proxy = 'http://127.0.0.1:9';
  const env = { PATH: process.env.PATH, HOME: folder, HTTP_PROXY: proxy, HTTPS_PROXY: proxy };
  return promisify(execFile)(program, rest, { cwd: folder, env }).then(
    ({ stdout, stderr }) => stdout + stderr,
    (error: unknown) => outputOf(error),
  );
}

function outputOf(error: unknown): string {
  if (!(error instanceof Error && 'stdout' in error && 'stderr' in error)) throw error;
  return `${error.stdout}${error.stderr}`;
}

const hasNamespaces = async (): Promise<boolean> =>
  promisify(execFile)('unshare', ['--map-root-user', '--net', 'true']).then(
    () => true,
    () => false,
  );
