import type { Reply } from '../server.ts';
import { addConcurrencyLimit, addFlow, addRun, addWorkPool, addWorkQueue, heartbeat } from './additions.ts';
import { flowAnswer, limitAnswer, poolAnswer, queueAnswer } from './answers.ts';
import { answerJson, type Call, detail, noContent, type Route } from './call.ts';
import { createDeployment } from './deployment-writes.ts';
import { receiveEvents } from './event-routes.ts';
import { booleanAt, type JsonObject, numberAt, objectAt, stringAt, stringsAt } from './json.ts';
import type { FlowRunRecord, WorkPoolRecord } from './records.ts';
import { runAnswer, stateAnswer } from './run-answers.ts';
import { accepted, stateChange } from './state-bodies.ts';
import { createTaskRun, setTaskState } from './task-run-writes.ts';
import { enterState, newState } from './transitions.ts';
import {
  limitNamed,
  poolNamed,
  queueNamed,
  removeDeployment,
  removeFlow,
  removeWorkQueue,
} from './workspace.ts';

/** The writes by which a workload is made; for the contract suite and for tests that set a scene over HTTP. */
export const writeRoutes: readonly Route[] = [
  { method: 'POST', path: '/flows/', answer: createFlow },
  { method: 'DELETE', path: '/flows/{}', answer: remove('flows', removeFlow) },
  { method: 'POST', path: '/deployments/', answer: createDeployment },
  { method: 'PATCH', path: '/deployments/{}', answer: pauseDeployment },
  { method: 'DELETE', path: '/deployments/{}', answer: remove('deployments', removeDeployment) },
  { method: 'POST', path: '/deployments/{}/create_flow_run', answer: createDeploymentRun },
  { method: 'POST', path: '/work_pools/', answer: createPool },
  { method: 'PATCH', path: '/work_pools/{}', answer: updatePool },
  { method: 'POST', path: '/work_pools/{}/queues', answer: createQueue },
  { method: 'POST', path: '/work_pools/{}/workers/heartbeat', answer: beat },
  { method: 'PATCH', path: '/work_queues/{}', answer: updateQueue },
  { method: 'DELETE', path: '/work_queues/{}', answer: remove('workQueues', removeWorkQueue) },
  { method: 'POST', path: '/flow_runs/', answer: createRun },
  { method: 'POST', path: '/flow_runs/{}/set_state', answer: setState },
  { method: 'POST', path: '/task_runs/', answer: createTaskRun },
  { method: 'POST', path: '/task_runs/{}/set_state', answer: setTaskState },
  { method: 'POST', path: '/events', answer: receiveEvents },
  { method: 'POST', path: '/v2/concurrency_limits/', answer: createLimit },
  { method: 'POST', path: '/v2/concurrency_limits/increment', answer: takeSlots },
];

function createFlow({ context, body }: Call): Reply {
  const { workspace, dialect } = context;
  const name = stringAt(body, 'name') ?? '';
  const known = [...workspace.flows.values()].find((flow) => flow.name === name);
  const flow = known ?? addFlow(workspace, { name, tags: stringsAt(body, 'tags') ?? [] });
  return answerJson(flowAnswer(flow, dialect), known ? 200 : 201);
}

function pauseDeployment({ context, body, parts }: Call): Reply {
  const deployment = context.workspace.deployments.get(parts[0] ?? '');
  if (!deployment) return detail('Deployment not found', 404);
  deployment.paused = booleanAt(body, 'paused') ?? deployment.paused;
  return noContent;
}

function createPool({ context, body }: Call): Reply {
  const { workspace, dialect } = context;
  const name = stringAt(body, 'name') ?? '';
  if (poolNamed(workspace, name)) return detail('A work pool with this name already exists.', 409);
  const pool = addWorkPool(workspace, {
    name,
    type: stringAt(body, 'type') ?? 'prefect-agent',
    isPaused: booleanAt(body, 'is_paused') ?? false,
    concurrencyLimit: numberAt(body, 'concurrency_limit') ?? null,
  });
  return answerJson(poolAnswer(workspace, pool, dialect), 201);
}

function updatePool(call: Call): Reply {
  return inPool(call, (pool) => {
    pool.isPaused = booleanAt(call.body, 'is_paused') ?? pool.isPaused;
    pool.concurrencyLimit = numberAt(call.body, 'concurrency_limit') ?? pool.concurrencyLimit;
    return noContent;
  });
}

function createQueue(call: Call): Reply {
  return inPool(call, (pool) => {
    const { workspace, dialect } = call.context;
    const name = stringAt(call.body, 'name') ?? '';
    if (queueNamed(workspace, pool.id, name)) {
      // The placeholder is the server's own slip.
      return detail('A work queue with this name already exists in work pool {work_pool_name!r}.', 409);
    }
    const queue = addWorkQueue(workspace, {
      name,
      workPoolId: pool.id,
      isPaused: booleanAt(call.body, 'is_paused') ?? false,
      concurrencyLimit: numberAt(call.body, 'concurrency_limit') ?? null,
      priority: numberAt(call.body, 'priority'),
    });
    return answerJson(queueAnswer(workspace, queue, dialect), 201);
  });
}

function updateQueue({ context, body, parts }: Call): Reply {
  const queue = context.workspace.workQueues.get(parts[0] ?? '');
  if (!queue) return detail('Work Queue not found', 404);
  queue.isPaused = booleanAt(body, 'is_paused') ?? queue.isPaused;
  return noContent;
}

function beat(call: Call): Reply {
  return inPool(call, (pool) => {
    heartbeat(call.context.workspace, pool, {
      name: stringAt(call.body, 'name') ?? '',
      intervalSeconds: numberAt(call.body, 'heartbeat_interval_seconds') ?? null,
    });
    return noContent;
  });
}

function inPool({ context, parts }: Call, answer: (pool: WorkPoolRecord) => Reply): Reply {
  const name = parts[0] ?? '';
  const pool = poolNamed(context.workspace, name);
  return pool ? answer(pool) : detail(`Work pool "${name}" not found.`, 404);
}

function createRun({ context, body }: Call): Reply {
  const { workspace, dialect } = context;
  const flow = workspace.flows.get(stringAt(body, 'flow_id') ?? '');
  if (!flow) return detail(integrity, 409);
  const deployment = workspace.deployments.get(stringAt(body, 'deployment_id') ?? '');
  const run = addRun(workspace, {
    ...runOptions(body),
    flow,
    deployment,
    neverStarted: dialect.neverStarted,
  });
  return answerJson(runAnswer(workspace, run, dialect), 201);
}

const integrity =
  'Data integrity conflict. This usually means a unique or foreign key constraint was violated.' +
  ' See server logs for details.';

function createDeploymentRun({ context, body, parts }: Call): Reply {
  const { workspace, dialect } = context;
  const deployment = workspace.deployments.get(parts[0] ?? '');
  const flow = deployment && workspace.flows.get(deployment.flowId);
  if (!flow) return detail('Deployment not found', 404);
  const options = runOptions(body);
  const run = addRun(workspace, {
    ...options,
    flow,
    deployment,
    state: options.state ?? { type: 'SCHEDULED' },
    tags: [...deployment.tags, ...(options.tags ?? [])],
    neverStarted: dialect.neverStarted,
  });
  return answerJson(runAnswer(workspace, run, dialect), 201);
}

function runOptions(body: JsonObject) {
  const name = stringAt(body, 'name');
  const state = stateChange(objectAt(body, 'state'));
  return {
    ...(name !== undefined && { name }),
    ...(state && { state }),
    tags: stringsAt(body, 'tags') ?? [],
    idempotencyKey: stringAt(body, 'idempotency_key') ?? null,
    parentTaskRunId: stringAt(body, 'parent_task_run_id') ?? null,
  };
}

/** As with `force`: no orchestration rule stands in the way. */
function setState({ context, body, parts }: Call): Reply {
  const { workspace, dialect } = context;
  const run: FlowRunRecord | undefined = workspace.runs.get(parts[0] ?? '');
  if (!run) return answerJson({ exception_message: `Flow run with id ${parts[0]} not found` }, 404);
  const change = stateChange(objectAt(body, 'state'));
  if (change) enterState(run, newState(workspace, change), dialect.neverStarted);
  return accepted(stateAnswer(run.state, { flow_run_id: run.id }, dialect));
}

function createLimit({ context, body }: Call): Reply {
  const { workspace, dialect } = context;
  const name = stringAt(body, 'name') ?? '';
  if (limitNamed(workspace, name)) return detail(integrity, 409);
  const limit = addConcurrencyLimit(workspace, {
    name,
    limit: numberAt(body, 'limit') ?? 0,
    active: booleanAt(body, 'active') ?? true,
    slotDecayPerSecond: numberAt(body, 'slot_decay_per_second') ?? 0,
  });
  const extra = { denied_slots: 0, avg_slot_occupancy_seconds: 2 };
  return answerJson({ ...limitAnswer(limit, dialect), ...extra }, 201);
}

function takeSlots({ context, body }: Call): Reply {
  const slots = numberAt(body, 'slots') ?? 0;
  const limits = (stringsAt(body, 'names') ?? []).flatMap(
    (name) => limitNamed(context.workspace, name) ?? [],
  );
  for (const limit of limits) limit.activeSlots += slots;
  return answerJson(limits.map(({ id, name, limit }) => ({ id, name, limit })));
}

function remove<Table extends 'flows' | 'deployments' | 'workQueues'>(
  table: Table,
  take: (workspace: Call['context']['workspace'], row: never) => void,
): Route['answer'] {
  return ({ context, parts }) => {
    const row = context.workspace[table].get(parts[0] ?? '');
    if (!row) return detail('Not found', 404);
    // The row comes from the table that `take` removes from.
    take(context.workspace, row as never);
    return noContent;
  };
}
