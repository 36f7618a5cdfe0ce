import type { CollectContext } from '../../lib/collectors/collector.ts';
import { createCollectContext } from '../../lib/collectors/context.ts';
import type { SeriesConfig } from '../../lib/config/config.ts';
import type { ConcurrencyLimit, FlowRun, Worker, WorkPool, WorkQueue } from '../../lib/prefect/model.ts';
import type { NamedDeployment, NamedFinishedRun, NamedRun, Resources } from '../../lib/prefect/resources.ts';

/** 2026-11-20T12:00:00Z, the instant of the ticks in these tests. */
export const noonMs = Date.UTC(2026, 10, 20, 12);

export const aRun = (fields: Partial<FlowRun> = {}): FlowRun => ({
  id: 'run-1',
  flow_id: 'flow-etl',
  deployment_id: null,
  work_pool_name: null,
  work_queue_name: null,
  work_queue_id: null,
  state_type: 'RUNNING',
  state_name: 'Running',
  expected_start_time: '2026-11-20T11:00:00.000000Z',
  next_scheduled_start_time: null,
  start_time: '2026-11-20T11:00:05.000000Z',
  state_timestamp: '2026-11-20T11:00:05.000000Z',
  ...fields,
});

/** A run of `deployment`, in its pool and queue. */
export const aRunOf = (deployment: NamedDeployment, fields: Partial<FlowRun> = {}): NamedRun => ({
  ...aRun({
    flow_id: deployment.flow_id,
    deployment_id: deployment.id,
    work_pool_name: deployment.work_pool_name,
    work_queue_name: deployment.work_queue_name,
    work_queue_id: deployment.work_queue_name === null ? null : `queue-${deployment.work_queue_name}`,
    ...fields,
  }),
  flow: deployment.flow,
  deployment,
});

/** A run of `deployment` that ended, by default after ten seconds as COMPLETED, on time and at the first attempt. */
export const aFinishedRunOf = (
  deployment: NamedDeployment,
  fields: Partial<NamedFinishedRun> = {},
): NamedFinishedRun => ({
  id: 'run-1',
  flow_id: deployment.flow_id,
  deployment_id: deployment.id,
  work_pool_name: deployment.work_pool_name,
  work_queue_name: deployment.work_queue_name,
  state_type: 'COMPLETED',
  state_name: 'Completed',
  expected_start_time: '2026-11-20T11:59:40.000000Z',
  start_time: '2026-11-20T11:59:40.000000Z',
  end_time: '2026-11-20T11:59:50.000000Z',
  total_run_time: 10,
  run_count: 1,
  parent_task_run_id: null,
  auto_scheduled: true,
  created_by_type: 'SCHEDULE',
  flow: deployment.flow,
  deployment,
  ...fields,
});

/** A run without a deployment, or with one that is gone. */
export const anUndeployedRun = (flow: string, fields: Partial<FlowRun> = {}): NamedRun => ({
  ...aRun({ flow_id: `flow-${flow}`, ...fields }),
  flow,
  deployment: undefined,
});

export const aDeployment = (
  flow = 'etl',
  name = 'hourly',
  fields: Partial<NamedDeployment> = {},
): NamedDeployment => ({
  id: `${flow}-${name}`,
  name,
  flow,
  flow_id: `flow-${flow}`,
  created: '2026-11-01T00:00:00.000000Z',
  paused: false,
  status: 'READY',
  tags: [],
  schedules: [{ active: true }],
  work_pool_name: 'k8s',
  work_queue_name: 'default',
  version: '1.2',
  entrypoint: 'flows/etl.py:etl',
  global_concurrency_limit: null,
  ...fields,
});

export const aPool = (name = 'k8s', fields: Partial<WorkPool> = {}): WorkPool => ({
  id: `pool-${name}`,
  name,
  type: 'kubernetes',
  is_paused: false,
  concurrency_limit: null,
  status: 'READY',
  ...fields,
});

export const aQueue = (pool = 'k8s', name = 'default', fields: Partial<WorkQueue> = {}): WorkQueue => ({
  id: `queue-${name}`,
  name,
  work_pool_name: pool,
  is_paused: false,
  concurrency_limit: null,
  priority: 1,
  status: 'READY',
  last_polled: '2026-11-20T11:59:50.000000Z',
  ...fields,
});

export const aWorker = (name = 'worker-1', fields: Partial<Worker> = {}): Worker => ({
  id: name,
  name,
  last_heartbeat_time: '2026-11-20T11:59:40.000000Z',
  status: 'ONLINE',
  ...fields,
});

export const aLimit = (name: string, fields: Partial<ConcurrencyLimit> = {}): ConcurrencyLimit => ({
  id: `limit-${name}`,
  name,
  active: true,
  limit: 2,
  active_slots: 1,
  ...fields,
});

export const aSeriesConfig = (fields: Partial<SeriesConfig> = {}): SeriesConfig => ({
  externalLabels: { job: 'prefect-exporter' },
  deploymentTagLabels: [],
  maxSeries: 20_000,
  detail: 'deployment',
  zeroFill: undefined,
  metricSets: ['native'],
  collectors: undefined,
  metricsExclude: undefined,
  flows: { include: undefined, exclude: undefined },
  deployments: { include: undefined, exclude: undefined },
  workPools: { include: undefined, exclude: undefined },
  historyWindowMinutes: 60,
  ...fields,
});

export const aContext = (fields: Partial<SeriesConfig> = {}): CollectContext =>
  createCollectContext(aSeriesConfig(fields), noonMs);

/** A workspace with nothing in it. */
export const noResources: Resources = {
  activeRuns: [],
  dueRuns: [],
  openRuns: [],
  scheduledRunCount: 0,
  nextRuns: new Map(),
  flows: [],
  deployments: [],
  workPools: [],
  workQueues: [],
  workers: [],
  concurrencyLimits: [],
  automationCount: 0,
  server: { edition: 'server', version: '3.8.4' },
  workspace: { name: 'prod', uiUrl: 'http://prefect.example:4200', workspaceId: '', accountId: '' },
  flowRunHistory: [],
  finishedRuns: { runs: [], upToUs: noonMs * 1000 },
  finishedTaskRuns: { runs: [], upToUs: noonMs * 1000 },
  recentRuns: [],
  eventCounts: [],
};

const dayHourly = aDeployment('etl', 'hourly', {
  tags: ['team:data', 'slo.freshness:26h', 'slo.start-delay:10m'],
  global_concurrency_limit: aLimit('deployment:etl-hourly', { limit: 3, active_slots: 1 }),
});
const nightly = aDeployment('etl', 'nightly', {
  paused: true,
  status: 'NOT_READY',
  schedules: [{ active: true }, { active: true }],
  version: null,
  tags: ['team:ml', 'team:data'],
});
const served = aDeployment('report', 'daily', {
  work_pool_name: null,
  work_queue_name: null,
  status: null,
  entrypoint: null,
});

const active: readonly NamedRun[] = [
  aRunOf(dayHourly, { id: 'r1' }),
  aRunOf(dayHourly, { id: 'r2', start_time: '2026-11-20T09:30:00.250000Z' }),
  aRunOf(dayHourly, {
    id: 'r3',
    state_type: 'PENDING',
    state_name: 'InfrastructurePending',
    start_time: null,
  }),
  aRunOf(served, { id: 'r4', state_name: 'My own name' }),
  anUndeployedRun('adhoc', { id: 'r5', state_type: 'PAUSED', state_name: 'Suspended' }),
  anUndeployedRun('etl', {
    id: 'r6',
    deployment_id: 'gone',
    work_pool_name: 'k8s',
    work_queue_name: 'high',
    work_queue_id: 'queue-high',
  }),
];

const due: readonly NamedRun[] = [
  aRunOf(nightly, {
    id: 'd1',
    state_type: 'SCHEDULED',
    state_name: 'Late',
    start_time: null,
    next_scheduled_start_time: '2026-11-20T11:30:00.000000Z',
  }),
  aRunOf(dayHourly, {
    id: 'd2',
    state_type: 'SCHEDULED',
    state_name: 'AwaitingConcurrencySlot',
    start_time: null,
    expected_start_time: '2026-11-20T10:00:00.000000Z',
    next_scheduled_start_time: '2026-11-20T11:59:58.000000Z',
  }),
];

/** A small workspace in which every family has at least one sample. */
export const aWorkspace: Resources = {
  ...noResources,
  activeRuns: active,
  dueRuns: due,
  openRuns: [...active, ...due],
  scheduledRunCount: 12,
  nextRuns: new Map([[dayHourly.id, '2026-11-20T13:00:00Z']]),
  flows: [
    { id: 'flow-adhoc', name: 'adhoc' },
    { id: 'flow-etl', name: 'etl' },
    { id: 'flow-report', name: 'report' },
  ],
  deployments: [dayHourly, nightly, served],
  workPools: [
    aPool('k8s', { concurrency_limit: 4 }),
    aPool('lambda', { type: 'ecs:push', status: 'PAUSED', is_paused: true }),
    aPool('agents', { type: 'prefect-agent', status: null }),
  ],
  workQueues: [
    aQueue('k8s', 'default', { concurrency_limit: 2 }),
    aQueue('k8s', 'high', { status: 'NOT_READY', is_paused: true, priority: 2 }),
    aQueue('lambda', 'push', { last_polled: null, status: null, priority: null }),
  ],
  workers: [
    {
      work_pool: 'k8s',
      workers: [
        aWorker(),
        aWorker('worker-2', { status: 'OFFLINE', last_heartbeat_time: '2026-11-19T00:00:00Z' }),
      ],
    },
    { work_pool: 'idle', workers: [] },
  ],
  concurrencyLimits: [
    aLimit('db', { limit: 10, active_slots: 4 }),
    aLimit('tag:gpu', { active: false, active_slots: 0 }),
    aLimit('deployment:etl-hourly'),
  ],
  automationCount: 3,
  flowRunHistory: [
    {
      interval_start: '2026-11-20T11:58:00Z',
      states: [
        {
          state_type: 'COMPLETED',
          state_name: 'Completed',
          count_runs: 3,
          sum_estimated_run_time: 90,
          sum_estimated_lateness: 6,
        },
        {
          state_type: 'SCHEDULED',
          state_name: 'Late',
          count_runs: 1,
          sum_estimated_run_time: 0,
          sum_estimated_lateness: 60,
        },
      ],
    },
    {
      interval_start: '2026-11-20T11:59:00Z',
      states: [
        {
          state_type: 'COMPLETED',
          state_name: 'Skipped',
          count_runs: 1,
          sum_estimated_run_time: 10,
          sum_estimated_lateness: 0,
        },
      ],
    },
  ],
};
