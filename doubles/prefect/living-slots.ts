import { deploymentLimit } from './additions.ts';
import type { Places } from './living-places.ts';
import type { LivingDeployment, RunLives } from './living-runs.ts';
import type { FlowRunRecord } from './records.ts';
import { type Microseconds, microsecondsPerSecond } from './timestamps.ts';
import type { Workspace } from './workspace.ts';

/** How long life stands still between two looks at the queues. */
export const stepUs = 5 * microsecondsPerSecond;
const lateAfterUs = 15 * microsecondsPerSecond;

/** Workers take what is due, as far as limits let them; what waits too long is late. */
export function takeWaiting(workspace: Workspace, places: Places, lives: RunLives, atUs: Microseconds): void {
  const due = [...lives.open.keys()].filter(
    (run) => run.state.type === 'SCHEDULED' && run.nextScheduledUs !== null && run.nextScheduledUs <= atUs,
  );
  if (due.length === 0) return;
  const taken = takenSlots(workspace, lives);
  due.sort((a, b) => (a.nextScheduledUs ?? 0) - (b.nextScheduledUs ?? 0));
  for (const run of due) {
    const jitterUs = workspace.chance.between(0, stepUs - 1);
    const whenUs = Math.max(run.state.timestampUs + 1, run.nextScheduledUs ?? 0, atUs - jitterUs);
    if (isFree(workspace, places, taken, run, atUs)) {
      lives.pickUp(run, whenUs);
      for (const key of slotKeys(workspace, run)) taken.set(key, (taken.get(key) ?? 0) + 1);
    } else if (run.state.name === 'Scheduled' && atUs - (run.nextScheduledUs ?? atUs) >= lateAfterUs) {
      lives.markLate(run, whenUs);
    }
  }
}

function isFree(
  workspace: Workspace,
  places: Places,
  taken: ReadonlyMap<string, number>,
  run: FlowRunRecord,
  atUs: Microseconds,
): boolean {
  const queue = workspace.workQueues.get(run.workQueueId ?? '');
  if (!queue || !places.isServed(queue, atUs)) return false;
  const limits: readonly [string, number | null | undefined][] = [
    [queue.id, queue.concurrencyLimit],
    [queue.workPoolId, workspace.workPools.get(queue.workPoolId)?.concurrencyLimit],
    [run.deploymentId ?? '', deploymentLimit(workspace, run.deploymentId ?? '')?.limit],
  ];
  return limits.every(
    ([key, limit]) => limit === null || limit === undefined || (taken.get(key) ?? 0) < limit,
  );
}

/** What a run takes a slot of: its queue, its pool, its deployment. */
function slotKeys(workspace: Workspace, run: FlowRunRecord): readonly string[] {
  const poolId = workspace.workQueues.get(run.workQueueId ?? '')?.workPoolId;
  return [run.workQueueId, poolId, run.deploymentId].filter((key) => typeof key === 'string');
}

function takenSlots(workspace: Workspace, lives: RunLives): Map<string, number> {
  const taken = new Map<string, number>();
  for (const run of lives.open.keys()) {
    if (run.state.type !== 'RUNNING' && run.state.type !== 'PENDING') continue;
    for (const key of slotKeys(workspace, run)) taken.set(key, (taken.get(key) ?? 0) + 1);
  }
  return taken;
}

/** Brings the limits of deployments up to date, and tells how many runs use the warehouse. */
export function countSlots(
  workspace: Workspace,
  lives: RunLives,
  owners: readonly LivingDeployment[],
  places: Places,
): number {
  const taken = takenSlots(workspace, lives);
  for (const { deployment } of owners) {
    const limit = deploymentLimit(workspace, deployment.id);
    if (limit) limit.activeSlots = taken.get(deployment.id) ?? 0;
  }
  return taken.get(places.queues.get('kubernetes/critical')?.id ?? '') ?? 0;
}
