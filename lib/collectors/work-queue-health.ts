import type { FamilyDescriptor } from '../metrics/family.ts';
import type { WorkQueue } from '../prefect/model.ts';
import { defineCollector } from './collector.ts';
import { lateRunsByQueue } from './late-runs.ts';
import { queueLabelNames, queueLabels, selectedQueues } from './queue-labels.ts';
import { flag, known } from './samples.ts';

const healthy: FamilyDescriptor = {
  name: 'prefect_work_queue_healthy',
  help: 'Whether the work queue has no late runs and was polled within 60 s before the tick.',
  type: 'gauge',
  labels: queueLabelNames,
  notes: 'The rule of the Prefect server. Always 0 for push and managed pools, whose queues nobody polls.',
};

const priority: FamilyDescriptor = {
  name: 'prefect_work_queue_priority',
  help: 'The priority of the work queue; 1 is the highest.',
  type: 'gauge',
  labels: queueLabelNames,
};

export const workQueueHealth = defineCollector({
  name: 'work_queue_health',
  set: 'native',
  byDefault: false,
  needs: ['workQueues', 'dueRuns'],
  families: [healthy, priority],
  collect({ workQueues, dueRuns }, context) {
    const late = lateRunsByQueue(dueRuns);
    const queues = selectedQueues(workQueues, context);
    return [
      {
        descriptor: healthy,
        samples: queues.map((queue) => ({
          labels: queueLabels(queue),
          value: flag(!late.has(queue.id) && isPolled(queue, context.nowMs)),
        })),
      },
      { descriptor: priority, samples: queues.flatMap((queue) => known(queueLabels(queue), queue.priority)) },
    ];
  },
});

/** 60 s is fixed in the server (`models/work_queues.py`, the default health check policy). */
const isPolled = ({ last_polled }: WorkQueue, nowMs: number): boolean =>
  last_polled !== null && nowMs - Date.parse(last_polled) <= 60_000;
