import { startDelay } from '../collectors/kept-families.ts';
import type { StartingRun } from '../prefect/resources.ts';
import { microseconds } from '../prefect/timestamps.ts';
import type { Ledger } from './ledger.ts';
import { startDelayLabels } from './run-label-sets.ts';
import { observeIn, type Place } from './series-map.ts';
import type { LedgerSettings } from './settings.ts';

/**
 * A start is observed when the run is first seen started, among the open or the finished runs. Which ids were
 * observed is remembered until the run's end was counted: afterwards it is not read again, unless it is retried,
 * and then `countedAttempts` knows it.
 */

/** A run that is not known and started this long ago was seen started by then, and forgotten since. */
const longestUnseenUs = 86_400e6;

/** When the run started, µs; undefined when it never did, or nobody knows what it was late for. */
export function startedUs(run: StartingRun): number | undefined {
  if (run.run_count === 0 || run.start_time === null || run.expected_start_time === null) return undefined;
  return microseconds(run.start_time);
}

export const isNewStart = (ledger: Ledger, id: string, atUs: number): boolean =>
  !ledger.startedRuns.has(id) &&
  (ledger.countedAttempts.get(id)?.runCount ?? 0) === 0 &&
  atUs > (ledger.sources.finishedRuns.startedMs ?? ledger.createdMs) * 1000 &&
  atUs > ledger.sources.finishedRuns.cursorUs - longestUnseenUs;

/** Early starts count as on time. */
export function observeStart(place: Place, run: StartingRun, atUs: number, settings: LedgerSettings): void {
  if (!settings.wants(startDelay.name) || run.expected_start_time === null) return;
  const delayUs = Math.max(0, atUs - microseconds(run.expected_start_time));
  const bounds = settings.startDelayBounds;
  observeIn(place, { family: startDelay, bounds }, startDelayLabels(run, settings), delayUs);
}

/** Keeps the ids of runs that are still open, and of those whose end is to come: within a day of what was read. */
export function keepStarted(ledger: Ledger, openIds: ReadonlySet<string> | undefined, nowMs: number): void {
  if (openIds === undefined) return;
  const readToMs = ledger.sources.finishedRuns.cursorUs / 1000;
  for (const [id, seenMs] of ledger.startedRuns) {
    if (openIds.has(id)) ledger.startedRuns.set(id, nowMs);
    else if (readToMs - seenMs > 86_400_000) ledger.startedRuns.delete(id);
  }
}
