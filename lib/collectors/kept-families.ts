import type { FamilyDescriptor } from '../metrics/family.ts';
import { runLabelNames } from './run-labels.ts';

/** Families whose values the ledger keeps from tick to tick. */

export const finishedTotal: FamilyDescriptor = {
  name: 'prefect_flow_runs_finished_total',
  help: 'Flow runs that ended.',
  type: 'counter',
  labels: [...runLabelNames, 'state_type', 'state_name', 'subflow'],
  notes:
    'Each end counts once, at the first tick at or after it; a run that is retried after its end and ends again ' +
    'counts twice. COMPLETED, FAILED, CRASHED and CANCELLED are zero-filled for each listed deployment with ' +
    '`subflow="false"`. With RUN_LABELS=trigger also by `trigger`: schedule, automation, parent or manual.',
  tagged: true,
};

export const retriesTotal: FamilyDescriptor = {
  name: 'prefect_flow_run_retries_total',
  help: 'Attempts of flow runs after their first, seen when the run ends.',
  type: 'counter',
  labels: runLabelNames,
  notes:
    'When a run that failed is retried and ends again within seven days, only the attempts since its last end ' +
    'count. Zero-filled for each listed deployment.',
  tagged: true,
};

export const runDuration: FamilyDescriptor = {
  name: 'prefect_flow_run_duration_seconds',
  help: 'Time that flow runs spent in running states until they ended, over all attempts.',
  type: 'histogram',
  labels: [...runLabelNames, 'state_type'],
  notes:
    'COMPLETED runs; DURATION_STATE_TYPES adds others. Runs that never started are left out. Buckets by ' +
    'DURATION_BUCKETS. With DETAIL=flow without `deployment`.',
  tagged: true,
  lean: false,
};

export const startDelay: FamilyDescriptor = {
  name: 'prefect_flow_run_start_delay_seconds',
  help: 'How long after their scheduled time flow runs started.',
  type: 'histogram',
  labels: ['flow', 'deployment', 'work_pool', 'work_queue'],
  notes:
    'Observed once for each run, when it is first seen started and not when it ends; `_count` counts starts. ' +
    '`flow` and `deployment` are there with START_DELAY_BY=deployment only. Buckets by START_DELAY_BUCKETS.',
  tagged: true,
};

const ofDeployment = { type: 'gauge', labels: ['flow', 'deployment'], tagged: true } as const;

export const lastSuccess: FamilyDescriptor = {
  ...ofDeployment,
  name: 'prefect_deployment_last_success_timestamp_seconds',
  help: 'When a run of the deployment last ended as COMPLETED.',
  notes: 'Listed deployments only. The first start reads seven days back for it.',
};

export const lastFailure: FamilyDescriptor = {
  ...ofDeployment,
  name: 'prefect_deployment_last_failure_timestamp_seconds',
  help: 'When a run of the deployment last ended as FAILED or CRASHED.',
  notes: 'Listed deployments only. The first start reads seven days back for it.',
};

export const lastSuccessDuration: FamilyDescriptor = {
  ...ofDeployment,
  name: 'prefect_deployment_last_success_duration_seconds',
  help: 'How long the run that last ended as COMPLETED was in running states.',
  notes: 'Compare it with its own mean: `… > 2 * avg_over_time(…[7d])`.',
};

export const taskRunsFinishedTotal: FamilyDescriptor = {
  name: 'prefect_task_runs_finished_total',
  help: 'Task runs that ended.',
  type: 'counter',
  labels: ['flow', 'state_type'],
  notes:
    'Needs Prefect 3.6.22. Task runs are reported by clients, some late: those up to 30 minutes late count.',
};

export const taskRunDuration: FamilyDescriptor = {
  name: 'prefect_task_run_duration_seconds',
  help: 'Time that task runs spent in running states until they ended, over all attempts.',
  type: 'histogram',
  labels: ['flow', 'state_type'],
  notes: 'COMPLETED task runs; DURATION_STATE_TYPES adds others. Buckets by DURATION_BUCKETS.',
  lean: false,
};

export const eventsTotal: FamilyDescriptor = {
  name: 'prefect_events_total',
  help: 'Events that Prefect recorded.',
  type: 'counter',
  labels: ['event'],
  notes:
    "Prefect's own event names, and `other`. Prefect delivers events at its best, so this says how much goes on; " +
    'how many runs ended is in `prefect_flow_runs_finished_total`. A minute late, so that late events count.',
};
