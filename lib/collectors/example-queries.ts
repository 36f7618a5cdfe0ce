export interface ExampleQuery {
  readonly question: string;
  /** PromQL for several workspaces at once; a row of the answer is a finding. */
  readonly query: string;
}

/** A tick that did not come for five intervals silences everything else; by remote write its series ends, too. */
const age = 'time() - max by (workspace) (max_over_time(prefect_exporter_tick_timestamp_seconds[1d]))';

const failed = 'state_type=~"FAILED|CRASHED"';

/** A deployment that never succeeded is as old as it is. */
const succeededOrMade =
  'prefect_deployment_last_success_timestamp_seconds or on (workspace, flow, deployment) prefect_deployment_created_timestamp_seconds';

/** What people ask first, for docs/METRICS.md; a test puts each to a real Prometheus. */
export const exampleQueries: readonly ExampleQuery[] = [
  {
    question: 'Are these numbers old?',
    query: `${age} > 5 * max by (workspace) (max_over_time(prefect_exporter_tick_interval_seconds[1d]))`,
  },
  {
    question: 'What should have started long ago?',
    query:
      'max by (workspace, work_pool, work_queue) (time() - prefect_flow_runs_open_oldest_timestamp_seconds{state_type="SCHEDULED"}) > 1800',
  },
  {
    question: 'What has been running for six hours?',
    query: 'time() - prefect_flow_runs_open_oldest_timestamp_seconds{state_type="RUNNING"} > 21600',
  },
  {
    question: 'What runs longer than its objective (tag slo.duration)?',
    query:
      'time() - prefect_flow_runs_open_oldest_timestamp_seconds{state_type="RUNNING"} > on (workspace, flow, deployment) group_left () prefect_deployment_objective_seconds{objective="duration"}',
  },
  {
    question: 'Where does work wait and no worker is online?',
    query:
      'prefect_work_pool_workers_online == 0 and on (workspace, work_pool) sum by (workspace, work_pool) (prefect_flow_runs_open{state_type="SCHEDULED"}) > 0',
  },
  {
    question: 'Which deployments does nothing poll for (push and managed pools never are)?',
    query:
      '(prefect_deployment_ready == 0) * on (workspace, flow, deployment) group_left (work_pool) prefect_deployment_info unless on (workspace, work_pool) prefect_work_pool_info{type=~".*:push|.*:managed"}',
  },
  {
    question: 'Which deployments failed for more than a tenth of their runs in the last day?',
    query: `sum by (workspace, flow, deployment) (increase(prefect_flow_runs_finished_total{${failed}}[1d])) / (sum by (workspace, flow, deployment) (increase(prefect_flow_runs_finished_total{state_type!="CANCELLED"}[1d])) > 0) > 0.1`,
  },
  {
    question: 'How fast is the error budget burning, at an objective of 95 % (1 is as fast as it may)?',
    query: `sum by (workspace) (increase(prefect_flow_runs_finished_total{subflow="false",${failed}}[1h])) / (sum by (workspace) (increase(prefect_flow_runs_finished_total{subflow="false",state_type!="CANCELLED"}[1h])) > 0) / 0.05`,
  },
  {
    question: 'Which deployments last ran twice as long as they usually do?',
    query:
      'prefect_deployment_last_success_duration_seconds > 2 * avg_over_time(prefect_deployment_last_success_duration_seconds[7d])',
  },
  {
    question: 'What is on a schedule and has not succeeded for a day, or never?',
    query: `(time() - (${succeededOrMade}) > 86400) and on (workspace, flow, deployment) prefect_deployment_schedules_active > 0`,
  },
  {
    question: 'What is older than its objective (tag slo.freshness)?',
    query: `time() - (${succeededOrMade}) > on (workspace, flow, deployment) prefect_deployment_objective_seconds{objective="freshness"}`,
  },
  {
    question: 'Which deployments failed the last time they ran?',
    query: `prefect_deployment_last_failure_timestamp_seconds > on (workspace, flow, deployment) (${succeededOrMade})`,
  },
  {
    question: 'Of what is on a schedule, what has not ended once in six hours?',
    query:
      'sum by (workspace, flow, deployment) (increase(prefect_flow_runs_finished_total{deployment!=""}[6h])) == 0 and on (workspace, flow, deployment) prefect_deployment_schedules_active > 0',
  },
  {
    question: 'How many retries does a run take (last day)?',
    query:
      'sum by (workspace, flow, deployment) (increase(prefect_flow_run_retries_total[1d])) / (sum by (workspace, flow, deployment) (increase(prefect_flow_runs_finished_total[1d])) > 0) > 0',
  },
  {
    question: 'How many runs of each team failed in the last day (DEPLOYMENT_TAG_LABELS=team)?',
    query: `sum by (workspace, team) (increase(prefect_flow_runs_finished_total{${failed}}[1d])) > 0`,
  },
  {
    question: 'Where did infrastructure fail, and not code (last day)?',
    query:
      'sum by (workspace, work_pool) (increase(prefect_flow_runs_finished_total{state_type="CRASHED"}[1d])) > 0',
  },
  {
    question: 'Which pools have used all their slots?',
    query: 'prefect_work_pool_slots_used / (prefect_work_pool_concurrency_limit > 0) >= 1',
  },
  {
    question: 'Which part could not be read?',
    query: 'prefect_exporter_collector_success == 0',
  },
  {
    question: 'Who waits, by team (DEPLOYMENT_TAG_LABELS=team)?',
    query: 'sum by (workspace, team) (prefect_flow_runs_open{state_type="SCHEDULED"}) > 0',
  },
];
