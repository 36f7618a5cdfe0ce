import { afterEach, describe, expect, test } from 'vitest';
import { addDeployment, addFlow, addRun, addWorkPool } from '../../doubles/prefect/additions.ts';
import {
  type PrefectDouble,
  type PrefectDoubleOptions,
  startPrefectDouble,
} from '../../doubles/prefect/api.ts';
import { createWorkspace, type Workspace } from '../../doubles/prefect/workspace.ts';
import { createFakeClock } from '../support/clock.ts';
import { prefectRequests } from '../support/prefect-requests.ts';

const clock = createFakeClock();
let double: PrefectDouble | undefined;
afterEach(() => double?.stop());

async function start(options: Partial<PrefectDoubleOptions> = {}) {
  const workspace = options.workspace ?? createWorkspace({ clock });
  double = await startPrefectDouble({ workspace, clock, ...options });
  return { workspace, double, api: prefectRequests(double.apiUrl) };
}

function withRuns(workspace: Workspace, count: number): void {
  const flow = addFlow(workspace, { name: 'flow' });
  for (let index = 0; index < count; index += 1) addRun(workspace, { flow, name: `run-${index}` });
}

const namesOf = (rows: unknown) => (Array.isArray(rows) ? rows.map((row) => row.name) : []);

describe('the Prefect double on demand', () => {
  test('changes its workspace between two pages', async () => {
    const workspace = createWorkspace({ clock });
    withRuns(workspace, 3);
    let requests = 0;
    const { api } = await start({
      workspace,
      beforeAnswer: ({ path }) => {
        requests += path === '/flow_runs/filter' ? 1 : 0;
        if (requests === 2) workspace.runs.delete([...workspace.runs.keys()][0] ?? '');
      },
    });
    const page = (offset: number) => api.post('/flow_runs/filter', { sort: 'NAME_ASC', limit: 2, offset });
    expect(namesOf(await page(0))).toEqual(['run-0', 'run-1']);
    // run-2 moved into the first page.
    expect(await page(2)).toEqual([]);
  });

  test('fails one endpoint and leaves the others', async () => {
    const started = await start();
    started.double.fail('/work_pools/filter', { kind: 'status', status: 503, body: '{}' });
    expect((await started.api.send('POST', '/work_pools/filter', {})).status).toBe(503);
    expect((await started.api.send('POST', '/flows/filter', {})).status).toBe(200);
    started.double.fail('/work_pools/filter', undefined);
    expect((await started.api.send('POST', '/work_pools/filter', {})).status).toBe(200);
  });

  test('remembers who asked for work, and refuses writes', async () => {
    const started = await start();
    expect((await started.api.send('POST', '/flows/', { name: 'x' })).status).toBe(404);
    expect(started.double.violations).toEqual([]);
    await started.api.post('/deployments/get_scheduled_flow_runs', {});
    expect(started.double.violations).toEqual(['POST /deployments/get_scheduled_flow_runs']);
  });

  test('shuffles ties', async () => {
    const workspace = createWorkspace({ clock });
    withRuns(workspace, 30);
    const { api } = await start({ workspace, ties: 'shuffled' });
    const ask = async () => namesOf(await api.post('/flow_runs/filter', { sort: 'EXPECTED_START_TIME_ASC' }));
    const first = await ask();
    const second = await ask();
    expect(first).not.toEqual(second);
    expect(first.toSorted()).toEqual(second.toSorted());
  });

  test('puts null as Postgres does', async () => {
    const workspace = createWorkspace({ clock });
    const flow = addFlow(workspace, { name: 'flow' });
    addRun(workspace, { flow, name: 'ended', state: { type: 'COMPLETED' } });
    addRun(workspace, { flow, name: 'open', state: { type: 'RUNNING' } });
    const first = async (database: 'sqlite' | 'postgres') => {
      const { api } = await start({ workspace, database });
      const [name] = namesOf(await api.post('/flow_runs/filter', { sort: 'END_TIME_DESC' }));
      await double?.stop();
      return name;
    };
    expect([await first('postgres'), await first('sqlite')]).toEqual(['open', 'ended']);
  });

  test('loses the state filter with both operators in 3.8.4, not in 3.9.1', async () => {
    const workspace = createWorkspace({ clock });
    withRuns(workspace, 2);
    const both = { flow_runs: { state: { type: { any_: ['RUNNING'], not_any_: ['FAILED'] } } } };
    const old = await start({ workspace, version: '3.8.4' });
    expect(await old.api.post('/flow_runs/count', both)).toBe(2);
    await old.double.stop();
    const current = await start({ workspace, version: '3.9.1' });
    expect(await current.api.post('/flow_runs/count', both)).toBe(0);
  });

  test('lets CSRF tokens expire, and dates answers by its clock', async () => {
    const { api } = await start({ csrf: { lifetimeMs: 1_000 } });
    const reply = await api.send('GET', '/csrf-token?client=c');
    expect(reply.headers.get('date')).toBe(new Date(clock.now()).toUTCString());
    // The double answers an object with a token here, as the contract suite shows.
    const { token } = JSON.parse(reply.text) as { token: string };
    const headers = { 'prefect-csrf-client': 'c', 'prefect-csrf-token': token };
    expect((await api.send('POST', '/flows/count', {}, headers)).status).toBe(200);
    await clock.advance(1_000);
    expect((await api.send('POST', '/flows/count', {}, headers)).status).toBe(403);
  });

  test('as Cloud: own paths, a key, no version and no CSRF, and its name for the interval', async () => {
    const cloud = { apiKey: 'pnu_secret', accountId: 'a', workspaceId: 'w', workspaceHandle: 'prod' };
    const started = await start({ cloud });
    const api = prefectRequests(started.double.apiUrl, { authorization: 'Bearer pnu_secret' });
    expect(new URL(started.double.apiUrl).pathname).toBe('/api/accounts/a/workspaces/w');
    expect((await started.api.send('POST', '/flows/count', {})).status).toBe(401);
    expect(await api.post('/flows/count', {})).toBe(0);
    expect((await api.send('GET', '/admin/version')).status).toBe(404);
    expect((await api.send('GET', '/csrf-token?client=c')).status).toBe(404);
    const window = { history_start: '2026-11-20T09:00:00Z', history_end: '2026-11-20T10:00:00Z' };
    expect(
      (await api.send('POST', '/flow_runs/history', { ...window, history_interval_seconds: 60 })).status,
    ).toBe(422);
    expect((await api.send('POST', '/flow_runs/history', { ...window, history_interval: 60 })).status).toBe(
      200,
    );
    const me = prefectRequests(`${started.double.server.url.origin}/api`, {
      authorization: 'Bearer pnu_secret',
    });
    expect((await me.send('GET', '/me/workspaces')).json).toMatchObject([{ workspace_handle: 'prod' }]);
  });

  test('names the queue of a deployment whose pool is known', async () => {
    const { workspace, api } = await start();
    const pool = addWorkPool(workspace, { name: 'pool' });
    const flow = addFlow(workspace, { name: 'flow' });
    const queue = workspace.workQueues.get(pool.defaultQueueId);
    addDeployment(workspace, { name: 'main', flow, queue });
    expect(await api.post('/deployments/filter', {})).toMatchObject([
      { work_pool_name: 'pool', work_queue_name: 'default' },
    ]);
  });
});
