import type { RunProgress, WorkerRecord } from './records.ts';
import { type Microseconds, microsecondsPerSecond } from './timestamps.ts';
import { isTerminal } from './transitions.ts';
import type { Workspace } from './workspace.ts';

/** What the server computes when it is asked (orm_models.py, responses.py). */

/** With the part of a RUNNING run that is still going on. */
export function estimatedRunUs(run: RunProgress, nowUs: Microseconds): Microseconds {
  return run.state.type === 'RUNNING' ? run.totalRunUs + nowUs - run.state.timestampUs : run.totalRunUs;
}

/** Lateness: of the start, or until now of a run that is due and has not started. Early starts are 0. */
export function startDeltaUs(run: RunProgress, nowUs: Microseconds): Microseconds {
  if (run.expectedStartUs === null) return 0;
  if (run.startUs !== null) return Math.max(0, run.startUs - run.expectedStartUs);
  return isTerminal(run.state.type) ? 0 : Math.max(0, nowUs - run.expectedStartUs);
}

const defaultHeartbeatSeconds = 30;
const heartbeatsUntilOffline = 3;

export function workerStatus(worker: WorkerRecord, nowUs: Microseconds): 'ONLINE' | 'OFFLINE' {
  const patienceUs =
    (worker.heartbeatIntervalSeconds || defaultHeartbeatSeconds) *
    heartbeatsUntilOffline *
    microsecondsPerSecond;
  return worker.lastHeartbeatUs > nowUs - patienceUs ? 'ONLINE' : 'OFFLINE';
}

/** PENDING and RUNNING runs by queue id. */
export function slotsByQueue(workspace: Workspace): ReadonlyMap<string, number> {
  const slots = new Map<string, number>();
  for (const { workQueueId, state } of workspace.runs.values()) {
    if (workQueueId === null || (state.type !== 'PENDING' && state.type !== 'RUNNING')) continue;
    slots.set(workQueueId, (slots.get(workQueueId) ?? 0) + 1);
  }
  return slots;
}
