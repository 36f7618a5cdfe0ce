import { type Deadline, deadlineIn, remainingMs } from '../../lib/deadline.ts';
import { createEndTimeFilterCache } from '../../lib/prefect/end-time-filter.ts';
import type { Ended, FinishedList } from '../../lib/prefect/finished-list.ts';
import { type LedgerCalls, ledgerReaders } from '../../lib/prefect/ledger-readers.ts';
import type {
  LedgerPosition,
  NamedDeployment,
  NamedRun,
  Readers,
  ResourceName,
  ResourceReader,
  Resources,
} from '../../lib/prefect/resources.ts';
import { microseconds } from '../../lib/prefect/timestamps.ts';
import type { Invocation } from './invocation.ts';
import type { Profile } from './profiles.ts';
import type { Schedule } from './schedule.ts';
import { minuteMs } from './settings.ts';
import {
  type Finish,
  finishedRow,
  finishId,
  flows,
  isOpen,
  isVisible,
  isWithin,
  type ModelRun,
  runFields,
  taskRow,
  type Workspace,
} from './workspace.ts';

/** What one reading got of Prefect: what the checks hold the ledger against, when it was committed. */
export interface Reading {
  readonly tickMs: number;
  finishes: readonly string[] | undefined;
  taskFinishes: readonly string[] | undefined;
  /** Of runs that were open. */
  starts: readonly { readonly id: string; readonly atUs: number }[] | undefined;
  upToUs: number;
  queues: readonly string[] | undefined;
}

export interface ReadingOptions {
  readonly schedule: Schedule;
  readonly profile: Profile;
  readonly workspace: Workspace;
  readonly invocation: Invocation;
  readonly startMs: number;
  readonly position: LedgerPosition;
  readonly deadline: Deadline;
}

/** Reads the workspace as `lib/prefect` does: pages and slices by its own code, each page at its own time. */
export function startReading(options: ReadingOptions): {
  readonly reader: ResourceReader;
  readonly reading: Reading;
} {
  const reading: Reading = {
    tickMs: options.invocation.tickMs,
    finishes: undefined,
    taskFinishes: undefined,
    starts: undefined,
    upToUs: 0,
    queues: undefined,
  };
  const readers = readersOf(options, reading);
  const asked = new Map<ResourceName, Promise<unknown>>();
  const get: ResourceReader['get'] = (name) => {
    const known = asked.get(name) ?? readers[name]?.() ?? Promise.reject(new Error(`${name} is not read`));
    asked.set(name, known);
    // What `readers` has under a name gives what `Resources` has under it.
    return known as Promise<Resources[typeof name]>;
  };
  return { reader: { get }, reading };
}

function readersOf(options: ReadingOptions, reading: Reading): Partial<Readers> {
  const { schedule, workspace, invocation, startMs, position, deadline } = options;
  const { clock, tickMs } = invocation;
  const isDown = (windows: Schedule['prefectDown']) => isWithin(windows, clock.now() - startMs);
  const ask = async (what: string, ownDown: Schedule['prefectDown'] = []): Promise<void> => {
    await invocation.step();
    if (isDown(schedule.prefectDown) || isDown(ownDown)) throw new Error(`${what}: Prefect is away`);
  };
  let listed: Promise<readonly NamedDeployment[]> | undefined;
  const deployments = () => {
    listed ??= ask('deployments', schedule.namesDown).then(() => workspace.deploymentsAt(clock.now()));
    return listed;
  };
  const readers: Partial<Readers> = {
    workspace: async () => ({ name: 'model', uiUrl: '', workspaceId: '', accountId: '' }),
    flows: async () => flows,
    deployments,
    recentRuns: async () => [],
    openRuns: async () => {
      await ask('open runs');
      const open = workspace.runs.filter((run) => isOpen(run, clock.now()));
      const known = await deployments();
      reading.starts = open.map(({ id, startUs }) => ({ id, atUs: startUs ?? 0 }));
      return open.map((run) => openRow(run, known));
    },
    workQueues: async () => {
      await ask('work queues', schedule.queuesDown);
      const queues = workspace.queuesAt(clock.now());
      reading.queues = queues.map(({ name }) => name);
      return queues;
    },
  };
  const page = pageReader(options, ask);
  const client: LedgerCalls = {
    finishedRuns: page('finished runs', workspace.runs, finishedRow),
    finishedTaskRuns: page('finished task runs', workspace.taskRuns, taskRow),
    flowsOfRuns: async () => new Map(),
    flows: async () => flows,
    deployments: async () => [],
    eventCounts: async () => new Map(),
  };
  const kept = ledgerReaders(
    {
      client,
      nowMs: tickMs,
      position,
      endTimeFilter: createEndTimeFilterCache(),
      clock,
      catchUpDeadline: deadlineIn(remainingMs(deadline, clock) / 2, clock),
    },
    // Asked for what is above only; each gives what `Resources` has under its name.
    (_, name) => readers[name]?.() as Promise<Resources[typeof name]>,
  );
  return {
    ...readers,
    finishedRuns: async () => {
      const finished = await kept.finishedRuns();
      reading.finishes = finished.runs.map(keyOf);
      reading.upToUs = finished.upToUs;
      return finished;
    },
    finishedTaskRuns: async () => {
      const finished = await kept.finishedTaskRuns();
      reading.taskFinishes = finished.runs.map(keyOf);
      return finished;
    },
  };
}

const keyOf = ({ id, end_time }: Ended): string => finishId({ id, endUs: microseconds(end_time) });

function openRow(run: ModelRun, known: readonly NamedDeployment[]): NamedRun {
  const fields = runFields(run);
  return {
    ...fields,
    work_queue_id: null,
    state_type: 'RUNNING',
    state_name: 'Running',
    next_scheduled_start_time: null,
    state_timestamp: fields.start_time,
    flow: flows.find(({ id }) => id === fields.flow_id)?.name ?? '',
    deployment: known.find(({ id }) => id === fields.deployment_id),
  };
}

/** Prefect's list of what ended, newest first, as it is at each request. */
const pageReader =
  ({ profile, schedule, invocation, startMs }: ReadingOptions, ask: (what: string) => Promise<void>) =>
  <Row extends Ended>(
    name: string,
    runs: readonly ModelRun[],
    rowOf: (finish: Finish) => Row,
  ): FinishedList<Row> => {
    const visible = (fromUs: number, toUs: number) =>
      runs
        .flatMap(({ finishes }) => finishes)
        .filter((finish) => isVisible(finish, invocation.clock.now()))
        .filter(({ endUs }) => endUs >= fromUs && endUs <= toUs)
        .sort((a, b) => b.endUs - a.endUs || (a.id < b.id ? -1 : 1));
    const isHealthy = invocation.tickMs >= startMs + schedule.ticks.length * minuteMs;
    const isSlow = profile.pageMs > 0 && !isHealthy;
    return {
      name,
      page: async ({ after, before, withoutIds }) => {
        if (isSlow) await invocation.wait(profile.pageMs);
        await ask(name);
        const all = visible(microseconds(after), microseconds(before)).filter(
          ({ id }) => !withoutIds.includes(id),
        );
        return { rows: all.slice(0, profile.pageRows).map(rowOf), full: all.length >= profile.pageRows };
      },
      count: async ({ after, before }) => {
        await ask(name);
        return visible(microseconds(after), microseconds(before)).length * profile.countScale;
      },
    };
  };
