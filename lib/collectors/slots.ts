import type { FlowRun } from '../prefect/model.ts';

/**
 * Runs that hold a slot, by what `key` says of them. Prefect counts PENDING and RUNNING against the limits of pools
 * and queues (`models/workers.py`); its own `active_slots` is null where there is no limit.
 */
export function slotsUsedBy(
  activeRuns: readonly FlowRun[],
  key: (run: FlowRun) => string | null,
): ReadonlyMap<string, number> {
  const slots = new Map<string, number>();
  for (const run of activeRuns) {
    const owner = key(run);
    if (owner === null || (run.state_type !== 'PENDING' && run.state_type !== 'RUNNING')) continue;
    slots.set(owner, (slots.get(owner) ?? 0) + 1);
  }
  return slots;
}
