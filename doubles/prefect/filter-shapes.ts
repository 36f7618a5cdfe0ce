import type { Dialect } from './dialect.ts';
import { combined, datetime, flag, listOf, oneOf, type Shape, strict, text, uuid, whole } from './shapes.ts';

/** The filters of one server version, field by field (schemas/filters.py). */
export type FilterShapes = Readonly<Record<FilterName, Shape>>;

export type FilterName =
  | 'flows'
  | 'flow_runs'
  | 'task_runs'
  | 'deployments'
  | 'work_pools'
  | 'work_queues'
  | 'workers'
  | 'events';

export const stateTypes = [
  'SCHEDULED',
  'PENDING',
  'RUNNING',
  'COMPLETED',
  'FAILED',
  'CANCELLED',
  'CRASHED',
  'PAUSED',
  'CANCELLING',
] as const;

const stateType = oneOf(...stateTypes);
const anyOf = (item: Shape) => strict({ any_: listOf(item) });
const anyNotAny = (item: Shape) => strict({ any_: listOf(item), not_any_: listOf(item) });
const named = strict({ any_: listOf(text), like_: text });
const anyOrNull = (item: Shape) => combined({ any_: listOf(item), is_null_: flag });
const window = { before_: datetime, after_: datetime };
const nullableWindow = strict({ ...window, is_null_: flag });

export function filterShapes(dialect: Dialect): FilterShapes {
  const isThree = dialect.major === 3;
  const ids = isThree ? anyNotAny(uuid) : anyOf(uuid);
  const tags = combined({ all_: listOf(text), ...(isThree && { any_: listOf(text) }), is_null_: flag });
  return {
    flows: combined({
      id: ids,
      deployment: combined({ is_null_: flag }),
      name: named,
      tags: combined({ all_: listOf(text), is_null_: flag }),
    }),
    flow_runs: flowRunShape(dialect, tags),
    task_runs: taskRunShape(dialect),
    deployments: combined({
      id: ids,
      name: named,
      ...(isThree ? { flow_or_deployment_name: strict({ like_: text }) } : {}),
      paused: strict({ eq_: flag }),
      ...(isThree ? {} : { is_schedule_active: strict({ eq_: flag }) }),
      tags,
      work_queue_name: anyOf(text),
      ...(isThree ? { concurrency_limit: strict({ ge_: whole, le_: whole, is_null_: flag }) } : {}),
    }),
    work_pools: combined({ id: anyOf(uuid), name: anyOf(text), type: anyOf(text) }),
    work_queues: combined({
      id: anyOf(uuid),
      name: strict({ any_: listOf(text), startswith_: listOf(text) }),
    }),
    workers: combined({
      last_heartbeat_time: strict(window),
      status: anyNotAny(oneOf('ONLINE', 'OFFLINE')),
    }),
    // Resources and texts are not looked at here.
    events: strict({
      occurred: strict({ since: datetime, until: datetime }),
      event: strict({
        prefix: listOf(text),
        exclude_prefix: listOf(text),
        name: listOf(text),
        exclude_name: listOf(text),
      }),
    }),
  };
}

function flowRunShape(dialect: Dialect, tags: Shape): Shape {
  const states = dialect.major === 3 ? anyNotAny : anyOf;
  return combined({
    id: anyNotAny(uuid),
    name: named,
    tags,
    deployment_id: anyOrNull(uuid),
    work_queue_name: anyOrNull(text),
    state: combined({ type: states(stateType), name: states(text) }),
    flow_version: anyOf(text),
    start_time: nullableWindow,
    ...(dialect.hasEndTimeFilter && { end_time: nullableWindow }),
    expected_start_time: strict(window),
    next_scheduled_start_time: strict(window),
    parent_flow_run_id: combined({ any_: listOf(uuid) }),
    parent_task_run_id: anyOrNull(uuid),
    idempotency_key: anyNotAny(text),
    ...(dialect.hasCreatedByFilter && {
      created_by: combined({ id_: listOf(uuid), type_: listOf(text), is_null_: flag }),
    }),
  });
}

function taskRunShape(dialect: Dialect): Shape {
  return combined({
    id: anyOf(uuid),
    name: named,
    tags: combined({ all_: listOf(text), is_null_: flag }),
    state: combined({ type: anyOf(stateType), name: anyOf(text) }),
    start_time: nullableWindow,
    ...(dialect.hasTaskEndTimeFilter && { end_time: nullableWindow }),
    ...(dialect.major === 3 && { expected_start_time: strict(window) }),
    subflow_runs: strict({ exists_: flag }),
    flow_run_id: anyOrNull(uuid),
  });
}
