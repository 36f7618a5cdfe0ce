import type { Stored } from './record.ts';
import { durationBounds, startDelayBounds } from './settings.ts';
import { type Finish, finishId, labelsOf, type ModelRun } from './workspace.ts';
import type { Outcome } from './world.ts';

/** What the ledger that was stored last must hold, worked out from what was read for it. */
export interface Expected {
  readonly last: Stored;
  /** Ends that were read in a tick that was stored, in order, each once. */
  readonly finishes: readonly Finish[];
  readonly taskFinishes: readonly Finish[];
  /** Runs that were seen started. */
  readonly started: readonly ModelRun[];
  /** By family, then by the labels that matter. */
  readonly counters: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

export function expectedOf(outcome: Outcome): Expected | undefined {
  const { stored, workspace } = outcome;
  const last = stored.at(-1);
  if (last === undefined) return undefined;
  const own = stored.filter(({ ledgerId }) => ledgerId === last.ledgerId);
  const bornUs = last.createdMs * 1000;
  const counted = (runs: readonly ModelRun[], read: ReadonlySet<string>) =>
    runs
      .flatMap(({ finishes }) => finishes)
      .filter((finish) => finish.endUs >= bornUs && read.has(finishId(finish)))
      .sort((a, b) => a.endUs - b.endUs);
  const read = new Set(own.flatMap(({ folded }) => (folded?.whole.finishes ? (folded.finishes ?? []) : [])));
  const tasksRead = own.flatMap(({ folded }) =>
    folded?.whole.taskFinishes ? (folded.taskFinishes ?? []) : [],
  );
  const finishes = counted(workspace.runs, read);
  const taskFinishes = counted(workspace.taskRuns, new Set(tasksRead));
  const seenStarted = new Set([...openStarts(own), ...finishes.map(({ id }) => id)]);
  const started = workspace.runs.filter(
    ({ id, startUs }) => startUs !== undefined && startUs > bornUs && seenStarted.has(id),
  );
  const counters = tables();
  for (const finish of finishes) countFinish(counters, finish, beforeOf(finishes, finish));
  for (const run of started) countStart(counters, run);
  for (const finish of taskFinishes) countTask(counters, finish);
  return { last, finishes, taskFinishes, started, counters: counters.all };
}

const openStarts = (stored: readonly Stored[]): readonly string[] =>
  stored.flatMap(({ folded }) =>
    folded?.whole.finishes === true && folded.whole.starts
      ? (folded.starts ?? []).filter(({ atUs }) => atUs <= folded.upToUs).map(({ id }) => id)
      : [],
  );

/** The end of the same run that was counted before this one. */
const beforeOf = (finishes: readonly Finish[], { id, endUs }: Finish): Finish | undefined =>
  finishes.findLast((other) => other.id === id && other.endUs < endUs);

interface Tables {
  readonly all: ReadonlyMap<string, ReadonlyMap<string, number>>;
  add(family: string, labels: string, by: number): void;
}

function tables(): Tables {
  const all = new Map<string, Map<string, number>>();
  return {
    all,
    add(family, labels, by) {
      const table = all.get(family) ?? new Map<string, number>();
      all.set(family, table);
      table.set(labels, (table.get(labels) ?? 0) + by);
    },
  };
}

export const finishedFamily = 'prefect_flow_runs_finished_total';
export const retriesFamily = 'prefect_flow_run_retries_total';
export const durationFamily = 'prefect_flow_run_duration_seconds';
export const startDelayFamily = 'prefect_flow_run_start_delay_seconds';
export const tasksFamily = 'prefect_task_runs_finished_total';
export const taskDurationFamily = 'prefect_task_run_duration_seconds';

/** The labels by which the checks tell series apart, in one order. */
const labelNames = ['deployment', 'flow', 'state_type', 'work_queue'] as const;

export const shownLabels = (labels: Readonly<Record<string, string>>): string =>
  labelNames.flatMap((name) => (labels[name] ? [`${name}=${labels[name]}`] : [])).join();

export const finishLabels = (finish: Finish): string =>
  shownLabels({ ...labelsOf(finish.deployment), state_type: finish.state });

export const startLabels = ({ deployment }: ModelRun): string =>
  shownLabels({ work_queue: labelsOf(deployment).work_queue });

export const taskLabels = (finish: Finish): string =>
  shownLabels({ flow: labelsOf(finish.deployment).flow, state_type: finish.state });

function countFinish(counters: Tables, finish: Finish, before: Finish | undefined): void {
  const attempts = finish.runCount - (before?.runCount ?? 0);
  counters.add(finishedFamily, finishLabels(finish), 1);
  const isFirstAttemptNew = (before?.runCount ?? 0) === 0;
  const retries = Math.max(0, isFirstAttemptNew ? attempts - 1 : attempts);
  counters.add(retriesFamily, shownLabels(labelsOf(finish.deployment)), retries);
  if (attempts === 0) return;
  const us = finish.runTimeUs - (before?.runTimeUs ?? 0);
  observe(counters, durationFamily, finishLabels(finish), { us, bounds: durationBounds });
}

function countStart(counters: Tables, run: ModelRun): void {
  const us = Math.max(0, (run.startUs ?? 0) - run.dueUs);
  observe(counters, startDelayFamily, startLabels(run), { us, bounds: startDelayBounds });
}

function countTask(counters: Tables, finish: Finish): void {
  counters.add(tasksFamily, taskLabels(finish), 1);
  if (finish.runCount === 0) return;
  const observed = { us: finish.runTimeUs, bounds: durationBounds };
  observe(counters, taskDurationFamily, taskLabels(finish), observed);
}

/** Sums are µs. */
function observe(
  counters: Tables,
  family: string,
  labels: string,
  { us, bounds }: { readonly us: number; readonly bounds: readonly number[] },
): void {
  counters.add(`${family}_count`, labels, 1);
  counters.add(`${family}_sum`, labels, us);
  for (const bound of [...bounds, Number.POSITIVE_INFINITY]) {
    counters.add(`${family}_bucket`, `${labels},le=${bound}`, us <= bound * 1e6 ? 1 : 0);
  }
}
