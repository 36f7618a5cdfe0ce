import type { Reply } from '../server.ts';
import {
  deploymentAnswer,
  flowAnswer,
  limitAnswer,
  poolAnswer,
  queueAnswer,
  workerAnswer,
} from './answers.ts';
import {
  answerJson,
  type Call,
  detail,
  filterFields,
  page,
  type Route,
  type ServerContext,
  sortedPage,
} from './call.ts';
import type { Criterion } from './criteria.ts';
import { isObject, type JsonObject } from './json.ts';
import {
  deploymentCriterion,
  flowCriterion,
  poolCriterion,
  queueCriterion,
  workerCriterion,
} from './matching.ts';
import type { DeploymentRecord, FlowRecord, WorkPoolRecord } from './records.ts';
import { atLeast, oneOf, whole } from './shapes.ts';
import { byHeartbeat, byName, byPriority, namedSorts, sorted } from './sorting.ts';
import { poolNamed, poolOfQueue } from './workspace.ts';

/** Lists of everything but runs. */
export const objectRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: '/deployments/filter',
    fields: (context) => ({
      limit: whole,
      offset: atLeast(0),
      ...allFilters(context),
      sort: oneOf(...Object.keys(namedSorts)),
    }),
    answer: (call) => {
      const { workspace, dialect } = call.context;
      const rows = deploymentsMatching(call);
      return answerJson(
        sortedPage<DeploymentRecord>(call, rows, namedSorts, byName).map((row) =>
          deploymentAnswer(workspace, row, dialect),
        ),
      );
    },
  },
  {
    method: 'POST',
    path: '/flows/filter',
    fields: (context) => ({
      limit: whole,
      offset: atLeast(0),
      ...filterFields(context, 'flows', 'flow_runs', 'task_runs', 'deployments', 'work_pools'),
      sort: oneOf(...Object.keys(namedSorts)),
    }),
    answer: (call) => {
      const rows = flowsMatching(call);
      const sort = sortedPage<FlowRecord>(call, rows, namedSorts, byName);
      return answerJson(sort.map((row) => flowAnswer(row, call.context.dialect)));
    },
  },
  {
    method: 'POST',
    path: '/flows/count',
    fields: (context) =>
      filterFields(context, 'flows', 'flow_runs', 'task_runs', 'deployments', 'work_pools'),
    answer: (call) => answerJson(flowsMatching(call).length),
  },
  {
    method: 'POST',
    path: '/work_pools/filter',
    fields: (context) => ({ ...filterFields(context, 'work_pools'), limit: whole, offset: atLeast(0) }),
    answer: (call) => {
      const { workspace, dialect, ordering } = call.context;
      const rows = kept(call, 'work_pools', workspace.workPools, poolCriterion);
      return answerJson(
        page(call, sorted(rows, byName, ordering)).map((row) => poolAnswer(workspace, row, dialect)),
      );
    },
  },
  {
    method: 'POST',
    path: '/work_queues/filter',
    fields: (context) => ({ limit: whole, offset: atLeast(0), ...filterFields(context, 'work_queues') }),
    answer: (call) => {
      const { workspace, dialect, ordering } = call.context;
      const rows = kept(call, 'work_queues', workspace.workQueues, queueCriterion);
      return answerJson(
        page(call, sorted(rows, byName, ordering)).map((row) => queueAnswer(workspace, row, dialect)),
      );
    },
  },
  {
    method: 'POST',
    path: '/work_pools/{}/queues/filter',
    fields: (context) => ({ ...filterFields(context, 'work_queues'), limit: whole, offset: atLeast(0) }),
    answer: (call) =>
      inPool(call, (pool) => {
        const { workspace, dialect, ordering } = call.context;
        const rows = kept(call, 'work_queues', workspace.workQueues, queueCriterion);
        const own = rows.filter((row) => row.workPoolId === pool.id);
        return page(call, sorted(own, byPriority, ordering)).map((row) =>
          queueAnswer(workspace, row, dialect),
        );
      }),
  },
  {
    method: 'POST',
    path: '/work_pools/{}/workers/filter',
    fields: (context) => ({ ...filterFields(context, 'workers'), limit: whole, offset: atLeast(0) }),
    answer: (call) =>
      inPool(call, (pool) => {
        const { workspace, dialect, ordering } = call.context;
        const rows = kept(call, 'workers', workspace.workers, (filter) => workerCriterion(filter, dialect));
        const own = rows.filter((row) => row.workPoolId === pool.id);
        return page(call, sorted(own, byHeartbeat, ordering)).map((row) =>
          workerAnswer(workspace, row, dialect),
        );
      }),
  },
  {
    method: 'POST',
    path: '/v2/concurrency_limits/filter',
    fields: () => ({ limit: whole, offset: atLeast(0) }),
    answer: (call) => {
      const { workspace, dialect, ordering } = call.context;
      const rows = sorted([...workspace.concurrencyLimits.values()], byName, ordering);
      return answerJson(page(call, rows).map((row) => limitAnswer(row, dialect)));
    },
  },
  {
    method: 'POST',
    path: '/automations/count',
    answer: ({ context }) =>
      context.dialect.major === 3
        ? answerJson(context.workspace.automations.size)
        : detail(automationsAreOff, 404),
  },
];

/** Events are off in Prefect 2 unless somebody switches the experiment on. */
const automationsAreOff =
  'Automations are not enabled. Please enable the PREFECT_EXPERIMENTAL_EVENTS and' +
  ' PREFECT_API_SERVICES_TRIGGERS_ENABLED settings.';

function allFilters(context: ServerContext) {
  return {
    ...filterFields(context, 'flows', 'flow_runs', 'task_runs', 'deployments', 'work_pools'),
    work_pool_queues: context.shapes.work_queues,
  };
}

function kept<Row>(
  call: Call,
  key: string,
  rows: ReadonlyMap<string, Row>,
  criterion: (filter: JsonObject) => Criterion<Row>,
): Row[] {
  const filter = call.body[key];
  return isObject(filter) ? [...rows.values()].filter(criterion(filter)) : [...rows.values()];
}

function inPool(call: Call, rows: (pool: WorkPoolRecord) => readonly JsonObject[]): Reply {
  const name = call.parts[0] ?? '';
  const pool = poolNamed(call.context.workspace, name);
  return pool ? answerJson(rows(pool)) : detail(`Work pool "${name}" not found.`, 404);
}

function deploymentsMatching(call: Call): DeploymentRecord[] {
  const { workspace } = call.context;
  const deployments = kept(call, 'deployments', workspace.deployments, (filter) =>
    deploymentCriterion(workspace, filter),
  );
  const flows = idsOf(kept(call, 'flows', workspace.flows, (filter) => flowCriterion(workspace, filter)));
  const pools = idsOf(kept(call, 'work_pools', workspace.workPools, poolCriterion));
  const hasFlows = isObject(call.body.flows);
  const hasPools = isObject(call.body.work_pools);
  return deployments.filter(
    (row) =>
      (!hasFlows || flows.has(row.flowId)) &&
      (!hasPools || pools.has(poolOfQueue(workspace, row.workQueueId)?.id ?? '')),
  );
}

function flowsMatching(call: Call): FlowRecord[] {
  const { workspace } = call.context;
  const flows = kept(call, 'flows', workspace.flows, (filter) => flowCriterion(workspace, filter));
  if (!isObject(call.body.deployments)) return flows;
  const deployed = kept(call, 'deployments', workspace.deployments, (filter) =>
    deploymentCriterion(workspace, filter),
  );
  const flowIds = new Set(deployed.map((row) => row.flowId));
  return flows.filter((flow) => flowIds.has(flow.id));
}

const idsOf = (rows: readonly { readonly id: string }[]) => new Set(rows.map((row) => row.id));
