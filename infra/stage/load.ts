import type { Problem } from '../../lib/problem.ts';
import { type Alarms, alarmsOf } from './alarms.ts';
import { checkConfiguration } from './configuration.ts';
import { withUsableVariables } from './environment.ts';
import { type Complaint, parameterProblem, StageError } from './error.ts';
import { type FunctionSize, functionSizeOf } from './function-size.ts';
import { type Network, networkOf } from './network.ts';
import { type Permissions, permissionsOf } from './permissions.ts';
import { checkPlaces } from './places.ts';
import { readStageFile } from './read.ts';
import { type Schedule, scheduleOf } from './schedule.ts';
import type { StageFile } from './schema.ts';
import { checkSize } from './size.ts';
import type { Reference, Text } from './text.ts';
import { type Values, valuesOf } from './values.ts';
import { functionVariables, type VariablesInput } from './variables.ts';
import { texts, type Workspace, workspacesOf } from './workspaces.ts';

/** A stage file, checked and completed. */
export interface Stage {
  readonly name: string;
  /** Path of the file, for messages. */
  readonly file: string;
  readonly region: string;
  readonly functionName: string;
  readonly workspaces: readonly Workspace[];
  /** Whether events name the workspace. */
  readonly several: boolean;
  readonly schedule: Schedule;
  readonly ledger: LedgerPlace;
  readonly network: Network | undefined;
  readonly alarms: Alarms;
  readonly lambda: FunctionSize;
  readonly permissionsBoundaryArn: string | undefined;
  readonly tags: Readonly<Record<string, string>> | undefined;
  readonly variables: Readonly<Record<string, Text>>;
  readonly permissions: Permissions;
  /** For serverless.yml and infra/*.yml. */
  readonly values: Values;
}

export interface LedgerPlace {
  /** Undefined: one is made. */
  readonly existingBucket: string | undefined;
  readonly keyArn: string | undefined;
}

/** Longest name of a function, less `prefect-push-exporter-`. */
const stageName = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,30}[A-Za-z0-9])?$/;

export interface LoadOptions {
  /** Of the stage files. */
  readonly folder?: string;
  /** Instead of the one in the file. */
  readonly region?: string | undefined;
}

/** Throws one `StageError` with everything that is wrong with `<folder>/<name>.yml`. */
export function loadStage(name: string, { folder = 'stages', region }: LoadOptions = {}): Stage {
  if (!stageName.test(name)) throw new StageError([unusableName(name)]);
  const { file: given, problems: unknown } = readStageFile(folder, name);
  const file = { ...given, region: region ?? given.region };
  const path = `${folder}/${name}.yml`;
  const problems: Problem[] = [...unknown];
  const stage = complete(file, { name, path, report: (problem) => problems.push(problem) });
  if (problems.length > 0) throw new StageError(problems);
  return { ...stage, values: valuesOf(stage) };
}

interface Completing {
  readonly name: string;
  readonly path: string;
  report(problem: Problem): void;
}

function complete(file: StageFile, { name, path, report }: Completing): Omit<Stage, 'values'> {
  const complain = (complaint: Complaint) => report(parameterProblem(path, complaint));
  const given = workspacesOf(file, { secretPrefix: `prefect-push-exporter/${name}`, complain });
  const several = file.workspaces !== undefined;
  const workspaces = given.map((one) => withUsableVariables(one, { several, complain, report }));
  checkPlaces(file, workspaces, complain);
  const schedule = scheduleOf(file, complain);
  const alarms = alarmsOf(file, complain);
  const places = { bucket: file.ledger?.bucket ?? madeBucket, region: file.region };
  const { intervalSeconds } = schedule;
  const input: VariablesInput = {
    ...places,
    ...{ workspaces, several, intervalSeconds, alarms: alarms.wanted },
    environment: sharedBy(workspaces, file.environment),
  };
  checkConfiguration(input, report);
  const variables = functionVariables(input);
  checkSize(variables, complain);
  return {
    name,
    file: path,
    region: file.region,
    functionName: `prefect-push-exporter-${name}`,
    workspaces,
    several,
    schedule,
    ledger: { existingBucket: file.ledger?.bucket, keyArn: file.ledger?.kmsKeyArn },
    network: networkOf(file, complain),
    alarms,
    lambda: functionSizeOf(file, { workspaces, schedule, complain }),
    permissionsBoundaryArn: file.permissionsBoundaryArn,
    tags: file.tags,
    variables,
    permissions: permissionsOf(workspaces, places),
  };
}

/** The variables of the whole stage, but those that cannot stand there. */
const sharedBy = (workspaces: readonly Workspace[], ofStage: StageFile['environment']) =>
  Object.fromEntries(
    Object.entries(texts(ofStage)).filter(([name]) =>
      workspaces.every(({ environment }) => environment[name] !== undefined),
    ),
  );

/** Names of buckets have at most 63 characters. */
const madeBucket: Reference = { Ref: 'LedgerBucket', sample: 'b'.repeat(63) };

const unusableName = (found: string): Problem => ({
  slug: 'stage-parameter',
  message: '--stage is no name of a stage.',
  found,
  expected: 'at most 32 letters, digits and hyphens',
  do: '--stage prod',
});
