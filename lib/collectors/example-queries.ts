export interface ExampleQuery {
  readonly question: string;
  /** PromQL for several workspaces at once; a row of the answer is a finding. */
  readonly query: string;
}

/** A tick that did not come for five intervals silences everything else; by remote write its series ends, too. */
const age = 'time() - max by (workspace) (max_over_time(prefect_exporter_tick_timestamp_seconds[1d]))';

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
