import { taskRunDuration, taskRunsFinishedTotal } from '../collectors/kept-families.ts';
import type { NamedFinishedTaskRun } from '../prefect/resources.ts';
import { microseconds } from '../prefect/timestamps.ts';
import { runTimeUsOf } from './attempts.ts';
import { finishKey } from './finished-runs.ts';
import type { Ledger } from './ledger.ts';
import { count, observeIn, type Place } from './series-map.ts';
import type { LedgerSettings } from './settings.ts';
import type { Observation } from './source.ts';

/** The ends of task runs that were not counted yet, as observations at their time. */
export function newTaskEnds(
  ledger: Ledger,
  runs: readonly NamedFinishedTaskRun[],
  settings: LedgerSettings,
): readonly Observation[] {
  const { seen, readFromUs } = ledger.sources.finishedTaskRuns;
  return runs.flatMap((run) => {
    const atUs = microseconds(run.end_time);
    const key = finishKey(run.id, atUs);
    if (atUs < readFromUs || seen.has(key)) return [];
    seen.set(key, atUs);
    return [{ atUs, apply: (place: Place) => countEnd(run, place, settings) }];
  });
}

function countEnd(run: NamedFinishedTaskRun, place: Place, settings: LedgerSettings): void {
  if (!settings.selection.flow(run.flow)) return;
  const labels = { flow: run.flow, state_type: run.state_type };
  if (settings.wants(taskRunsFinishedTotal.name)) count(place, taskRunsFinishedTotal, labels, 1);
  const isTimed = run.run_count > 0 && settings.durationStateTypes.includes(run.state_type);
  if (!isTimed || !settings.wants(taskRunDuration.name)) return;
  const histogram = { family: taskRunDuration, bounds: settings.durationBounds };
  observeIn(place, histogram, labels, runTimeUsOf(run));
}
