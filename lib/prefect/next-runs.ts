import type { Deployment, FlowRun } from './model.ts';

/**
 * The next scheduled run of each deployment that is not paused and has an active schedule. Runs come soonest
 * first, so the first of a deployment is its next; reading ends when each has one. Other deployments may have
 * runs too, but whether those are seen depends on where reading ends, so they are left out.
 */
export async function findNextRuns(
  pages: AsyncIterable<readonly FlowRun[]>,
  deployments: readonly Deployment[],
): Promise<ReadonlyMap<string, string>> {
  const waiting = new Set(deployments.filter(isScheduled).map(({ id }) => id));
  const next = new Map<string, string>();
  if (waiting.size === 0) return next;
  for await (const runs of pages) {
    for (const { deployment_id: id, next_scheduled_start_time: time } of runs) {
      if (id !== null && time !== null && waiting.delete(id)) next.set(id, time);
    }
    if (waiting.size === 0) break;
  }
  return next;
}

const isScheduled = ({ paused, schedules }: Deployment): boolean =>
  !paused && schedules.some(({ active }) => active);
