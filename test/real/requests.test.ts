import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startReceiver } from '../../doubles/receiver/receiver.ts';
import { systemClock } from '../../lib/clock.ts';
import type { TickReport } from '../../lib/report.ts';
import { insertQueues, insertRuns } from '../support/bulk-rows.ts';
import { prefectRequests } from '../support/prefect-requests.ts';
import { everything, makeExporter, tickReport } from '../support/real/make-exporter.ts';
import { type PrefectServer, startPrefect } from '../support/real/prefect.ts';
import { requireServer } from '../support/real/require-server.ts';
import { workloadWriter } from '../support/workload.ts';

const prefect3 = await requireServer('prefect-3');
const prefect2 = await requireServer('prefect-2');

const promised = 15;
const pageRows = 200;
const [fewQueues, manyQueues, futureRuns] = [12, 200, 5_000];

const poolTypes = { 'pool-a': 'process', 'pool-b': 'kubernetes', 'pool-c': 'ecs:push' };

interface Made {
  readonly futureRunId: string;
}

/** 3 pools with 12 queues, 4 deployments and one run of each, as the API makes them. */
async function makeWorkspace(apiUrl: string): Promise<Made> {
  const writer = workloadWriter(prefectRequests(apiUrl));
  for (const [pool, type] of Object.entries(poolTypes)) {
    await writer.pool(pool, { type });
    for (const name of ['q1', 'q2', 'q3']) await writer.queue(pool, name);
  }
  await writer.heartbeat('pool-a', 'worker');
  const flow = await writer.flow('flow');
  const deploymentIds = [];
  for (const name of ['a', 'b', 'c', 'd']) {
    deploymentIds.push(await writer.deployment(flow, name, { pool: 'pool-a', queue: 'q1' }));
  }
  for (const deploymentId of deploymentIds) {
    await writer.run({ deploymentId }, { name: 'running', states: [{ type: 'RUNNING' }] });
  }
  const scheduledTime = new Date(systemClock.now() + 3_600_000).toISOString();
  const [deploymentId = ''] = deploymentIds;
  const future = { name: 'future', states: [{ type: 'SCHEDULED', scheduledTime }] } as const;
  return { futureRunId: await writer.run({ deploymentId }, future) };
}

/** 200 queues and 5,000 future runs in all, straight into the database. */
async function addQueuesAndRuns({ databasePath, sql }: PrefectServer, { futureRunId }: Made): Promise<void> {
  const template = (await sql(`SELECT id FROM work_queue WHERE name = 'q1'`))[0]?.id;
  const newQueues = Array.from({ length: manyQueues - fewQueues }, (_, index) => `new-${index}`);
  insertQueues(databasePath, String(template), newQueues);
  const firstMs = systemClock.now() + 3_600_000;
  const scheduled = { stateType: 'SCHEDULED', stateName: 'Scheduled' } as const;
  const runs = Array.from({ length: futureRuns - 1 }, (_, index) => ({
    ...{ ...scheduled, name: `future-${index}` },
    ...{ expectedStartMs: firstMs + index, nextScheduledMs: firstMs + index },
  }));
  insertRuns(databasePath, futureRunId, runs);
}

/** What a process asks once and keeps. The server has no CSRF protection and says so with 422. */
const firstOnly = (server: string) => ({
  'admin/version 200': 1,
  'csrf-token 422': 1,
  // That it cannot filter by end_time.
  ...(server === 'prefect-2' ? { 'flow_runs/filter 422': 1 } : {}),
});

const everyTick = (server: string) => ({
  // Active runs, due ones, and those that ended since the tick before; at the first tick, in the past week.
  'flow_runs/filter 200': 3,
  'flow_runs/count 200': 1,
  'flows/filter 200': 1,
  'deployments/filter 200': 1,
  'work_pools/filter 200': 1,
  'work_queues/filter 200': 1,
  // Of three pools one is a push pool.
  'work_pools/{name}/workers/filter 200': 2,
  'v2/concurrency_limits/filter 200': 1,
  [`automations/count ${server === 'prefect-2' ? 404 : 200}`]: 1,
});

describe.each([prefect3, prefect2])('requests of a tick on $name', (required) => {
  describe.skipIf(required.missing)('with three pools', () => {
    let prefect: PrefectServer;
    let made: Made;

    beforeAll(async () => {
      prefect = await startPrefect(required);
      made = await makeWorkspace(prefect.apiUrl);
    });
    afterAll(() => prefect?.stop());

    interface Measured {
      readonly byEndpoint: TickReport['exchanges']['byEndpoint'];
      value(family: string): number | undefined;
    }

    /** The first tick of a process, which also asks what is kept afterwards; with `again`, the second. */
    async function measure(
      what: string,
      environment: Readonly<Record<string, string>> = {},
      again = false,
    ): Promise<Measured> {
      const receiver = await startReceiver();
      try {
        const exporter = makeExporter({
          PREFECT_API_URL: prefect.apiUrl,
          REMOTE_WRITE_URL: String(receiver.writeUrl),
          INTERVAL_SECONDS: '240',
          ...environment,
        });
        const nowMs = systemClock.now();
        if (again) await tickReport(exporter, nowMs - 60_000);
        const report = await tickReport(exporter, nowMs);
        expect(report.outcome).toBe('pushed');
        const { requests, byEndpoint, responseBytes } = report.exchanges;
        const line = `${required.name}, ${what}: ${requests} requests, ${responseBytes} B`;
        process.stdout.write(`${line} ${JSON.stringify(byEndpoint)}\n`);
        const series = receiver.series();
        const value = (family: string) =>
          series.find(({ labels }) => labels.__name__ === family)?.samples.at(-1)?.value;
        return { byEndpoint, value };
      } finally {
        await receiver.stop();
      }
    }

    test('as many with 12 queues as with 200 and 5,000 future runs, but for pages', {
      timeout: 60_000,
    }, async () => {
      const few = await measure('12 queues, 1 future run');
      expect(few.value('prefect_work_queues')).toBe(fewQueues);
      expect(few.byEndpoint).toEqual({ ...firstOnly(required.name), ...everyTick(required.name) });
      expect(Object.values(few.byEndpoint).reduce((all, n) => all + n, 0)).toBeLessThanOrEqual(promised);

      await addQueuesAndRuns(prefect, made);
      const many = await measure('200 queues, 5,000 future runs');
      expect(many.value('prefect_work_queues')).toBe(manyQueues);
      expect(many.value('prefect_flow_runs_upcoming')).toBe(futureRuns);
      // 200 rows fill a page, so that the end is on the next one.
      const pages = { 'work_queues/filter 200': 1 + Math.floor(manyQueues / pageRows) };
      expect(many.byEndpoint).toEqual({ ...few.byEndpoint, ...pages });

      const second = await measure('the second tick of a process', {}, true);
      expect(second.byEndpoint).toEqual({ ...everyTick(required.name), ...pages });

      // No deployment here has an active schedule, so no next run is looked for.
      const all = await measure('everything on', everything);
      expect(all.byEndpoint).toEqual({ ...many.byEndpoint, 'flow_runs/history 200': 1 });
    });
  });
});
