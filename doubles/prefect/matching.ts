import {
  type Criterion,
  combine,
  everything,
  likeTest,
  membership,
  naming,
  present,
  tagging,
  timeWindow,
} from './criteria.ts';
import type { Dialect } from './dialect.ts';
import { booleanAt, type JsonObject, stringAt } from './json.ts';
import type {
  DeploymentRecord,
  FlowRecord,
  WorkerRecord,
  WorkPoolRecord,
  WorkQueueRecord,
} from './records.ts';
import type { Workspace } from './workspace.ts';

/** Filters of everything but flow runs, as predicates over records (schemas/filters.py). */

export function flowCriterion(workspace: Workspace, filter: JsonObject): Criterion<FlowRecord> {
  const readers = {
    id: (part: JsonObject) => membership<FlowRecord>(part, (flow) => flow.id),
    deployment: (part: JsonObject) => deployedCriterion(workspace, part),
    name: (part: JsonObject) => naming<FlowRecord>(part, (flow) => flow.name),
    tags: (part: JsonObject) => tagging<FlowRecord>(part),
  };
  return combine(filter, present(filter, readers));
}

function deployedCriterion(workspace: Workspace, part: JsonObject): Criterion<FlowRecord> {
  const isNull = booleanAt(part, 'is_null_');
  if (isNull === undefined) return () => true;
  const deployed = new Set([...workspace.deployments.values()].map((deployment) => deployment.flowId));
  return (flow) => deployed.has(flow.id) !== isNull;
}

export function deploymentCriterion(workspace: Workspace, filter: JsonObject): Criterion<DeploymentRecord> {
  const readers = {
    id: (part: JsonObject) => membership<DeploymentRecord>(part, (deployment) => deployment.id),
    name: (part: JsonObject) => naming<DeploymentRecord>(part, (deployment) => deployment.name),
    flow_or_deployment_name: (part: JsonObject) => eitherName(workspace, part),
    paused: (part: JsonObject): Criterion<DeploymentRecord> => {
      const wanted = booleanAt(part, 'eq_');
      return (deployment) => wanted === undefined || deployment.paused === wanted;
    },
    tags: (part: JsonObject) => tagging<DeploymentRecord>(part),
    work_queue_name: (part: JsonObject) =>
      membership<DeploymentRecord>(part, (deployment) => deployment.workQueueName),
  };
  return combine(filter, present(filter, readers));
}

function eitherName(workspace: Workspace, part: JsonObject): Criterion<DeploymentRecord> {
  const like = stringAt(part, 'like_');
  if (!like) return () => true;
  const matches = likeTest(like);
  return (deployment) =>
    matches(deployment.name) || matches(workspace.flows.get(deployment.flowId)?.name ?? '');
}

export function poolCriterion(filter: JsonObject): Criterion<WorkPoolRecord> {
  return combine(
    filter,
    present(filter, {
      id: (part) => membership<WorkPoolRecord>(part, (pool) => pool.id),
      name: (part) => naming<WorkPoolRecord>(part, (pool) => pool.name),
      type: (part) => membership<WorkPoolRecord>(part, (pool) => pool.type),
    }),
  );
}

export function queueCriterion(filter: JsonObject): Criterion<WorkQueueRecord> {
  return combine(
    filter,
    present(filter, {
      id: (part) => membership<WorkQueueRecord>(part, (queue) => queue.id),
      name: (part) => naming<WorkQueueRecord>(part, (queue) => queue.name),
    }),
  );
}

/** `status` compares the stored one, which is ONLINE since the first heartbeat, not the one in the answer. */
export function workerCriterion(filter: JsonObject, dialect: Dialect): Criterion<WorkerRecord> {
  return combine(
    filter,
    present(filter, {
      last_heartbeat_time: (part) => timeWindow<WorkerRecord>(part, (worker) => worker.lastHeartbeatUs),
      status: (part) =>
        dialect.hasWorkerStatusFilter ? membership<WorkerRecord>(part, () => 'ONLINE') : everything,
    }),
  );
}
