import { defineCollector } from './collector.ts';
import * as families from './kept-families.ts';

/**
 * Collectors whose families live in the ledger (lib/ledger), which folds the resources they need. What is here is what
 * is read for them, and whether it was whole.
 */

/** Not all of the past was read in this tick; the rest is read at the next ones. What was read is counted. */
export class CatchingUpError extends Error {
  override readonly name = 'CatchingUpError';
  /** µs since the Unix epoch. */
  readonly upToUs: number;

  constructor(upToUs: number) {
    super(`catching up: read to ${new Date(upToUs / 1000).toISOString()}, and going on at the next tick`);
    this.upToUs = upToUs;
  }
}

function requireCaughtUp({ upToUs }: { readonly upToUs: number }, nowMs: number): readonly [] {
  if (upToUs < nowMs * 1000) throw new CatchingUpError(upToUs);
  return [];
}

const kept = { set: 'native', kept: true } as const;

export const finishedRuns = defineCollector({
  ...kept,
  name: 'finished_runs',
  byDefault: true,
  needs: ['finishedRuns', 'deployments'],
  families: [families.finishedTotal, families.retriesTotal, families.runDuration],
  collect: ({ finishedRuns }, { nowMs }) => requireCaughtUp(finishedRuns, nowMs),
});

export const startDelays = defineCollector({
  ...kept,
  name: 'start_delays',
  byDefault: true,
  needs: ['finishedRuns', 'openRuns', 'deployments'],
  families: [families.startDelay],
  collect: ({ finishedRuns }, { nowMs }) => requireCaughtUp(finishedRuns, nowMs),
});

export const lastRuns = defineCollector({
  ...kept,
  name: 'last_runs',
  byDefault: true,
  needs: ['finishedRuns', 'deployments'],
  families: [families.lastSuccess, families.lastFailure, families.lastSuccessDuration],
  collect: ({ finishedRuns }, { nowMs }) => requireCaughtUp(finishedRuns, nowMs),
});

export const taskRuns = defineCollector({
  ...kept,
  name: 'task_runs',
  byDefault: false,
  needs: ['finishedTaskRuns'],
  families: [families.taskRunsFinishedTotal, families.taskRunDuration],
  collect: ({ finishedTaskRuns }, { nowMs }) => requireCaughtUp(finishedTaskRuns, nowMs),
});

export const events = defineCollector({
  ...kept,
  name: 'events',
  byDefault: false,
  needs: ['eventCounts'],
  families: [families.eventsTotal],
  collect: () => [],
});
