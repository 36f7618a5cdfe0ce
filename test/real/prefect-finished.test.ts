import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../lib/clock.ts';
import { deadlineIn } from '../../lib/deadline.ts';
import { createConnections } from '../../lib/http/attempt.ts';
import { type Exchange, observed } from '../../lib/http/observed.ts';
import { createPrefectClient } from '../../lib/prefect/client.ts';
import { createEndTimeFilterCache } from '../../lib/prefect/end-time-filter.ts';
import { finishedSlices } from '../../lib/prefect/finished.ts';
import { createPageSize } from '../../lib/prefect/page-size.ts';
import { createResourceReader } from '../../lib/prefect/reader.ts';
import type { LedgerPosition } from '../../lib/prefect/resources.ts';
import { createWorkspaceCache } from '../../lib/prefect/workspace.ts';
import { type BulkRun, insertRuns } from '../support/bulk-rows.ts';
import { prefectRequests } from '../support/prefect-requests.ts';
import { type PrefectServer, startPrefect } from '../support/real/prefect.ts';
import { requireServer } from '../support/real/require-server.ts';
import { workloadWriter } from '../support/workload.ts';

const prefect3 = await requireServer('prefect-3');
const prefect2 = await requireServer('prefect-2');

const minuteMs = 60_000;
/** The last whole minute before the servers start: nothing that a server does itself ends before it. */
const instantMs = Math.floor(systemClock.now() / minuteMs) * minuteMs;

/** Names by when they ended: a few within the last minute, some within ten, many within three hours. */
function finishedRuns(): readonly BulkRun[] {
  const ended = (name: string, agoMs: number): BulkRun => ({
    name,
    stateType: name.startsWith('failed') ? 'FAILED' : 'COMPLETED',
    stateName: name.startsWith('failed') ? 'Failed' : 'Completed',
    expectedStartMs: instantMs - agoMs - 60_000,
    startMs: instantMs - agoMs - 50_000,
    endMs: instantMs - agoMs,
  });
  const many = (count: number, name: string, agoMs: (index: number) => number) =>
    Array.from({ length: count }, (_, index) => ended(`${name}-${index}`, agoMs(index)));
  return [
    ...many(40, 'new', (index) => index * 1000),
    ...many(20, 'failed', (index) => 2 * minuteMs + index),
    ...many(450, 'tied', (index) => 8 * minuteMs + Math.floor(index / 150)),
    ...many(4000, 'old', (index) => 20 * minuteMs + index * 2_400),
  ];
}

describe.each([prefect3, prefect2])('finished runs on $name', (required) => {
  describe.skipIf(required.missing)('of three hours', () => {
    const hasFilter = required === prefect3;
    let server: PrefectServer;
    let flowRunId = '';

    beforeAll(async () => {
      server = await startPrefect(required);
      const writer = workloadWriter(prefectRequests(server.apiUrl));
      const flowId = await writer.flow('flow');
      const deploymentId = await writer.deployment(flowId, 'deployment');
      flowRunId = await writer.run(
        { deploymentId },
        { name: 'template', states: [{ type: 'RUNNING' }, { type: 'COMPLETED' }] },
      );
      insertRuns(server.databasePath, flowRunId, finishedRuns());
    });

    const connections = createConnections(
      {
        ca: undefined,
        clientCert: undefined,
        clientKey: undefined,
        httpProxy: undefined,
        httpsProxy: undefined,
        noProxy: undefined,
      },
      { clock: systemClock },
    );
    afterAll(async () => {
      await connections.close();
      await server?.stop();
    });

    const pageSize = createPageSize(undefined);
    const endTimeFilter = createEndTimeFilterCache();

    /** One tick: its reader, and what it asked the server. */
    function tick(position: LedgerPosition, nowMs = instantMs) {
      const exchanges: Exchange[] = [];
      const clock = systemClock;
      const client = createPrefectClient({
        apiUrl: new URL(server.apiUrl),
        send: observed(connections.send, { clock, onExchange: (exchange) => exchanges.push(exchange) }),
        deadline: deadlineIn(100_000, clock),
        version: '0',
        pageSize,
      });
      const reader = createResourceReader({
        client,
        apiUrl: new URL(server.apiUrl),
        nowMs,
        historyWindowMinutes: 60,
        workspaceName: undefined,
        cache: createWorkspaceCache(),
        endTimeFilter,
        position,
        clock,
        catchUpDeadline: deadlineIn(90_000, clock),
      });
      const asked = () =>
        exchanges
          .filter(({ endpoint }) => endpoint.includes('_runs/'))
          .map(({ endpoint, code }) => `${endpoint} ${code}`);
      return { reader, client, asked };
    }

    const position = (minutes: number) => {
      const cursorUs = (instantMs - minutes * minuteMs) * 1000;
      return { finishedRuns: { cursorUs, readFromUs: cursorUs - 5 * minuteMs * 1000 } };
    };

    const endedSince = async (minutes: number): Promise<unknown[]> => {
      const sql = (ms: number) => new Date(ms).toISOString().slice(0, 23).replace('T', ' ').replace('Z', '');
      const rows = await server.sql(
        `SELECT name FROM flow_run WHERE end_time >= '${sql(instantMs - minutes * minuteMs)}000' AND end_time <= '${sql(instantMs)}000'`,
      );
      return rows.map(({ name }) => name).sort();
    };

    const namesOf = async (runs: readonly { readonly id: string }[]): Promise<unknown[]> => {
      const rows = await server.sql('SELECT id, name FROM flow_run');
      const names = new Map(rows.map(({ id, name }) => [id, name]));
      return runs.map(({ id }) => names.get(id)).sort();
    };

    test('a server without the filter is found out by one refusal', async () => {
      const { reader, asked } = tick(position(1));
      await reader.get('finishedRuns');
      const refused = asked().filter((text) => text.endsWith('422'));
      expect(refused).toHaveLength(hasFilter ? 0 : 1);
    });

    test('an ordinary tick takes one request', async () => {
      const { reader, asked } = tick(position(1));
      const { runs, upToUs } = await reader.get('finishedRuns');
      expect(upToUs).toBe(instantMs * 1000);
      expect(await namesOf(runs)).toEqual(await endedSince(6));
      expect(runs).toHaveLength(60);
      expect(asked()).toEqual(['flow_runs/filter 200']);
      expect(new Set(runs.map(({ flow, deployment }) => `${flow}/${deployment?.name}`))).toEqual(
        new Set(['flow/deployment']),
      );
      expect(runs.filter(({ state_type }) => state_type === 'FAILED')).toHaveLength(20);
      expect(runs.every(({ run_count, total_run_time }) => run_count === 1 && total_run_time > 0)).toBe(true);
    });

    test('more than a page, with many that ended at once', async () => {
      const { reader, asked } = tick(position(10));
      const { runs } = await reader.get('finishedRuns');
      expect(await namesOf(runs)).toEqual(await endedSince(15));
      expect(runs).toHaveLength(510);
      expect(asked()).toHaveLength(hasFilter ? 3 : 4);
    });

    test('a catch-up of three hours', { timeout: 120_000 }, async () => {
      const { reader, asked } = tick(position(180));
      const { runs, upToUs } = await reader.get('finishedRuns');
      expect(upToUs).toBe(instantMs * 1000);
      expect(runs).toHaveLength(4510);
      expect(await namesOf(runs)).toEqual(await endedSince(185));
      expect(asked().some((text) => text.startsWith('flow_runs/count'))).toBe(hasFilter);
      expect(asked().length).toBeLessThan(40);
    });

    test('whole slices for as long as one likes', { timeout: 120_000 }, async () => {
      const range = { fromUs: (instantMs - 60 * minuteMs) * 1000, toUs: instantMs * 1000 };
      const { client } = tick({});
      const runs = [];
      for await (const slice of finishedSlices(client.finishedRuns, range, {
        clock: systemClock,
        endTimeFilter,
      })) {
        runs.push(...slice.rows);
      }
      expect(await namesOf(runs)).toEqual(await endedSince(60));
    });

    test('the newest of the last days', { timeout: 120_000 }, async () => {
      const { reader } = tick({});
      const runs = await reader.get('recentRuns');
      expect(await namesOf(runs)).toEqual(await endedSince(7 * 24 * 60));
    });

    test('task runs, where the server can filter them', async () => {
      const api = prefectRequests(server.apiUrl);
      for (const dynamic_key of ['1', '2', '3']) {
        const state = { type: 'RUNNING' };
        const task = { flow_run_id: flowRunId, task_key: 'task', dynamic_key, state };
        const row = await api.post('/task_runs/', task);
        // Every created object has an id.
        const { id } = row as { id: string };
        await api.post(`/task_runs/${id}/set_state`, { state: { type: 'COMPLETED' }, force: true });
      }
      const nowMs = systemClock.now() + minuteMs;
      const cursorUs = instantMs * 1000;
      const { reader } = tick({ finishedTaskRuns: { cursorUs, readFromUs: cursorUs } }, nowMs);
      const reading = reader.get('finishedTaskRuns');
      if (!hasFilter) {
        await expect(reading).rejects.toThrow('can only be read from Prefect 3.6.22 and later');
        return;
      }
      expect((await reading).runs.map(({ flow, state_type }) => `${flow} ${state_type}`)).toEqual([
        'flow COMPLETED',
        'flow COMPLETED',
        'flow COMPLETED',
      ]);
    });

    test('counts of events of a quiet window', async () => {
      const window = { startMs: instantMs - 10 * minuteMs, endMs: instantMs - 9 * minuteMs };
      const { reader } = tick({ eventWindows: [window] });
      expect(await reader.get('eventCounts')).toEqual([{ window, counts: new Map() }]);
    });
  });
});
