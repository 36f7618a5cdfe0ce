import type { FamilyDescriptor } from '../metrics/family.ts';
import type { WorkQueue } from '../prefect/model.ts';
import { toSeconds } from '../prefect/timestamps.ts';
import { defineCollector } from './collector.ts';
import { queueLabelNames, queueLabels, selectedQueues } from './queue-labels.ts';
import { flag, known, ready } from './samples.ts';

const ofQueue = { type: 'gauge', labels: queueLabelNames } as const;

const isReady: FamilyDescriptor = {
  ...ofQueue,
  name: 'prefect_work_queue_ready',
  help: 'Whether something polls the work queue.',
  notes: 'Nothing polls queues of push and managed pools.',
};

const paused: FamilyDescriptor = {
  ...ofQueue,
  name: 'prefect_work_queue_paused',
  help: 'Whether the work queue is paused.',
};

const limit: FamilyDescriptor = {
  ...ofQueue,
  name: 'prefect_work_queue_concurrency_limit',
  help: 'How many runs of the work queue may be pending or running at a time.',
  notes: 'Absent where there is no limit.',
};

const lastPolled: FamilyDescriptor = {
  ...ofQueue,
  name: 'prefect_work_queue_last_polled_timestamp_seconds',
  help: 'When the work queue was last polled.',
  notes: 'Absent where it never was.',
};

const count: FamilyDescriptor = {
  name: 'prefect_work_queues',
  help: 'Work queues.',
  type: 'gauge',
  labels: [],
};

export const workQueues = defineCollector({
  name: 'work_queues',
  set: 'native',
  byDefault: true,
  needs: ['workQueues'],
  families: [isReady, paused, limit, lastPolled, count],
  collect({ workQueues }, context) {
    const selected = selectedQueues(workQueues, context);
    const family = (descriptor: FamilyDescriptor, value: (queue: WorkQueue) => number | null) => ({
      descriptor,
      samples: selected.flatMap((queue) => known(queueLabels(queue), value(queue))),
    });
    return [
      family(isReady, ({ status }) => ready(status)),
      family(paused, ({ is_paused }) => flag(is_paused)),
      family(limit, ({ concurrency_limit }) => concurrency_limit),
      family(lastPolled, ({ last_polled }) => (last_polled === null ? null : toSeconds(last_polled))),
      { descriptor: count, samples: [{ labels: {}, value: selected.length }] },
    ];
  },
});
