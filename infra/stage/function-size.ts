import type { Complaint } from './error.ts';
import type { Schedule } from './schedule.ts';
import type { StageFile } from './schema.ts';
import type { Workspace } from './workspaces.ts';

export interface FunctionSize {
  readonly memoryMegabytes: number;
  readonly timeoutSeconds: number;
  readonly reservedConcurrency: number | undefined;
  readonly logRetentionDays: number;
  /** The least severe line that CloudWatch keeps. */
  readonly logLevel: 'DEBUG' | 'INFO';
}

interface SizeOptions {
  readonly workspaces: readonly Workspace[];
  readonly schedule: Schedule;
  complain(complaint: Complaint): void;
}

/** Memory is also the share of a processor: with twice of it a tick takes half as long. */
export function functionSizeOf(file: StageFile, options: SizeOptions): FunctionSize {
  const { function: given = {} } = file;
  const { workspaces, schedule, complain } = options;
  return {
    memoryMegabytes: given.memoryMegabytes ?? 512,
    timeoutSeconds: timeoutOf(file, schedule, complain),
    logLevel: logLevelOf(workspaces),
    reservedConcurrency: given.reserveConcurrency === true ? workspaces.length : undefined,
    logRetentionDays: given.logRetentionDays ?? 30,
  };
}

/** Never above INFO: lines without a level count as that, such as those with the metrics. */
const logLevelOf = (workspaces: readonly Workspace[]): FunctionSize['logLevel'] =>
  workspaces.some(({ environment }) => environment.LOG_LEVEL?.trim().toLowerCase() === 'debug')
    ? 'DEBUG'
    : 'INFO';

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
