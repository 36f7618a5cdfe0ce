import type { JsonObject } from '../../doubles/prefect/json.ts';
import type { SmallWorkload } from '../support/small-workload.ts';

/** A request whose answer must be the same from every server, after `comparable`. */
export interface Question {
  readonly path: string;
  readonly body: unknown;
  /** Whether the sort leaves no ties, so that the order is part of the answer. */
  readonly isOrdered?: boolean;
}

const runFilterPaths = ['/flow_runs/filter', '/flow_runs/count'];

/** Every filter and operator, every sort, and the commonest mistakes. */
export function questions(workload: SmallWorkload, major: 2 | 3): readonly Question[] {
  const filters = [...runFilters(workload), ...(major === 3 ? runFilters3(workload) : runFilters2)];
  return [
    ...filters.flatMap((flow_runs) => runFilterPaths.map((path) => ({ path, body: { flow_runs } }))),
    ...relatedFilters(workload).flatMap((body) => runFilterPaths.map((path) => ({ path, body }))),
    ...sorts(),
    ...pages(),
    ...objects(workload),
    ...histories(workload),
    ...mistakes(),
  ];
}

const iso = (workload: SmallWorkload, offsetSeconds: number) =>
  new Date(workload.nowMs + offsetSeconds * 1000).toISOString();

function runFilters(workload: SmallWorkload): readonly JsonObject[] {
  const id = (name: string) => workload.runs.get(name) ?? '';
  const at = (offsetSeconds: number) => iso(workload, offsetSeconds);
  return [
    {},
    { id: { any_: [id('late'), id('failed')] } },
    { id: { any_: [] } },
    { id: { not_any_: [id('late')] } },
    { id: { not_any_: [] } },
    { id: { any_: [id('late'), id('failed')], not_any_: [id('late')] } },
    { name: { any_: ['late', 'none'] } },
    { name: { like_: 'RUN' } },
    { name: { like_: 'f_t' } },
    { tags: { all_: ['adhoc', 'slow'] } },
    { tags: { all_: [] } },
    { tags: { is_null_: true } },
    { tags: { operator: 'or_', all_: ['slow'], is_null_: true } },
    { deployment_id: { any_: [workload.deployments['ml/train']] } },
    { deployment_id: { is_null_: true } },
    { deployment_id: { operator: 'or_', any_: [workload.deployments['ml/train']], is_null_: true } },
    { work_queue_name: { any_: ['high'] } },
    { work_queue_name: { is_null_: true } },
    { state: { type: { any_: ['RUNNING', 'PENDING'] } } },
    { state: { type: { any_: [] } } },
    { state: { name: { any_: ['Late', 'Skipped', 'Rejected'] } } },
    { state: { operator: 'or_', type: { any_: ['PAUSED'] }, name: { any_: ['Late'] } } },
    { state: { type: { any_: ['SCHEDULED'] }, name: { any_: ['Late'] } } },
    { state: {} },
    { state: null },
    { start_time: { is_null_: true } },
    { start_time: { is_null_: false } },
    { start_time: { before_: at(3600) } },
    { start_time: { after_: at(3600) } },
    { start_time: { after_: at(3600), before_: at(3600) } },
    { start_time: { after_: at(-100_000).replace('Z', '') } },
    { expected_start_time: { after_: at(3600), before_: at(3600) } },
    { expected_start_time: { before_: at(-600) } },
    { expected_start_time: { before_: at(-600).replace('Z', '+00:00') } },
    { next_scheduled_start_time: { before_: at(0) } },
    { next_scheduled_start_time: { after_: at(3600) } },
    { next_scheduled_start_time: {} },
    { parent_task_run_id: { is_null_: true } },
    { parent_task_run_id: { is_null_: false } },
    { idempotency_key: { any_: ['key-1'] } },
    { idempotency_key: { not_any_: ['key-1'] } },
    { operator: 'or_', name: { any_: ['late'] }, state: { type: { any_: ['CRASHED'] } } },
    { operator: 'or_', name: {}, state: { type: { any_: ['CRASHED'] } } },
    {
      state: { type: { any_: ['SCHEDULED'] } },
      next_scheduled_start_time: { after_: at(-300) },
      id: { not_any_: [id('late'), id('future-a')] },
    },
  ];
}

function runFilters3(workload: SmallWorkload): readonly JsonObject[] {
  const at = (offsetSeconds: number) => iso(workload, offsetSeconds);
  return [
    { state: { type: { not_any_: ['RUNNING', 'PENDING'] } } },
    { state: { name: { not_any_: ['Late'] } } },
    { state: { type: { not_any_: [] } } },
    { state: { type: { any_: ['RUNNING', 'PENDING'], not_any_: ['PENDING'] } } },
    { tags: { any_: ['slow', 'none'] } },
    { tags: { any_: [] } },
    { end_time: { is_null_: true } },
    { end_time: { is_null_: false } },
    { end_time: { before_: at(3600) } },
    { end_time: { after_: at(3600) } },
    { end_time: { after_: at(-3600), before_: at(3600) } },
    { end_time: { before_: at(3600), is_null_: true } },
    { end_time: { after_: at(0).replace('Z', '001Z'), before_: at(3600).replace('Z', '001Z') } },
    { created_by: { is_null_: true } },
    { created_by: { type_: ['SCHEDULE'] } },
  ];
}

const runFilters2: readonly JsonObject[] = [
  { end_time: { is_null_: true } },
  { state: { type: { not_any_: ['RUNNING'] } } },
  { tags: { any_: ['slow'] } },
  { created_by: { is_null_: true } },
];

function relatedFilters(workload: SmallWorkload): readonly JsonObject[] {
  return [
    { flows: { name: { any_: ['etl', 'ml'] } } },
    { flows: { name: { like_: 't_1' } } },
    { flows: { tags: { all_: ['prod'] } } },
    { flows: { deployment: { is_null_: true } } },
    { flows: {} },
    { task_runs: {} },
    { deployments: { name: { any_: ['nightly'] } } },
    { deployments: { paused: { eq_: true } } },
    { deployments: { tags: { all_: ['env:prod'] } } },
    { deployments: { id: { any_: [workload.deployments['etl/nightly']] } } },
    { deployments: {} },
    { work_pools: { type: { any_: ['kubernetes'] } } },
    { work_pools: { name: { any_: ['local'] } } },
    { work_pools: {} },
    { work_pool_queues: { name: { any_: ['high'] } } },
    { work_pool_queues: { name: { startswith_: ['hi'] } } },
    // A key of another endpoint: ignored.
    { work_queues: { name: { any_: ['none'] } } },
    { nonsense: { name: { any_: ['none'] } } },
    { work_pools: { name: { any_: ['k8s'] } }, work_pool_queues: { name: { any_: ['high'] } } },
  ];
}

function sorts(): readonly Question[] {
  const path = '/flow_runs/filter';
  const finished = { state: { type: { any_: ['COMPLETED', 'FAILED'] } } };
  const started = { start_time: { is_null_: false } };
  return [
    { path, body: { sort: 'NAME_ASC' }, isOrdered: true },
    { path, body: { sort: 'NAME_DESC' }, isOrdered: true },
    { path, body: { sort: 'END_TIME_DESC', flow_runs: finished }, isOrdered: true },
    { path, body: { sort: 'START_TIME_ASC', flow_runs: started }, isOrdered: true },
    { path, body: { sort: 'START_TIME_DESC', flow_runs: started }, isOrdered: true },
    { path, body: { sort: 'EXPECTED_START_TIME_ASC' } },
    { path, body: { sort: 'EXPECTED_START_TIME_DESC' } },
    { path, body: { sort: 'NEXT_SCHEDULED_START_TIME_ASC' } },
    { path, body: { sort: 'ID_DESC' } },
    { path, body: { sort: 'END_TIME_DESC' } },
  ];
}

function pages(): readonly Question[] {
  const path = '/flow_runs/filter';
  return [
    { path, body: { sort: 'NAME_ASC', limit: 3 }, isOrdered: true },
    { path, body: { sort: 'NAME_ASC', limit: 3, offset: 3 }, isOrdered: true },
    { path, body: { sort: 'NAME_ASC', limit: 200, offset: 20 }, isOrdered: true },
    { path, body: { offset: 1000 } },
    { path, body: { limit: 0 } },
    { path, body: { limit: null } },
    { path, body: undefined },
    { path, body: null },
  ];
}

function objects(workload: SmallWorkload): readonly Question[] {
  const lists = ['/deployments', '/flows', '/work_pools', '/work_queues', '/v2/concurrency_limits'];
  return [
    ...lists.map((path) => ({ path: `${path}/filter`, body: {} })),
    ...['CREATED_DESC', 'NAME_ASC', 'NAME_DESC'].map((sort) => ({
      path: '/flows/filter',
      body: { sort },
      isOrdered: true,
    })),
    { path: '/deployments/filter', body: { sort: 'CREATED_DESC' }, isOrdered: true },
    { path: '/deployments/filter', body: { sort: 'CREATED_DESC', limit: 1, offset: 1 }, isOrdered: true },
    { path: '/flows/filter', body: { flows: { id: { any_: [workload.flows.ml] } } } },
    { path: '/flows/filter', body: { deployments: { name: { any_: ['train'] } } } },
    { path: '/flows/count', body: {} },
    { path: '/deployments/filter', body: { flows: { name: { any_: ['ml'] } } } },
    { path: '/deployments/filter', body: { deployments: { work_queue_name: { any_: ['high'] } } } },
    { path: '/deployments/filter', body: { deployments: { paused: { eq_: false } } } },
    { path: '/deployments/filter', body: { deployments: { tags: { is_null_: true } } } },
    { path: '/deployments/filter', body: { work_pools: { name: { any_: ['k8s'] } } } },
    { path: '/work_pools/filter', body: { work_pools: { type: { any_: ['ecs:push'] } } } },
    { path: '/work_queues/filter', body: { work_queues: { name: { any_: ['default'] } } } },
    { path: '/work_pools/k8s/queues/filter', body: {}, isOrdered: true },
    { path: '/work_pools/k8s/queues/filter', body: { work_queues: { name: { startswith_: ['l'] } } } },
    { path: '/work_pools/k8s/workers/filter', body: {}, isOrdered: true },
    { path: '/work_pools/k8s/workers/filter', body: { workers: { status: { any_: ['ONLINE'] } } } },
    { path: '/work_pools/k8s/workers/filter', body: { workers: { status: { not_any_: ['ONLINE'] } } } },
    { path: '/work_pools/local/workers/filter', body: {} },
    { path: '/automations/count', body: {} },
    { path: '/task_runs/filter', body: {} },
    { path: '/task_runs/count', body: { task_runs: { state: { type: { any_: ['COMPLETED'] } } } } },
  ];
}

function histories(workload: SmallWorkload): readonly Question[] {
  const path = '/flow_runs/history';
  const at = (offsetSeconds: number) => iso(workload, offsetSeconds);
  const window = { history_start: at(-1200), history_end: at(7300), history_interval_seconds: 600 };
  return [
    { path, body: window },
    { path, body: { ...window, history_interval: 600 } },
    // Runs of deployments only: the expected time of the others is when they were made.
    {
      path,
      body: {
        ...window,
        history_interval_seconds: 7,
        flow_runs: { deployment_id: { is_null_: false } },
      },
    },
    { path, body: { ...window, history_end: at(-601), history_interval_seconds: 100.5 } },
    { path, body: { ...window, work_queues: { name: { any_: ['high'] } } } },
    // The key of the other flow-run endpoints: ignored here.
    { path, body: { ...window, work_pool_queues: { name: { any_: ['none'] } } } },
    { path, body: { ...window, flow_runs: { expected_start_time: { before_: at(0) } } } },
    { path, body: { ...window, history_end: at(-1200) } },
    { path, body: { ...window, history_end: at(-5000) } },
    { path, body: { ...window, history_interval_seconds: 0.5 } },
    { path, body: {} },
  ];
}

function mistakes(): readonly Question[] {
  const path = '/flow_runs/filter';
  const filters: readonly unknown[] = [
    { nope: 1 },
    { state: { type: { any_: ['NOPE'] } } },
    { state: { type: { ny_: [] } } },
    { id: { any_: ['x'] } },
    { id: { any_: 'x' } },
    { id: { any_: ['x'] }, nope: 1 },
    { start_time: { before_: 'yesterday' } },
    { start_time: { is_null_: 'maybe' } },
    { operator: 'xor_' },
    5,
  ];
  return [
    ...filters.map((flow_runs) => ({ path, body: { flow_runs } })),
    { path: '/flow_runs/count', body: { flow_runs: { nope: 1 } } },
    { path, body: { limit: 201 } },
    { path, body: { limit: -1 } },
    { path, body: { limit: 'x' } },
    { path, body: { limit: 300, flow_runs: { nope: 1 } } },
    { path, body: { offset: -1 } },
    { path, body: { sort: 'END_TIME_ASC' } },
    { path, body: '{bad' },
    { path, body: [] },
    { path: '/task_runs/filter', body: { task_runs: { id: { not_any_: [] } } } },
    { path: '/task_runs/filter', body: { limit: 201 } },
    { path: '/deployments/filter', body: { sort: 'X' } },
    { path: '/deployments/filter', body: { limit: 201 } },
    { path: '/work_pools/filter', body: { limit: 201 } },
    { path: '/work_queues/filter', body: { limit: 201 } },
    { path: '/v2/concurrency_limits/filter', body: { limit: 201 } },
    { path: '/work_pools/none/workers/filter', body: {} },
    { path: '/work_pools/none/queues/filter', body: {} },
    { path: '/nothing/filter', body: {} },
  ];
}
