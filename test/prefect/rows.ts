/** Rows as the server sends them, with the fields that are read and one that is not. */
type Fields = Readonly<Record<string, unknown>>;

export const uuidOf = (kind: string, number: number): string =>
  `${kind.padEnd(8, '0')}-0000-4000-8000-${String(number).padStart(12, '0')}`;

export const flowRow = (id: string, name: string) => ({ id, name, tags: [], labels: {} });

export const deploymentRow = (id: string, flowId: string, fields: Fields = {}) => ({
  id,
  name: `deployment ${id}`,
  flow_id: flowId,
  created: '2026-11-20T09:00:00.000001Z',
  paused: false,
  status: 'READY',
  tags: [],
  schedules: [],
  work_pool_name: 'k8s',
  work_queue_name: 'default',
  version: null,
  entrypoint: null,
  global_concurrency_limit: null,
  parameter_openapi_schema: { type: 'object' },
  ...fields,
});

export const runRow = (id: string, flowId: string, fields: Fields = {}) => ({
  id,
  flow_id: flowId,
  deployment_id: null,
  work_pool_name: null,
  work_queue_name: null,
  work_queue_id: null,
  state_type: 'RUNNING',
  state_name: 'Running',
  expected_start_time: '2026-11-20T09:50:00Z',
  next_scheduled_start_time: null,
  start_time: '2026-11-20T09:50:01.5Z',
  state: { type: 'RUNNING', timestamp: '2026-11-20T09:50:01.5Z', message: 'long' },
  parameters: { secret: 'long' },
  ...fields,
});

export const finishedRow = (id: string, flowId: string, fields: Fields = {}) => ({
  ...runRow(id, flowId),
  state_type: 'COMPLETED',
  state_name: 'Completed',
  end_time: '2026-11-20T09:51:30.25Z',
  total_run_time: 88.75,
  run_count: 1,
  parent_task_run_id: null,
  auto_scheduled: true,
  created_by: { id: 's1', type: 'SCHEDULE', display_value: 'IntervalSchedule' },
  state: { type: 'COMPLETED', timestamp: '2026-11-20T09:51:30.25Z', message: 'long' },
  ...fields,
});

export const finishedTaskRow = (id: string, fields: Fields = {}) => ({
  id,
  name: `task ${id}`,
  flow_run_id: 'r1',
  state_type: 'COMPLETED',
  state_name: 'Completed',
  end_time: '2026-11-20T09:51:30.25Z',
  total_run_time: 2.5,
  run_count: 1,
  labels: { 'prefect.flow.id': 'f1', other: 5 },
  task_inputs: { secret: 'long' },
  ...fields,
});

export const poolRow = (name: string, type = 'kubernetes') => ({
  id: `pool-${name}`,
  name,
  type,
  is_paused: false,
  concurrency_limit: null,
  status: 'READY',
  base_job_template: {},
});

export const queueRow = (id: string, pool: string, name = 'default') => ({
  id,
  name,
  work_pool_name: pool,
  is_paused: false,
  concurrency_limit: null,
  priority: 1,
  status: 'READY',
  last_polled: null,
});

export const workerRow = (name: string) => ({
  id: `worker-${name}`,
  name,
  last_heartbeat_time: '2026-11-20T09:51:59.1Z',
  status: 'ONLINE',
});
