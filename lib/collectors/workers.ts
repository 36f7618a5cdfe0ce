import type { FamilyDescriptor } from '../metrics/family.ts';
import type { Worker } from '../prefect/model.ts';
import { toSeconds } from '../prefect/timestamps.ts';
import { defineCollector } from './collector.ts';
import { known } from './samples.ts';

const online: FamilyDescriptor = {
  name: 'prefect_work_pool_workers_online',
  help: 'Workers of the work pool that are online, as Prefect says.',
  type: 'gauge',
  labels: ['work_pool'],
  notes:
    'Prefect calls a worker offline after three missed heartbeats. Push, managed and agent pools have no workers.',
};

const lastHeartbeat: FamilyDescriptor = {
  name: 'prefect_work_pool_last_heartbeat_timestamp_seconds',
  help: 'The newest heartbeat of any worker of the work pool.',
  type: 'gauge',
  labels: ['work_pool'],
  notes: 'Absent for pools that never had a worker.',
};

export const workers = defineCollector({
  name: 'workers',
  set: 'native',
  byDefault: true,
  needs: ['workers'],
  families: [online, lastHeartbeat],
  collect({ workers }, { selection }) {
    const selected = workers.filter(({ work_pool }) => selection.workPool(work_pool));
    return [
      {
        descriptor: online,
        samples: selected.map((pool) => ({
          labels: { work_pool: pool.work_pool },
          value: pool.workers.filter(({ status }) => status === 'ONLINE').length,
        })),
      },
      {
        descriptor: lastHeartbeat,
        samples: selected.flatMap((pool) =>
          known({ work_pool: pool.work_pool }, newestHeartbeat(pool.workers)),
        ),
      },
    ];
  },
});

function newestHeartbeat(workers: readonly Worker[]): number | undefined {
  const heartbeats = workers.flatMap(({ last_heartbeat_time: time }) =>
    time === null ? [] : [toSeconds(time)],
  );
  return heartbeats.length === 0 ? undefined : heartbeats.reduce((a, b) => Math.max(a, b));
}
