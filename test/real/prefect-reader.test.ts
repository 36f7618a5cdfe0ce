import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../lib/clock.ts';
import { deadlineIn } from '../../lib/deadline.ts';
import { createConnections } from '../../lib/http/attempt.ts';
import { createPrefectClient } from '../../lib/prefect/client.ts';
import { createEndTimeFilterCache } from '../../lib/prefect/end-time-filter.ts';
import { createPageSize } from '../../lib/prefect/page-size.ts';
import { createResourceReader } from '../../lib/prefect/reader.ts';
import type { LedgerPosition } from '../../lib/prefect/resources.ts';
import { fromMilliseconds, toMicroseconds } from '../../lib/prefect/timestamps.ts';
import { createWorkspaceCache } from '../../lib/prefect/workspace.ts';
import { type PrefectServer, startPrefect } from '../support/real/prefect.ts';
import { requireServer } from '../support/real/require-server.ts';

const prefect3 = await requireServer('prefect-3');
const prefect2 = await requireServer('prefect-2');

/** Smaller than every list, so that each needs pages and the first request is refused. */
const pageLimit = 4;

/** Creates an object and gives its id. */
async function create(server: PrefectServer, path: string, body: object): Promise<string> {
  const response = await fetch(`${server.apiUrl}/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
  // Every created object has an id; a heartbeat has no body.
  return text === '' ? '' : (JSON.parse(text) as { id: string }).id;
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

async function createAll<Value>(count: number, make: (index: number) => Promise<Value>): Promise<Value[]> {
  const made: Value[] = [];
  for (const index of numbers(count)) made.push(await make(index));
  return made;
}

interface Seeded {
  readonly flowIds: readonly string[];
  readonly deploymentIds: readonly string[];
  readonly dueIds: readonly string[];
  readonly nextIds: readonly string[];
  readonly activeIds: readonly string[];
}

const pools = ['pool one', 'ä+ö', 'p3', 'p4', 'p5', 'p6'];

async function seed(server: PrefectServer, nowMs: number): Promise<Seeded> {
  for (const name of pools) {
    await create(server, 'work_pools/', { name, type: name === 'p6' ? 'ecs:push' : 'process' });
  }
  await createAll(6, (index) =>
    create(server, `work_pools/${encodeURIComponent('pool one')}/workers/heartbeat`, { name: `w-${index}` }),
  );
  const flowIds = await createAll(6, (index) => create(server, 'flows/', { name: `flow-${index}` }));
  const deploymentIds = await createAll(7, (index) =>
    create(server, 'deployments/', {
      name: 'same name',
      flow_id: flowIds[index % 6],
      ...(index === 6 ? { name: 'other' } : {}),
      work_pool_name: 'p3',
      tags: ['team:x'],
      schedules: [{ active: index < 3, schedule: { interval: 86_400 } }],
    }),
  );
  const run = (index: number, state: object) =>
    create(server, 'flow_runs/', {
      flow_id: flowIds[index % 6],
      deployment_id: deploymentIds[index % 6],
      state,
    });
  const scheduled = (index: number, atMs: number) =>
    run(index, { type: 'SCHEDULED', state_details: { scheduled_time: fromMilliseconds(atMs) } });
  return {
    flowIds,
    deploymentIds,
    // Nine at one instant: more than two pages of ties.
    dueIds: await createAll(12, (index) => scheduled(index, nowMs - (index < 9 ? 60_000 : index))),
    nextIds: await createAll(5, (index) => scheduled(index, nowMs + 60_000 + index)),
    activeIds: await createAll(6, (index) => run(index, { type: index < 5 ? 'RUNNING' : 'PENDING' })),
  };
}

const sorted = (ids: readonly string[]): string[] => [...ids].sort();
const idsOf = (rows: readonly { readonly id: string }[]): string[] => sorted(rows.map(({ id }) => id));

describe.each([prefect3, prefect2])('$name', (required) => {
  describe.skipIf(required.missing)('resources, in pages of four', () => {
    const nowMs = systemClock.now();
    let server: PrefectServer;
    let seeded: Seeded;

    beforeAll(async () => {
      server = await startPrefect(required, { defaultLimit: pageLimit });
      seeded = await seed(server, nowMs);
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
    const cache = createWorkspaceCache();
    const endTimeFilter = createEndTimeFilterCache();
    const createReader = (position: LedgerPosition = {}) => {
      const apiUrl = new URL(server.apiUrl);
      const deadline = deadlineIn(60_000, systemClock);
      const client = createPrefectClient({
        apiUrl,
        send: connections.send,
        deadline,
        version: '0',
        pageSize,
      });
      return createResourceReader({
        client,
        apiUrl,
        nowMs,
        historyWindowMinutes: 90,
        workspaceName: undefined,
        cache,
        endTimeFilter,
        position,
        clock: systemClock,
        catchUpDeadline: deadlineIn(30_000, systemClock),
      });
    };

    test('runs, each once, with their names', async () => {
      const reader = createReader();
      expect(idsOf(await reader.get('activeRuns'))).toEqual(sorted(seeded.activeIds));
      expect(idsOf(await reader.get('dueRuns'))).toEqual(sorted(seeded.dueIds));
      const open = await reader.get('openRuns');
      expect(idsOf(open)).toEqual(sorted([...seeded.activeIds, ...seeded.dueIds]));
      expect(new Set(open.map(({ deployment }) => deployment?.name))).toEqual(new Set(['same name']));
      expect(open.every(({ flow, deployment }) => flow === deployment?.flow)).toBe(true);
      expect(open.every(({ state_timestamp: time }) => time !== null && toMicroseconds(time) > 0n)).toBe(
        true,
      );
      expect(await reader.get('scheduledRunCount')).toBe(seeded.dueIds.length + seeded.nextIds.length);
    });

    test('flows and deployments', async () => {
      const reader = createReader();
      expect(idsOf(await reader.get('flows'))).toEqual(sorted(seeded.flowIds));
      const deployments = await reader.get('deployments');
      expect(idsOf(deployments)).toEqual(sorted(seeded.deploymentIds));
      expect(deployments[0]).toMatchObject({ work_pool_name: 'p3', tags: ['team:x'], paused: false });
    });

    test('the next run of scheduled deployments', async () => {
      const next = await createReader().get('nextRuns');
      expect(sorted([...next.keys()])).toEqual(sorted(seeded.deploymentIds.slice(0, 3)));
      const first = next.get(seeded.deploymentIds[0] ?? '');
      expect(first === undefined ? undefined : toMicroseconds(first)).toBe(BigInt(nowMs + 60_000) * 1000n);
    });

    test('pools, queues and workers', async () => {
      const reader = createReader();
      expect((await reader.get('workPools')).map(({ name }) => name).sort()).toEqual([...pools].sort());
      const queues = await reader.get('workQueues');
      expect(queues.map(({ work_pool_name: pool }) => pool).sort()).toEqual([...pools].sort());
      const workers = await reader.get('workers');
      expect(workers.map(({ work_pool }) => work_pool).sort()).toEqual(
        [...pools].sort().filter((name) => name !== 'p6'),
      );
      const online = workers.find(({ work_pool }) => work_pool === 'pool one')?.workers ?? [];
      expect(online.map(({ name, status }) => [name, status]).sort()).toEqual(
        numbers(6).map((index) => [`w-${index}`, 'ONLINE']),
      );
    });

    test('limits, history, server and workspace', async () => {
      await create(server, 'v2/concurrency_limits/', { name: 'db', limit: 3 });
      const reader = createReader();
      expect(await reader.get('concurrencyLimits')).toMatchObject([
        { name: 'db', limit: 3, active_slots: 0, active: true },
      ]);
      expect(await reader.get('server')).toEqual({ edition: 'server', version: server.version });
      expect((await reader.get('workspace')).name).toBe(new URL(server.apiUrl).host);
      const history = await reader.get('flowRunHistory');
      expect(history).toHaveLength(45);
      expect(Math.abs((reader.serverTimeMs() ?? 0) - systemClock.now())).toBeLessThan(10_000);
    });

    test('automations, where the server has them', async () => {
      const count = createReader().get('automationCount');
      if (required === prefect2) expect(await count).toBeUndefined();
      else expect(await count).toBe(0);
    });

    test('history counts what is in the window, and nothing after it', async () => {
      const endMs = Math.floor(nowMs / 60_000) * 60_000;
      const expected = await server.sql(
        `SELECT count(*) AS runs FROM flow_run WHERE expected_start_time < '${fromMilliseconds(endMs).slice(0, 19).replace('T', ' ')}'`,
      );
      const history = await createReader().get('flowRunHistory');
      const counts = history.flatMap(({ states }) => states.map(({ count_runs }) => count_runs));
      const counted = counts.reduce((sum, count) => sum + count, 0);
      expect(counted).toBeGreaterThanOrEqual(9);
      expect([{ runs: counted }]).toEqual(expected);
    });

    test('a deleted deployment leaves its runs, a deleted flow does not', async () => {
      await fetch(`${server.apiUrl}/deployments/${seeded.deploymentIds[1]}`, { method: 'DELETE' });
      await fetch(`${server.apiUrl}/flows/${seeded.flowIds[2]}`, { method: 'DELETE' });
      const open = await createReader().get('openRuns');
      const ofFlow = (flowId: string | undefined) => open.filter((run) => run.flow_id === flowId);
      expect(ofFlow(seeded.flowIds[2])).toEqual([]);
      const left = ofFlow(seeded.flowIds[1]);
      expect(left.length).toBeGreaterThan(0);
      expect(left.map(({ deployment }) => deployment)).toEqual(left.map(() => undefined));
    });
  });
});
