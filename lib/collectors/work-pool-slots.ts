import type { FamilyDescriptor } from '../metrics/family.ts';
import { defineCollector } from './collector.ts';
import { slotsUsedBy } from './slots.ts';

const slotsUsed: FamilyDescriptor = {
  name: 'prefect_work_pool_slots_used',
  help: 'Runs of the work pool that are pending or running.',
  type: 'gauge',
  labels: ['work_pool'],
  notes:
    'For every pool, with or without a limit, from all open runs: includes and excludes of flows do not apply.',
};

export const workPoolSlots = defineCollector({
  name: 'work_pool_slots',
  set: 'native',
  byDefault: true,
  needs: ['workPools', 'activeRuns'],
  families: [slotsUsed],
  collect({ workPools, activeRuns }, { selection }) {
    const slots = slotsUsedBy(activeRuns, (run) => run.work_pool_name);
    const samples = workPools
      .filter(({ name }) => selection.workPool(name))
      .map(({ name }) => ({ labels: { work_pool: name }, value: slots.get(name) ?? 0 }));
    return [{ descriptor: slotsUsed, samples }];
  },
});
