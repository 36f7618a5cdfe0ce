import type { Reply } from '../server.ts';
import { addConcurrencyLimit, addDeployment, addWorkQueue, type NewSchedule } from './additions.ts';
import { deploymentAnswer } from './answers.ts';
import { answerJson, type Call, detail } from './call.ts';
import { booleanAt, isObject, type JsonObject, numberAt, objectAt, stringAt, stringsAt } from './json.ts';
import type { WorkPoolRecord, WorkQueueRecord } from './records.ts';
import { parseTimestamp } from './timestamps.ts';
import { poolNamed, queueNamed, type Workspace } from './workspace.ts';

const integrity =
  'Data integrity conflict. This usually means a unique or foreign key constraint was violated.' +
  ' See server logs for details.';

/** `POST /deployments/`: a deployment of the same flow and name is replaced; a missing queue is made. */
export function createDeployment({ context, body }: Call): Reply {
  const { workspace, dialect } = context;
  const poolName = stringAt(body, 'work_pool_name');
  const pool = poolName === undefined ? undefined : poolNamed(workspace, poolName);
  if (poolName !== undefined && !pool) return detail(`Work pool "${poolName}" not found.`, 404);
  const flow = workspace.flows.get(stringAt(body, 'flow_id') ?? '');
  if (!flow) return detail(integrity, 409);
  const name = stringAt(body, 'name') ?? '';
  const queueName = stringAt(body, 'work_queue_name');
  const known = [...workspace.deployments.values()].find(
    (row) => row.flowId === flow.id && row.name === name,
  );
  if (known) workspace.deployments.delete(known.id);
  const deployment = addDeployment(workspace, {
    name,
    flow,
    queue: pool && queueFor(workspace, pool, queueName),
    isQueueNamed: queueName !== undefined,
    tags: stringsAt(body, 'tags') ?? [],
    paused: booleanAt(body, 'paused') ?? false,
    schedules: schedules(body),
    version: stringAt(body, 'version') ?? null,
    entrypoint: stringAt(body, 'entrypoint') ?? null,
  });
  const limit = numberAt(body, 'concurrency_limit');
  if (limit !== undefined) addConcurrencyLimit(workspace, { name: `deployment:${deployment.id}`, limit });
  return answerJson(deploymentAnswer(workspace, deployment, dialect), known ? 200 : 201);
}

function queueFor(workspace: Workspace, pool: WorkPoolRecord, name: string | undefined): WorkQueueRecord {
  const wanted = name ?? 'default';
  return (
    queueNamed(workspace, pool.id, wanted) ?? addWorkQueue(workspace, { name: wanted, workPoolId: pool.id })
  );
}

function schedules(body: JsonObject): NewSchedule[] {
  const rows = Array.isArray(body.schedules) ? body.schedules.filter(isObject) : [];
  return rows.map((row) => {
    const schedule = objectAt(row, 'schedule');
    const anchorUs = parseTimestamp(stringAt(schedule, 'anchor_date') ?? '');
    return {
      intervalSeconds: numberAt(schedule, 'interval') ?? 3600,
      active: booleanAt(row, 'active') ?? true,
      ...(anchorUs !== undefined && { anchorUs }),
    };
  });
}
