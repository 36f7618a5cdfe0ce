import type { Problem } from '../../lib/problem.ts';
import { checkConfiguration } from './configuration.ts';
import { withUsableVariables } from './environment.ts';
import { type Complaint, parameterProblem, StageError } from './error.ts';
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
  readonly lambda: LambdaSize;
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

export interface LambdaSize {
  readonly memoryMegabytes: number;
  readonly timeoutSeconds: number;
  readonly reservedConcurrency: number | undefined;
  readonly logRetentionDays: number;
  /** The least severe line that CloudWatch keeps. */
  readonly logLevel: 'DEBUG' | 'INFO';
}

export interface Alarms {
  readonly wanted: boolean;
  readonly topicArn: string | undefined;
  readonly email: string | undefined;
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
  const given = readStageFile(folder, name);
  const file = { ...given, region: region ?? given.region };
  const path = `${folder}/${name}.yml`;
  const problems: Problem[] = [];
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
    lambda: lambdaOf(file, {
      workspaces: workspaces.length,
      timeoutSeconds: timeoutOf(file, schedule, complain),
      logLevel: logLevelOf(workspaces),
    }),
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

/** Memory is also the share of a processor; a tick is mostly that, so twice the memory costs about the same. */
function lambdaOf(
  { function: given = {} }: StageFile,
  { workspaces, ...rest }: { workspaces: number } & Pick<LambdaSize, 'timeoutSeconds' | 'logLevel'>,
): LambdaSize {
  return {
    memoryMegabytes: given.memoryMegabytes ?? 512,
    ...rest,
    reservedConcurrency: given.reserveConcurrency === true ? workspaces : undefined,
    logRetentionDays: given.logRetentionDays ?? 30,
  };
}

/** Never above INFO: lines without a level count as that, such as those with the metrics. */
const logLevelOf = (workspaces: readonly Workspace[]): LambdaSize['logLevel'] =>
  workspaces.some(({ environment }) => environment.LOG_LEVEL?.trim().toLowerCase() === 'debug')
    ? 'DEBUG'
    : 'INFO';

function alarmsOf({ alarms }: StageFile, complain: (complaint: Complaint) => void): Alarms {
  if (alarms === false) return { wanted: false, topicArn: undefined, email: undefined };
  const { topicArn, email } = alarms ?? {};
  if (topicArn !== undefined && email !== undefined) {
    complain({
      path: 'alarms.email',
      what: 'is set, and alarms.topicArn is too',
      found: email,
      expected: 'a topic that exists, or an address for one that is made',
      do: 'remove one of them',
    });
  }
  return { wanted: true, topicArn, email };
}

const defaultTimeoutSeconds = 50;

/** A tick that is still running when the next one comes would meet it at the ledger. */
function timeoutOf(
  file: StageFile,
  { intervalSeconds }: Schedule,
  complain: (complaint: Complaint) => void,
): number {
  const timeoutSeconds = file.function?.timeoutSeconds ?? defaultTimeoutSeconds;
  if (timeoutSeconds < intervalSeconds) return timeoutSeconds;
  complain({
    path: 'function.timeoutSeconds',
    what: 'is not below the time between two ticks',
    found: `${timeoutSeconds} s, with a tick every ${intervalSeconds} s`,
    expected: `at most ${intervalSeconds - 5}`,
    do: `function.timeoutSeconds: ${intervalSeconds - 10}`,
  });
  return timeoutSeconds;
}

const unusableName = (found: string): Problem => ({
  slug: 'stage-parameter',
  message: '--stage is no name of a stage.',
  found,
  expected: 'at most 32 letters, digits and hyphens',
  do: '--stage prod',
});
