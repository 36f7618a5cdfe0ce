import type { FamilyDescriptor } from '../metrics/family.ts';
import { defineCollector } from './collector.ts';
import { queueLabelNames, queueLabels, selectedQueues } from './queue-labels.ts';
import { slotsUsedBy } from './slots.ts';

const slotsUsed: FamilyDescriptor = {
  name: 'prefect_work_queue_slots_used',
  help: 'Runs of the work queue that are pending or running.',
  type: 'gauge',
  labels: queueLabelNames,
  notes:
    'For every queue, with or without a limit, from all open runs: includes and excludes of flows do not apply.',
};

export const workQueueSlots = defineCollector({
  name: 'work_queue_slots',
  set: 'native',
  byDefault: true,
  needs: ['workQueues', 'activeRuns'],
  families: [slotsUsed],
  collect({ workQueues, activeRuns }, context) {
    const slots = slotsUsedBy(activeRuns, (run) => run.work_queue_id);
    const samples = selectedQueues(workQueues, context).map((queue) => ({
      labels: queueLabels(queue),
      value: slots.get(queue.id) ?? 0,
    }));
    return [{ descriptor: slotsUsed, samples }];
  },
});
