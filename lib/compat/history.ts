import { defineCollector } from '../collectors/collector.ts';
import { knownStateTypes } from '../collectors/state-names.ts';
import type { FamilyDescriptor } from '../metrics/family.ts';
import type { HistoryBucket, StateType } from '../prefect/model.ts';

const byState = { type: 'gauge', labels: ['state'], keptName: true } as const;

const windowNote =
  'Of the runs that were expected to start within the last HISTORY_WINDOW_MINUTES, by the state they have now.';

const runs: FamilyDescriptor = {
  ...byState,
  name: 'prefect_flow_runs_total',
  help: 'Flow runs of the window by state: a gauge over a moving window, despite its name.',
  notes: `${windowNote} It goes up and down: never use rate() or increase() on it. The nine states are zero-filled.`,
};

const averageRunTime: FamilyDescriptor = {
  ...byState,
  name: 'prefect_flow_run_duration_seconds_avg',
  help: 'Average run time of the flow runs of the window by state.',
  notes: `${windowNote} Of running ones the time so far. Absent for states without runs.`,
};

const runTime: FamilyDescriptor = {
  ...byState,
  name: 'prefect_flow_runs_run_time_seconds',
  help: 'Run time of the flow runs of the window by state, added up.',
  notes: windowNote,
};

const lateness: FamilyDescriptor = {
  ...byState,
  name: 'prefect_flow_runs_lateness_seconds',
  help: 'Lateness of the flow runs of the window by state, added up.',
  notes: `${windowNote} A run that did not start yet is late by the time since it should have.`,
};

/**
 * Totals of `/flow_runs/history`, what many a script has published before: a window that never settles, as runs
 * change state in it and are deleted from it. The native families say the same exactly.
 */
export const history = defineCollector({
  name: 'history',
  set: 'history',
  byDefault: true,
  needs: ['flowRunHistory'],
  families: [runs, averageRunTime, runTime, lateness],
  collect({ flowRunHistory }, { zeroFill }) {
    const totals = totalsByState(flowRunHistory);
    const listed = new Set([...(zeroFill ? knownStateTypes : []), ...totals.keys()]);
    const family = (descriptor: FamilyDescriptor, value: (totals: Totals) => number) => ({
      descriptor,
      samples: [...listed].map((state) => ({ labels: { state }, value: value(totals.get(state) ?? none) })),
    });
    return [
      family(runs, ({ count }) => count),
      {
        descriptor: averageRunTime,
        samples: [...totals]
          .filter(([, { count }]) => count > 0)
          .map(([state, { count, runSeconds }]) => ({ labels: { state }, value: runSeconds / count })),
      },
      family(runTime, ({ runSeconds }) => runSeconds),
      family(lateness, ({ lateSeconds }) => lateSeconds),
    ];
  },
});

interface Totals {
  readonly count: number;
  readonly runSeconds: number;
  readonly lateSeconds: number;
}

const none: Totals = { count: 0, runSeconds: 0, lateSeconds: 0 };

function totalsByState(buckets: readonly HistoryBucket[]): ReadonlyMap<StateType, Totals> {
  const totals = new Map<StateType, Totals>();
  for (const state of buckets.flatMap(({ states }) => states)) {
    const { count, runSeconds, lateSeconds } = totals.get(state.state_type) ?? none;
    totals.set(state.state_type, {
      count: count + state.count_runs,
      runSeconds: runSeconds + state.sum_estimated_run_time,
      lateSeconds: lateSeconds + state.sum_estimated_lateness,
    });
  }
  return totals;
}
