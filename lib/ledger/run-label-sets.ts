import { runLabels } from '../collectors/run-labels.ts';
import { boundedStateName } from '../collectors/state-names.ts';
import type { Labels } from '../metrics/family.ts';
import type { NamedFinishedRun, StartingRun } from '../prefect/resources.ts';
import type { LedgerSettings } from './settings.ts';

/** The labels that all run families share, and the promoted tags. */
export const sharedLabels = (run: StartingRun, { tagLabels }: LedgerSettings): Labels => ({
  ...runLabels(run),
  ...tagLabels(run.deployment),
});

export function finishedLabels(run: NamedFinishedRun, settings: LedgerSettings): Labels {
  return {
    ...sharedLabels(run, settings),
    state_type: run.state_type,
    state_name: boundedStateName(run.state_type, run.state_name),
    subflow: String(run.parent_task_run_id !== null),
    ...(settings.trigger ? { trigger: triggerOf(run) } : {}),
  };
}

/** What made the run, in words that are the same for every version of Prefect. */
export function triggerOf(run: NamedFinishedRun): string {
  if (run.parent_task_run_id !== null) return 'parent';
  if (run.auto_scheduled || run.created_by_type === 'SCHEDULE') return 'schedule';
  return run.created_by_type === 'AUTOMATION' ? 'automation' : 'manual';
}

export const durationLabels = (run: NamedFinishedRun, settings: LedgerSettings): Labels => ({
  ...(settings.histogramsByDeployment
    ? sharedLabels(run, settings)
    : { ...runLabels(run), deployment: '', ...settings.tagLabels(undefined) }),
  state_type: run.state_type,
});

export const startDelayLabels = (run: StartingRun, settings: LedgerSettings): Labels =>
  settings.startDelayBy === 'deployment'
    ? sharedLabels(run, settings)
    : { ...runLabels(run), flow: '', deployment: '', ...settings.tagLabels(undefined) };
