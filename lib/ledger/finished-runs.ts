import { finishedTotal, retriesTotal, runDuration } from '../collectors/kept-families.ts';
import { selectsRun } from '../collectors/run-labels.ts';
import type { NamedFinishedRun, StartingRun } from '../prefect/resources.ts';
import { microseconds } from '../prefect/timestamps.ts';
import { rememberAttempts, uncountedOf } from './attempts.ts';
import { noteEnd } from './last-runs.ts';
import type { Ledger } from './ledger.ts';
import { durationLabels, finishedLabels, sharedLabels } from './run-label-sets.ts';
import { count, observeIn, type Place } from './series-map.ts';
import type { LedgerSettings } from './settings.ts';
import type { Observation } from './source.ts';
import { isNewStart, observeStart, startedUs } from './start-delays.ts';

export interface RunFold {
  readonly ledger: Ledger;
  readonly settings: LedgerSettings;
  readonly nowMs: number;
  /** Called for each end that a filter leaves out. */
  onFiltered(): void;
}

/** A finish counts once: a run that is retried and ends again has another `end_time`. */
export const finishKey = (id: string, endUs: number): string => `${id}/${endUs}`;

/** The ends that were not counted yet, as observations at their time. */
export function newEnds(fold: RunFold, runs: readonly NamedFinishedRun[]): readonly Observation[] {
  const { seen, readFromUs } = fold.ledger.sources.finishedRuns;
  return runs.flatMap((run) => {
    const atUs = microseconds(run.end_time);
    const key = finishKey(run.id, atUs);
    if (atUs < readFromUs || seen.has(key)) return [];
    seen.set(key, atUs);
    return [{ atUs, apply: (place: Place) => countEnd(fold, run, place) }];
  });
}

/** Starts of runs that are open now, as observations at their time; those after `readToUs` wait for the next tick. */
export function newStarts(
  fold: RunFold,
  openRuns: readonly StartingRun[],
  readToUs: number,
): readonly Observation[] {
  return openRuns.flatMap((run) => {
    const atUs = startedUs(run);
    if (atUs === undefined || atUs > readToUs || !selectsRun(fold.settings.selection, run)) return [];
    return [{ atUs, apply: (place: Place) => countStart(fold, run, atUs, place) }];
  });
}

function countStart(
  { ledger, settings, nowMs }: RunFold,
  run: StartingRun,
  atUs: number,
  place: Place,
): void {
  if (!isNewStart(ledger, run.id, atUs)) return;
  ledger.startedRuns.set(run.id, nowMs);
  observeStart(place, run, atUs, settings);
}

function countEnd(fold: RunFold, run: NamedFinishedRun, place: Place): void {
  const { ledger, settings, nowMs } = fold;
  const endUs = microseconds(run.end_time);
  const atUs = startedUs(run);
  const isStart = atUs !== undefined && isNewStart(ledger, run.id, atUs);
  ledger.startedRuns.delete(run.id);
  if (!selectsRun(settings.selection, run)) {
    fold.onFiltered();
    return;
  }
  const uncounted = uncountedOf(run, ledger.countedAttempts.get(run.id));
  rememberAttempts(ledger, run, endUs);
  if (isStart) observeStart(place, run, atUs, settings);
  if (settings.wants(finishedTotal.name)) count(place, finishedTotal, finishedLabels(run, settings), 1);
  if (settings.wants(retriesTotal.name)) {
    count(place, retriesTotal, sharedLabels(run, settings), uncounted.retries);
  }
  if (settings.wants(runDuration.name) && uncounted.ran && isTimed(run, settings)) {
    const histogram = { family: runDuration, bounds: settings.durationBounds };
    observeIn(place, histogram, durationLabels(run, settings), uncounted.runTimeUs);
  }
  noteEnd(ledger, run, uncounted.runTimeUs, nowMs);
}

const isTimed = (run: NamedFinishedRun, { durationStateTypes }: LedgerSettings): boolean =>
  durationStateTypes.includes(run.state_type);
