import { copyFile, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildBundles } from '../../../scripts/build-bundles.ts';
import { findNode24 } from '../../../scripts/node24.mjs';
import { runCommand } from '../../../scripts/real-servers/command.ts';
import type { AskAws } from '../aws/ask.ts';
import { resourcesOf, type StackResources } from '../aws/stack.ts';
import type { LocalAws } from './ministack.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const framework = fileURLToPath(import.meta.resolve('osls/bin/serverless.js'));

const commandMs = 120_000;

/** A copy of what is deployed, with a stage of its own, in a folder of its own. */
export interface Service {
  readonly stackName: string;
  readonly functionName: string;
  /** What its stage file holds from now on. */
  change(parameters: object): Promise<void>;
  readonly folder: string;
  /** What a deployment would upload and apply, below `.serverless`; asks nobody. */
  package(): Promise<void>;
  /** Packages it and deploys that. Resolves with what there is then. */
  deploy(local: LocalAws, aws: AskAws): Promise<StackResources>;
  /** What `osls info --verbose` prints of the stack that is there. */
  info(local: LocalAws): Promise<string>;
  remove(local: LocalAws): Promise<void>;
}

/** @param parameters what stages/<stage>.yml would hold */
export async function prepareService(stage: string, parameters: object): Promise<Service> {
  const folder = join(root, 'test/output/services', stage);
  await rm(folder, { recursive: true, force: true });
  await mkdir(join(folder, 'stages'), { recursive: true });
  await mkdir(join(folder, 'home'));
  const change = (changed: object) =>
    writeFile(join(folder, 'stages', `${stage}.yml`), JSON.stringify(changed));
  await change(parameters);
  await copyFile(join(root, 'serverless.yml'), join(folder, 'serverless.yml'));
  await symlink(join(root, 'infra'), join(folder, 'infra'));
  await buildBundles(join(folder, 'dist'));
  const run = (args: readonly string[], env: Readonly<Record<string, string>>) =>
    runCommand(findNode24(), [framework, ...args, '--stage', stage], {
      timeoutMs: commandMs,
      cwd: folder,
      env: { PATH: process.env.PATH, HOME: join(folder, 'home'), ...env },
    });
  const stackName = `prefect-push-exporter-${stage}`;
  return {
    stackName,
    functionName: stackName,
    change,
    folder,
    async package() {
      await run(['package'], {});
    },
    async deploy(local, aws) {
      await run(['deploy'], environmentOf(local));
      return resourcesOf(aws, stackName);
    },
    info: (local) => run(['info', '--verbose'], environmentOf(local)),
    async remove(local) {
      await run(['remove'], environmentOf(local));
    },
  };
}

/** For programs that find AWS as an SDK does. */
export const environmentOf = ({
  proxy,
  region,
  credentials,
}: LocalAws): Readonly<Record<string, string>> => ({
  AWS_ENDPOINT_URL: proxy.url.origin,
  AWS_REGION: region,
  AWS_ACCESS_KEY_ID: credentials.accessKeyId,
  AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
});
