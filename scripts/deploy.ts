// npm run package, deploy, remove: builds what is uploaded, has osls make the template, tries the configuration, deploys.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { StageError } from '../infra/stage/error.ts';
import { loadStage, type Stage } from '../infra/stage/load.ts';
import { afterDeployment, afterRemoval, type Outputs, outputsIn } from './deploy/afterwards.ts';
import { type Arguments, readArguments, usage } from './deploy/arguments.ts';
import { checkEnvironment, checksOf } from './deploy/check.ts';
import { findNode24 } from './node24.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const osls = 'node_modules/osls/bin/serverless.js';

/** A step that ended with another status than 0; it has said why. */
class StepFailed extends Error {
  override readonly name = 'StepFailed';
}

async function run(args: readonly string[]): Promise<void> {
  if ((await statusOf(args, process.env)) !== 0) throw new StepFailed(args.join(' '));
}

async function statusOf(args: readonly string[], env: NodeJS.ProcessEnv): Promise<unknown> {
  const child = spawn(findNode24(), args, { cwd: root, env, stdio: 'inherit' });
  const [code] = await once(child, 'exit');
  return code;
}

const oslsOptions = ({ stage, region, awsProfile }: Arguments): readonly string[] => [
  ...['--stage', stage],
  ...(region === undefined ? [] : ['--region', region]),
  ...(awsProfile === undefined ? [] : ['--aws-profile', awsProfile]),
];

async function packageStage(given: Arguments): Promise<void> {
  await run(['scripts/build.ts']);
  await run([osls, 'package', ...oslsOptions(given)]);
}

async function tryConfiguration(stage: Stage, { awsProfile }: Arguments): Promise<void> {
  for (const check of checksOf(stage)) {
    if ('skipped' in check) {
      console.log(`check of ${check.workspace}: skipped, because ${check.skipped}`);
      continue;
    }
    console.log(
      `check of ${check.workspace}${check.without === undefined ? '' : `, without ${check.without}`}:`,
    );
    const where = { awsProfile, region: stage.region };
    const env = checkEnvironment(process.env, check.environment, where);
    if ((await statusOf(['cli/main.ts', 'check'], env)) === 0) continue;
    throw new StepFailed(`the check of ${check.workspace} failed; --skip-check deploys all the same`);
  }
}

/** Outputs of the stack; none where it cannot be asked. */
async function outputsOf(given: Arguments): Promise<Outputs> {
  const args = [osls, 'info', '--verbose', ...oslsOptions(given)];
  const child = spawn(findNode24(), args, { cwd: root, stdio: ['ignore', 'pipe', 'ignore'] });
  return outputsIn(await text(child.stdout));
}

async function deploy(stage: Stage, given: Arguments): Promise<void> {
  await run(['scripts/build.ts']);
  if (given.skipCheck) console.log('check: skipped, as asked');
  else await tryConfiguration(stage, given);
  await run([osls, 'deploy', ...oslsOptions(given)]);
  const { awsProfile } = given;
  console.log(`\n${afterDeployment({ stage, awsProfile, outputs: await outputsOf(given) })}`);
}

async function remove(stage: Stage, given: Arguments): Promise<void> {
  // The stack has to be asked while it is there.
  const outputs = await outputsOf(given);
  await run([osls, 'remove', ...oslsOptions(given)]);
  console.log(`\n${afterRemoval({ stage, awsProfile: given.awsProfile, outputs })}`);
}

async function main(args: readonly string[]): Promise<number> {
  let given: Arguments;
  try {
    given = readArguments(args);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${usage}`);
    return 2;
  }
  try {
    const stage = loadStage(given.stage, { region: given.region });
    if (given.command === 'package') await packageStage(given);
    else if (given.command === 'deploy') await deploy(stage, given);
    else await remove(stage, given);
    return 0;
  } catch (error) {
    if (error instanceof StageError) console.error(error.message);
    else if (error instanceof StepFailed) console.error(`\nStopped: ${error.message}`);
    else throw error;
    return error instanceof StageError ? 2 : 1;
  }
}

process.chdir(root);
process.exitCode = await main(process.argv.slice(2));
