import { describe, expect, test } from 'vitest';
import { systemClock } from '../../lib/clock.ts';
import { insertQueues, insertRuns } from '../support/bulk-rows.ts';
import { makeLargeWorkload } from '../support/large-workload.ts';
import { prefectRequests } from '../support/prefect-requests.ts';
import { startPrefect } from '../support/real/prefect.ts';
import { requireServer } from '../support/real/require-server.ts';
import { workloadWriter } from '../support/workload.ts';

const servers = [
  { required: await requireServer('prefect-3'), major: 3 },
  { required: await requireServer('prefect-2'), major: 2 },
] as const;

describe.each(servers)('$required.name workloads', ({ required, major }) => {
  test.skipIf(required.missing)(
    'made by the API and in bulk are there for the API',
    { timeout: 90_000 },
    async () => {
      const prefect = await startPrefect(required);
      try {
        const api = prefectRequests(prefect.apiUrl);
        const writer = workloadWriter(api);
        const nowMs = systemClock.now();
        const made = await makeLargeWorkload(writer, { nowMs, major, runs: 40 });
        expect(await api.post('/flow_runs/count', {})).toBe(40);
        const [template = ''] = made.runIds;
        const bulk = Array.from({ length: 1_000 }, (_, index) => ({
          name: `bulk-${index}`,
          stateType: 'SCHEDULED' as const,
          stateName: 'Scheduled',
          expectedStartMs: nowMs + index,
          nextScheduledMs: nowMs + index,
        }));
        insertRuns(prefect.databasePath, template, bulk);
        const window = {
          after_: new Date(nowMs + 998).toISOString(),
          before_: new Date(nowMs + 999).toISOString(),
        };
        const body = { sort: 'NAME_ASC', flow_runs: { next_scheduled_start_time: window } };
        expect(await api.post('/flow_runs/filter', body)).toMatchObject([
          { name: 'bulk-998', state_type: 'SCHEDULED', state: { name: 'Scheduled' } },
          { name: 'bulk-999', state_type: 'SCHEDULED', state: { name: 'Scheduled' } },
        ]);
        const queueId = await writer.queue('pool-0', 'template');
        insertQueues(prefect.databasePath, queueId, ['copy-1', 'copy-2']);
        const queues = { work_queues: { name: { startswith_: ['copy-'] } } };
        expect(await api.post('/work_queues/filter', queues)).toMatchObject([
          { name: 'copy-1', work_pool_name: 'pool-0' },
          { name: 'copy-2', work_pool_name: 'pool-0' },
        ]);
      } finally {
        await prefect.stop();
      }
    },
  );
});
