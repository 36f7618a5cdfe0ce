// npm run package, deploy, remove: builds what is uploaded, has osls make the template, tries the configuration, deploys.
import { fileURLToPath } from 'node:url';
import { StageError } from '../infra/stage/error.ts';
import { loadStage, type Stage } from '../infra/stage/load.ts';
import { afterDeployment, afterRemoval } from './deploy/afterwards.ts';
import { type Arguments, readArguments, usage } from './deploy/arguments.ts';
import { checkEnvironment, checksOf } from './deploy/check.ts';
import { reportOf } from './deploy/check-report.ts';
import { refuseExamples } from './deploy/examples.ts';
import { guard } from './deploy/guard.ts';
import { type RunningStack, runningStack } from './deploy/running-stack.ts';
import { ask, askAloud, osls, run, StepFailed } from './deploy/steps.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

const oslsOptions = ({ stage, region, awsProfile }: Arguments): readonly string[] => [
  ...['--stage', stage],
  ...(region === undefined ? [] : ['--region', region]),
  ...(awsProfile === undefined ? [] : ['--aws-profile', awsProfile]),
];

async function packageStage(given: Arguments): Promise<void> {
  await run(['scripts/build.ts'], 'building');
  await run([osls, 'package', ...oslsOptions(given)], 'packaging');
  console.log('The template is in .serverless/cloudformation-template-update-stack.json.');
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
    const env = checkEnvironment(process.env, check.environment, { awsProfile, region: stage.region });
    const answer = await askAloud(['cli/main.ts', 'check', '--json'], env);
    const { text, isGood } = reportOf(answer, { needsReceiver: check.without === undefined });
    console.log(text);
    if (isGood) continue;
    throw new StepFailed(`the check of ${check.workspace} failed; --skip-check deploys all the same`);
  }
}

const stackOf = async (given: Arguments): Promise<RunningStack> =>
  runningStack(await ask([osls, 'info', '--verbose', ...oslsOptions(given)]));

const outputsOf = (stack: RunningStack) => (stack.kind === 'there' ? stack.outputs : {});

async function deploy(stage: Stage, given: Arguments): Promise<void> {
  refuseExamples(stage);
  const { awsProfile, acceptChanges } = given;
  const { region } = stage;
  await guard(stage, await stackOf(given), { acceptChanges, region, awsProfile, print: console.log });
  await run(['scripts/build.ts'], 'building');
  if (given.skipCheck) console.log('check: skipped, as asked');
  else await tryConfiguration(stage, given);
  await run([osls, 'deploy', ...oslsOptions(given)], 'deploying');
  console.log(`\n${afterDeployment({ stage, awsProfile, outputs: outputsOf(await stackOf(given)) })}`);
}

async function remove(stage: Stage, given: Arguments): Promise<void> {
  // The stack has to be asked while it is there.
  const outputs = outputsOf(await stackOf(given));
  await run([osls, 'remove', ...oslsOptions(given)], 'removing');
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
