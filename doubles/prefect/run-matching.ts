import {
  type Criterion,
  combine,
  every,
  membership,
  membershipOrNull,
  naming,
  nullCriteria,
  present,
  tagging,
  timeWindow,
} from './criteria.ts';
import type { Dialect } from './dialect.ts';
import { type JsonObject, objectAt, stringsAt } from './json.ts';
import { deploymentCriterion, flowCriterion, poolCriterion, queueCriterion } from './matching.ts';
import type { FlowRunRecord, RunProgress, TaskRunRecord } from './records.ts';
import type { Microseconds } from './timestamps.ts';
import { poolOfQueue, type Workspace } from './workspace.ts';

type RunCriterion = Criterion<FlowRunRecord>;

/** What START_TIME filters and sorts look at. */
export const startOrExpected = (run: FlowRunRecord): Microseconds | null =>
  run.startUs ?? run.expectedStartUs;

/**
 * The runs that a body of `/flow_runs/*` asks for. `queueKey` is the name of the queue filter there, which is not
 * the same for every endpoint.
 */
export function runsMatching(
  workspace: Workspace,
  body: JsonObject,
  dialect: Dialect,
  queueKey: 'work_pool_queues' | 'work_queues',
): FlowRunRecord[] {
  const criteria = present<FlowRunRecord>(body, {
    flow_runs: (filter) => runCriterion(filter, dialect),
    deployments: (filter) =>
      through(deploymentCriterion(workspace, filter), (run) =>
        workspace.deployments.get(run.deploymentId ?? ''),
      ),
    work_pools: (filter) => through(poolCriterion(filter), (run) => poolOfQueue(workspace, run.workQueueId)),
    [queueKey]: (filter) =>
      through(queueCriterion(filter), (run) => workspace.workQueues.get(run.workQueueId ?? '')),
    flows: (filter) => through(flowCriterion(workspace, filter), (run) => workspace.flows.get(run.flowId)),
    // Even an empty one asks for a run that has one.
    task_runs: (filter) => {
      const tasks = [...workspace.taskRuns.values()].filter(taskRunCriterion(filter, dialect));
      const ids = new Set(tasks.map(({ flowRunId }) => flowRunId));
      return (run) => ids.has(run.id);
    },
  });
  const criterion = every(criteria);
  return [...workspace.runs.values()].filter(criterion);
}

/** As the server's EXISTS: a run without the related row does not match, whatever the filter says. */
function through<Row>(
  criterion: Criterion<Row>,
  related: (run: FlowRunRecord) => Row | undefined,
): RunCriterion {
  return (run) => {
    const row = related(run);
    return row !== undefined && criterion(row);
  };
}

export function runCriterion(filter: JsonObject, dialect: Dialect): RunCriterion {
  return combine(
    filter,
    present<FlowRunRecord>(filter, {
      id: (part) => membership(part, (run) => run.id),
      name: (part) => naming(part, (run) => run.name),
      tags: (part) => tagging(part),
      deployment_id: (part) => membershipOrNull(part, (run) => run.deploymentId),
      work_queue_name: (part) => membershipOrNull(part, (run) => run.workQueueName),
      state: (part) => stateCriterion(part, dialect),
      flow_version: (part) => membership(part, () => null),
      start_time: (part) =>
        timeCriterion(
          part,
          dialect.startTimeFilterTakesExpected ? startOrExpected : (run) => run.startUs,
          (run) => run.startUs,
        ),
      end_time: (part) =>
        timeCriterion(
          part,
          (run) => run.endUs,
          (run) => run.endUs,
        ),
      expected_start_time: (part) => timeWindow(part, (run) => run.expectedStartUs),
      next_scheduled_start_time: (part) => timeWindow(part, (run) => run.nextScheduledUs),
      parent_flow_run_id: (part) => membership(part, (run) => run.parentFlowRunId),
      parent_task_run_id: (part) => membershipOrNull(part, (run) => run.parentTaskRunId),
      idempotency_key: (part) => membership(part, (run) => run.idempotencyKey),
      created_by: creatorCriterion,
    }),
  );
}

/** `start_time` of task runs is compared as it is, also where that of flow runs is not. */
export function taskRunCriterion(filter: JsonObject, dialect: Dialect): Criterion<TaskRunRecord> {
  const startUs = (run: TaskRunRecord) => run.startUs;
  const endUs = (run: TaskRunRecord) => run.endUs;
  return combine(
    filter,
    present<TaskRunRecord>(filter, {
      id: (part) => membership(part, (run) => run.id),
      name: (part) => naming(part, (run) => run.name),
      tags: (part) => tagging(part),
      state: (part) => stateCriterion(part, dialect),
      start_time: (part) => timeCriterion(part, startUs, startUs),
      end_time: (part) => timeCriterion(part, endUs, endUs),
      expected_start_time: (part) => timeWindow(part, (run) => run.expectedStartUs),
      flow_run_id: (part) => membershipOrNull(part, (run) => run.flowRunId),
    }),
  );
}

function timeCriterion<Row extends RunProgress>(
  part: JsonObject,
  value: (run: Row) => Microseconds | null,
  raw: (run: Row) => Microseconds | null,
): Criterion<Row> {
  return every([timeWindow(part, value), ...nullCriteria(part, raw)]);
}

function stateCriterion(part: JsonObject, dialect: Dialect): Criterion<RunProgress> {
  const type = stateMembership(objectAt(part, 'type'), (run) => run.state.type, dialect);
  const name = stateMembership(objectAt(part, 'name'), (run) => run.state.name, dialect);
  return combine(part, [...type, ...name]);
}

function stateMembership(
  part: JsonObject | undefined,
  value: (run: RunProgress) => string,
  dialect: Dialect,
): readonly Criterion<RunProgress>[] {
  const hasAny = stringsAt(part, 'any_') !== undefined;
  const hasNone = (stringsAt(part, 'not_any_') ?? []).length > 0;
  if (!part || (!hasAny && !hasNone)) return [];
  if (hasAny && hasNone && dialect.losesStateFilterWithBothOperators) return [];
  return [membership(part, value)];
}

function creatorCriterion(part: JsonObject): RunCriterion {
  const ids = stringsAt(part, 'id_');
  const types = stringsAt(part, 'type_');
  return combine(part, [
    ...(ids ? [membership<FlowRunRecord>({ any_: ids }, (run) => run.createdBy?.id ?? null)] : []),
    ...(types ? [membership<FlowRunRecord>({ any_: types }, (run) => run.createdBy?.type ?? null)] : []),
    ...nullCriteria<FlowRunRecord>(part, (run) => run.createdBy),
  ]);
}
