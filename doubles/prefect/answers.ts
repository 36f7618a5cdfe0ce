import { slotsByQueue, workerStatus } from './derived.ts';
import type { Dialect } from './dialect.ts';
import type { JsonObject } from './json.ts';
import type {
  ConcurrencyLimitRecord,
  DeploymentRecord,
  FlowRecord,
  ScheduleRecord,
  WorkerRecord,
  WorkPoolRecord,
  WorkQueueRecord,
} from './records.ts';
import { formatTimestamp, type Microseconds } from './timestamps.ts';
import { limitNamed, poolOfQueue, type Workspace } from './workspace.ts';

/** Rows of the lists other than flow runs, in the server's order of fields. */

interface Row {
  readonly id: string;
  readonly createdUs: Microseconds;
  readonly updatedUs: Microseconds;
}

function stored(row: Row, dialect: Dialect): JsonObject {
  return {
    id: row.id,
    created: formatTimestamp(row.createdUs, dialect.zone),
    updated: formatTimestamp(row.updatedUs, dialect.zone),
  };
}

const time = (us: Microseconds | null, dialect: Dialect) =>
  us === null ? null : formatTimestamp(us, dialect.zone);

export function flowAnswer(flow: FlowRecord, dialect: Dialect): JsonObject {
  const row = { ...stored(flow, dialect), name: flow.name, tags: flow.tags };
  return dialect.major === 3 ? { ...row, labels: {} } : row;
}

export function deploymentAnswer(
  workspace: Workspace,
  deployment: DeploymentRecord,
  dialect: Dialect,
): JsonObject {
  const isThree = dialect.major === 3;
  return {
    ...stored(deployment, dialect),
    ...(isThree ? {} : { infra_overrides: {} }),
    name: deployment.name,
    version: deployment.version,
    description: null,
    flow_id: deployment.flowId,
    ...(isThree ? {} : legacySchedule(deployment, dialect)),
    paused: deployment.paused,
    schedules: deployment.schedules.map((row) => scheduleAnswer(row, deployment, dialect)),
    ...(isThree && deploymentLimits(workspace, deployment, dialect)),
    ...(isThree && { job_variables: {} }),
    parameters: {},
    tags: deployment.tags,
    ...(isThree && { labels: { 'prefect.flow.id': deployment.flowId } }),
    work_queue_name: workspace.workQueues.get(deployment.workQueueId ?? '')?.name ?? deployment.workQueueName,
    ...(isThree && { work_queue_id: deployment.workQueueId }),
    last_polled: time(deployment.lastPolledUs, dialect),
    ...entrypoint(deployment, dialect),
    created_by: null,
    updated_by: null,
    work_pool_name: poolOfQueue(workspace, deployment.workQueueId)?.name ?? null,
    status: deployment.status,
    enforce_parameter_schema: isThree,
  };
}

function entrypoint(deployment: DeploymentRecord, dialect: Dialect): JsonObject {
  return {
    parameter_openapi_schema: dialect.major === 3 ? {} : null,
    path: null,
    pull_steps: dialect.major === 3 ? [] : null,
    entrypoint: deployment.entrypoint,
    ...(dialect.major === 2 && { manifest_path: null }),
    storage_document_id: null,
    infrastructure_document_id: null,
  };
}

/** The first schedule, and whether scheduling goes on, as Prefect 2 still told them. */
function legacySchedule(deployment: DeploymentRecord, dialect: Dialect): JsonObject {
  const first = deployment.schedules[0];
  return {
    schedule: first ? interval(first, dialect) : null,
    is_schedule_active: !deployment.paused,
  };
}

function interval(schedule: ScheduleRecord, dialect: Dialect): JsonObject {
  return {
    interval: schedule.intervalSeconds,
    anchor_date: formatTimestamp(schedule.anchorUs, dialect.zone),
    timezone: 'UTC',
  };
}

function deploymentLimits(workspace: Workspace, deployment: DeploymentRecord, dialect: Dialect): JsonObject {
  const limit = limitNamed(workspace, `deployment:${deployment.id}`);
  return {
    concurrency_limit: null,
    global_concurrency_limit: limit ? limitAnswer(limit, dialect) : null,
    concurrency_options: null,
  };
}

function scheduleAnswer(
  schedule: ScheduleRecord,
  deployment: DeploymentRecord,
  dialect: Dialect,
): JsonObject {
  return {
    ...stored(schedule, dialect),
    deployment_id: deployment.id,
    schedule: interval(schedule, dialect),
    active: schedule.active,
    ...(dialect.major === 3
      ? { max_scheduled_runs: null, parameters: {}, slug: null }
      : { max_active_runs: null, max_scheduled_runs: null, catchup: false }),
  };
}

export function poolAnswer(workspace: Workspace, pool: WorkPoolRecord, dialect: Dialect): JsonObject {
  return {
    ...stored(pool, dialect),
    name: pool.name,
    description: pool.description,
    type: pool.type,
    base_job_template: {},
    is_paused: pool.isPaused,
    concurrency_limit: pool.concurrencyLimit,
    status: pool.isPaused && pool.status !== null ? 'PAUSED' : pool.status,
    default_queue_id: pool.defaultQueueId,
    ...(dialect.major === 3 && {
      storage_configuration: {
        bundle_upload_step: null,
        bundle_execution_step: null,
        default_result_storage_block_id: null,
      },
    }),
    ...(dialect.hasActiveSlots && { active_slots: poolSlots(workspace, pool) }),
  };
}

/** Null without a limit. */
function poolSlots(workspace: Workspace, pool: WorkPoolRecord): number | null {
  if (pool.concurrencyLimit === null) return null;
  let slots = 0;
  for (const [queueId, count] of slotsByQueue(workspace)) {
    if (workspace.workQueues.get(queueId)?.workPoolId === pool.id) slots += count;
  }
  return slots;
}

export function queueAnswer(workspace: Workspace, queue: WorkQueueRecord, dialect: Dialect): JsonObject {
  const slots = queue.concurrencyLimit === null ? null : (slotsByQueue(workspace).get(queue.id) ?? 0);
  return {
    ...stored(queue, dialect),
    name: queue.name,
    description: queue.description,
    is_paused: queue.isPaused,
    concurrency_limit: queue.concurrencyLimit,
    priority: queue.priority,
    work_pool_id: queue.workPoolId,
    filter: null,
    last_polled: time(queue.lastPolledUs, dialect),
    work_pool_name: workspace.workPools.get(queue.workPoolId)?.name ?? null,
    status: queue.isPaused ? 'PAUSED' : queue.status,
    ...(dialect.hasActiveSlots && { active_slots: slots }),
  };
}

export function workerAnswer(workspace: Workspace, worker: WorkerRecord, dialect: Dialect): JsonObject {
  return {
    ...stored(worker, dialect),
    name: worker.name,
    work_pool_id: worker.workPoolId,
    last_heartbeat_time: formatTimestamp(worker.lastHeartbeatUs, dialect.zone),
    heartbeat_interval_seconds: worker.heartbeatIntervalSeconds,
    status: workerStatus(worker, workspace.nowUs()),
  };
}

export function limitAnswer(limit: ConcurrencyLimitRecord, dialect: Dialect): JsonObject {
  return {
    ...stored(limit, dialect),
    active: limit.active,
    name: limit.name,
    limit: limit.limit,
    active_slots: limit.activeSlots,
    slot_decay_per_second: limit.slotDecayPerSecond,
  };
}
