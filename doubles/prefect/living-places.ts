import { addWorkPool, addWorkQueue, heartbeat } from './additions.ts';
import { workerStatus } from './derived.ts';
import { poolPlans } from './living-plan.ts';
import type { WorkPoolRecord, WorkQueueRecord } from './records.ts';
import { type Microseconds, microsecondsPerSecond } from './timestamps.ts';
import type { Workspace } from './workspace.ts';

/** The pools, queues and workers of a living workspace. */
export interface Places {
  /** By `pool/queue`. */
  readonly queues: ReadonlyMap<string, WorkQueueRecord>;
  /** Heartbeats, polls and the readiness that follows from them, as of this time. */
  beat(atUs: Microseconds): void;
  /** Whether somebody takes runs from this queue. */
  isServed(queue: WorkQueueRecord, atUs: Microseconds): boolean;
}

const heartbeatSeconds = 30;
const unpolledUs = 60 * microsecondsPerSecond;

export function createPlaces(workspace: Workspace, startUs: Microseconds): Places {
  const queues = new Map<string, WorkQueueRecord>();
  const workers: { pool: WorkPoolRecord; name: string; untilUs: Microseconds }[] = [];
  for (const plan of poolPlans) {
    const { name, type, concurrencyLimit = null } = plan;
    const pool = addWorkPool(workspace, { name, type, concurrencyLimit, createdUs: startUs });
    for (const queue of plan.queues) {
      addWorkQueue(workspace, { ...queue, workPoolId: pool.id, createdUs: startUs });
    }
    for (const queue of workspace.workQueues.values()) {
      if (queue.workPoolId === pool.id) queues.set(`${name}/${queue.name}`, queue);
    }
    for (const { name: worker, livesSeconds = Number.POSITIVE_INFINITY } of plan.workers) {
      workers.push({ pool, name: worker, untilUs: startUs + livesSeconds * microsecondsPerSecond });
    }
  }

  const isServed = (queue: WorkQueueRecord, atUs: Microseconds) => {
    const pool = workspace.workPools.get(queue.workPoolId);
    if (!pool || pool.isPaused || queue.isPaused) return false;
    return pool.type.endsWith(':push') || workers.some((row) => row.pool === pool && row.untilUs > atUs);
  };
  return {
    queues,
    isServed,
    beat: (atUs) => {
      for (const { pool, name, untilUs } of workers) {
        const beatUs = Math.min(atUs, untilUs);
        heartbeat(workspace, pool, { name, intervalSeconds: heartbeatSeconds, atUs: beatUs });
      }
      updateStatuses(workspace, isServed, atUs);
    },
  };
}

/** A queue that is served is polled; pools, queues and deployments are ready while somebody asks for their runs. */
function updateStatuses(workspace: Workspace, isServed: Places['isServed'], atUs: Microseconds): void {
  for (const queue of workspace.workQueues.values()) {
    if (isServed(queue, atUs)) queue.lastPolledUs = atUs;
    queue.status = isReady(queue.lastPolledUs, atUs) ? 'READY' : 'NOT_READY';
  }
  for (const pool of workspace.workPools.values()) pool.status = poolStatus(workspace, pool, atUs);
  for (const deployment of workspace.deployments.values()) {
    const queue = workspace.workQueues.get(deployment.workQueueId ?? '');
    deployment.status = queue?.status === 'READY' ? 'READY' : 'NOT_READY';
    deployment.lastPolledUs = queue?.lastPolledUs ?? null;
  }
}

const isReady = (polledUs: Microseconds | null, atUs: Microseconds) =>
  polledUs !== null && atUs - polledUs <= unpolledUs;

function poolStatus(workspace: Workspace, pool: WorkPoolRecord, atUs: Microseconds): 'READY' | 'NOT_READY' {
  const isOnline = [...workspace.workers.values()].some(
    (worker) => worker.workPoolId === pool.id && workerStatus(worker, atUs) === 'ONLINE',
  );
  return isOnline || pool.type.endsWith(':push') ? 'READY' : 'NOT_READY';
}
