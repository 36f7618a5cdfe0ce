import { describe, expect, it } from 'vitest';
import { deadlineAt } from '../../lib/deadline.ts';
import { HttpStatusError, UnexpectedBodyError } from '../../lib/http/errors.ts';
import { createPrefectClient, type PrefectClient } from '../../lib/prefect/client.ts';
import { createPageSize } from '../../lib/prefect/page-size.ts';
import { TooManyPagesError } from '../../lib/prefect/pages.ts';
import { createFakePrefect, type Sent, Status } from './fake-send.ts';
import { flowRow, poolRow, queueRow, runRow, workerRow } from './rows.ts';

const window = { start: '2026-11-20T08:00:00.000Z', end: '2026-11-20T09:00:00.000Z', intervalSeconds: 60 };

const firstPage = async (client: PrefectClient) => {
  const { value } = await client.scheduledRunPages('2026-11-20T09:52:00.000Z').next();
  return value;
};

describe('createPrefectClient', () => {
  it.each<[string, (client: PrefectClient) => Promise<unknown>, unknown, unknown]>([
    [
      'flow_runs/filter',
      (client) => client.activeRuns(),
      {
        sort: 'EXPECTED_START_TIME_ASC',
        flow_runs: { state: { type: { any_: ['PENDING', 'RUNNING', 'PAUSED', 'CANCELLING'] } } },
        limit: 200,
      },
      [],
    ],
    [
      'flow_runs/filter',
      (client) => client.dueRuns('2026-11-20T09:52:00.000Z'),
      {
        sort: 'NEXT_SCHEDULED_START_TIME_ASC',
        flow_runs: {
          state: { type: { any_: ['SCHEDULED'] } },
          next_scheduled_start_time: { before_: '2026-11-20T09:52:00.000Z' },
        },
        limit: 200,
      },
      [],
    ],
    [
      'flow_runs/filter',
      firstPage,
      {
        sort: 'NEXT_SCHEDULED_START_TIME_ASC',
        flow_runs: {
          state: { type: { any_: ['SCHEDULED'] } },
          next_scheduled_start_time: { after_: '2026-11-20T09:52:00.000Z' },
        },
        limit: 200,
      },
      [],
    ],
    [
      'flow_runs/count',
      (client) => client.scheduledRunCount(),
      { flow_runs: { state: { type: { any_: ['SCHEDULED'] } } } },
      20_075,
    ],
    [
      'flow_runs/history',
      (client) => client.flowRunHistory(window),
      {
        history_start: window.start,
        history_end: window.end,
        history_interval_seconds: 60,
        history_interval: 60,
        flow_runs: { expected_start_time: { after_: window.start, before_: window.end } },
      },
      [],
    ],
    ['flows/filter', (client) => client.flows(), { sort: 'NAME_ASC', limit: 200, offset: 0 }, []],
    [
      'flows/filter',
      (client) => client.flows(['a', 'b']),
      { sort: 'NAME_ASC', flows: { id: { any_: ['a', 'b'] } }, limit: 200, offset: 0 },
      [],
    ],
    [
      'deployments/filter',
      (client) => client.deployments(),
      { sort: 'CREATED_DESC', limit: 200, offset: 0 },
      [],
    ],
    [
      'deployments/filter',
      (client) => client.deployments(['a']),
      { sort: 'CREATED_DESC', deployments: { id: { any_: ['a'] } }, limit: 200, offset: 0 },
      [],
    ],
    ['work_pools/filter', (client) => client.workPools(), { limit: 200, offset: 0 }, []],
    [
      'work_pools/filter',
      (client) => client.workPools(['k8s']),
      { work_pools: { name: { any_: ['k8s'] } }, limit: 200, offset: 0 },
      [],
    ],
    ['work_queues/filter', (client) => client.workQueues(), { limit: 200, offset: 0 }, []],
    ['work_pools/k8s/queues/filter', (client) => client.workQueuesOf('k8s'), { limit: 200, offset: 0 }, []],
    ['work_pools/k8s/workers/filter', (client) => client.workersOf('k8s'), { limit: 200, offset: 0 }, []],
    ['v2/concurrency_limits/filter', (client) => client.concurrencyLimits(), { limit: 200, offset: 0 }, []],
    ['automations/count', (client) => client.automationCount(), {}, 3],
  ])('posts JSON to %s and nothing else (%#)', async (path, call, body, answer) => {
    const { client, sent } = createFakePrefect({ [path]: answer });
    await expect(call(client)).resolves.toEqual(answer);
    expect(sent).toEqual([
      {
        method: 'POST',
        path,
        endpoint: path.replace('k8s', '{name}'),
        body,
        headers: {
          accept: 'application/json',
          'content-type': 'application/json',
          'user-agent': 'prefect-push-exporter/1.2.3',
        },
      } satisfies Sent,
    ]);
  });

  it('gets the version of a server', async () => {
    const { client, sent } = createFakePrefect({ 'admin/version': '3.8.4.dev6' });
    await expect(client.serverVersion()).resolves.toBe('3.8.4.dev6');
    expect(sent).toMatchObject([{ method: 'GET', path: 'admin/version', body: undefined }]);
  });

  it('keeps a path in front of the API and drops its last slash', async () => {
    const urls: string[] = [];
    const client = createPrefectClient({
      apiUrl: new URL('https://example.com/prefect/api/'),
      send: async ({ url }) => {
        urls.push(url.href);
        return { status: 200, headers: {}, body: Buffer.from('7') };
      },
      deadline: deadlineAt(0),
      version: '1.2.3',
      pageSize: createPageSize(undefined),
    });
    await client.automationCount();
    expect(urls).toEqual(['https://example.com/prefect/api/automations/count']);
    expect(client.serverTimeMs()).toBeUndefined();
  });

  it('encodes the names of pools and keeps them out of the endpoint', async () => {
    const path = 'work_pools/a%20pool%3F%23%2Fx/workers/filter';
    const { client, sent } = createFakePrefect({ [path]: [workerRow('w1')] });
    await expect(client.workersOf('a pool?#/x')).resolves.toHaveLength(1);
    expect(sent).toMatchObject([{ path, endpoint: 'work_pools/{name}/workers/filter' }]);
  });

  it('reads active runs along their expected start, ties included', async () => {
    const at = (id: string, time: string) => runRow(id, 'f', { expected_start_time: time });
    const tie = '2026-11-20T09:50:00.000001Z';
    const rows = [at('a', '2026-11-20T09:49:00Z'), at('b', tie), at('c', tie), at('d', tie)];
    const pages = [rows.slice(0, 2), rows.slice(2, 4), []];
    const { client, sent } = createFakePrefect({ 'flow_runs/filter': () => pages.shift() }, { pageSize: 2 });
    const runs = await client.activeRuns();
    expect(runs.map(({ id }) => id)).toEqual(['a', 'b', 'c', 'd']);
    const state = { type: { any_: ['PENDING', 'RUNNING', 'PAUSED', 'CANCELLING'] } };
    expect(sent.slice(1).map(({ body }) => body)).toEqual([
      {
        sort: 'EXPECTED_START_TIME_ASC',
        flow_runs: { state, expected_start_time: { after_: tie }, id: { not_any_: ['b'] } },
        limit: 2,
      },
      {
        sort: 'EXPECTED_START_TIME_ASC',
        flow_runs: { state, expected_start_time: { after_: tie }, id: { not_any_: ['b', 'c', 'd'] } },
        limit: 2,
      },
    ]);
  });

  it('keeps the upper end of due runs on later pages', async () => {
    const due = (id: string, time: string) =>
      runRow(id, 'f', { state_type: 'SCHEDULED', next_scheduled_start_time: time });
    const pages = [[due('a', '2026-11-20T09:50:00Z'), due('b', '2026-11-20T09:50:30.5Z')], []];
    const { client, sent } = createFakePrefect({ 'flow_runs/filter': () => pages.shift() }, { pageSize: 2 });
    await client.dueRuns('2026-11-20T09:52:00.000Z');
    expect(sent[1]?.body).toMatchObject({
      flow_runs: {
        next_scheduled_start_time: { after_: '2026-11-20T09:50:30.5Z', before_: '2026-11-20T09:52:00.000Z' },
        id: { not_any_: ['b'] },
      },
    });
  });

  it('learns the server’s page size from its refusal', async () => {
    const flows = ['a', 'b', 'c'].map((name) => flowRow(name, name));
    const route = ({ body }: Sent) => {
      // The bodies of lists always have both.
      const { limit, offset } = body as { limit: number; offset: number };
      if (limit > 2) throw new Status(422, { detail: 'Invalid limit: must be less than or equal to 2.' });
      return flows.slice(offset, offset + limit);
    };
    const { client, sent } = createFakePrefect({ 'flows/filter': route });
    await expect(client.flows()).resolves.toHaveLength(3);
    await client.flows();
    expect(sent.map(({ body }) => (body as { limit: number }).limit)).toEqual([200, 2, 2, 2, 2, 2, 2]);
  });

  it('fails instead of giving a part of a list', async () => {
    const flows = Array.from({ length: 250 }, (_, index) => flowRow(`f-${index}`, `f-${index}`));
    const { client } = createFakePrefect({
      'flows/filter': ({ body }: Sent) => {
        const { limit, offset } = body as { limit: number; offset: number };
        if (offset > 0) throw new Status(500);
        return flows.slice(offset, offset + limit);
      },
    });
    await expect(client.flows()).rejects.toThrow(HttpStatusError);
  });

  it('gives up on scheduled runs after 50 pages', async () => {
    let number = 0;
    const route = () =>
      [0, 1].map(() => {
        number += 1;
        const seconds = String(number % 60).padStart(2, '0');
        const minutes = String(Math.floor(number / 60)).padStart(2, '0');
        return runRow(String(number), 'f', {
          next_scheduled_start_time: `2026-11-20T10:${minutes}:${seconds}Z`,
        });
      });
    const { client, sent } = createFakePrefect({ 'flow_runs/filter': route }, { pageSize: 2 });
    const readAll = async () => {
      for await (const runs of client.scheduledRunPages('2026-11-20T10:00:00Z')) expect(runs).toHaveLength(2);
    };
    await expect(readAll()).rejects.toThrow(
      new TooManyPagesError('scheduled runs: no end after 50 pages (100 rows)'),
    );
    expect(sent).toHaveLength(50);
  });

  it('says which endpoint sent something unexpected', async () => {
    const { client } = createFakePrefect({ 'work_queues/filter': [{ ...queueRow('q', 'k8s'), name: null }] });
    await expect(client.workQueues()).rejects.toThrow(UnexpectedBodyError);
    await expect(client.workQueues()).rejects.toThrow(
      'work_queues/filter [0].name: expected string, found null',
    );
  });

  it('sends runs first and workers last', async () => {
    const routes = {
      'work_pools/k8s/workers/filter': [],
      'work_pools/filter': [poolRow('k8s')],
      'flows/filter': [],
      'flow_runs/filter': [],
    };
    const { client, paths } = createFakePrefect(routes, { maxInFlight: 1 });
    await Promise.all([client.workersOf('k8s'), client.workPools(), client.flows(), client.activeRuns()]);
    expect(paths()).toEqual([
      'flow_runs/filter',
      'flows/filter',
      'work_pools/filter',
      'work_pools/k8s/workers/filter',
    ]);
  });

  it('has no count of automations where Prefect 2 says that it has none, and fails on any other 404', async () => {
    const off = new Status(404, { detail: 'Automations are not enabled. Please enable …' });
    const answers = (status: Status) =>
      createFakePrefect({
        'automations/count': () => {
          throw status;
        },
      }).client.automationCount();
    await expect(answers(off)).resolves.toBeUndefined();
    await expect(answers(new Status(404))).rejects.toThrow('status 404');
    await expect(answers(new Status(403, off.body))).rejects.toThrow('status 403');
  });

  it('knows the server’s time from its answers', async () => {
    const { client } = createFakePrefect({ 'automations/count': 0 });
    expect(client.serverTimeMs()).toBeUndefined();
    await client.automationCount();
    expect(client.serverTimeMs()).toBe(Date.UTC(2026, 10, 20, 9, 52));
  });
});
