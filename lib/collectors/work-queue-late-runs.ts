import type { FamilyDescriptor } from '../metrics/family.ts';
import { defineCollector } from './collector.ts';
import { lateRunsByQueue } from './late-runs.ts';
import { queueLabelNames, queueLabels, selectedQueues } from './queue-labels.ts';

const lateRuns: FamilyDescriptor = {
  name: 'prefect_work_queue_late_runs',
  help: 'Runs of the work queue that Prefect has marked Late.',
  type: 'gauge',
  labels: queueLabelNames,
  notes:
    'From all due runs: includes and excludes of flows do not apply. Prefect marks a run 15 s after its time.',
};

export const workQueueLateRuns = defineCollector({
  name: 'work_queue_late_runs',
  set: 'native',
  byDefault: true,
  needs: ['workQueues', 'dueRuns'],
  families: [lateRuns],
  collect({ workQueues, dueRuns }, context) {
    const late = lateRunsByQueue(dueRuns);
    const samples = selectedQueues(workQueues, context).map((queue) => ({
      labels: queueLabels(queue),
      value: late.get(queue.id) ?? 0,
    }));
    return [{ descriptor: lateRuns, samples }];
  },
});
