import { expect, test } from 'vitest';
import { isObject } from '../../doubles/prefect/json.ts';
import { prefectRequests } from '../support/prefect-requests.ts';
import { workloadWriter } from '../support/workload.ts';
import { names, type PrefectContract, rowsOf, type SceneOf } from './prefect-scene.ts';

/** Content types, paths, dates, compression, versions. */
export function protocolCases(sceneOf: SceneOf, major: 2 | 3): void {
  test('a body that is not marked as JSON', async () => {
    const headers = { 'content-type': 'text/plain' };
    const none = { flow_runs: { id: { any_: [] } } };
    const reply = await sceneOf().api.send('POST', '/flow_runs/count', none, headers);
    // Prefect 3 leaves it unread, and counts everything.
    expect([reply.status, major === 3 ? reply.json : null]).toEqual(
      major === 3 ? [200, sceneOf().workload.runs.size] : [422, null],
    );
  });

  test('paths are exact, answers say their date, and are compressed when asked', async () => {
    const slash = await sceneOf().api.send('POST', '/flow_runs/filter/', {});
    expect([slash.status, slash.headers.get('location')?.endsWith('/api/flow_runs/filter')]).toEqual([
      307,
      true,
    ]);
    const reply = await sceneOf().api.send('POST', '/flow_runs/filter', {}, { 'accept-encoding': 'gzip' });
    expect(reply.headers.get('content-encoding')).toBe('gzip');
    const dateMs = Date.parse(reply.headers.get('date') ?? '');
    expect(Math.abs(dateMs - sceneOf().server.nowMs())).toBeLessThan(60_000);
    expect((await sceneOf().api.send('POST', '/nothing', {})).json).toEqual({ detail: 'Not Found' });
  });

  test('health and version', async () => {
    expect((await sceneOf().api.send('GET', '/health')).json).toBe(true);
    expect((await sceneOf().api.send('GET', '/admin/version')).json).toMatch(new RegExp(`^${major}\\.`));
    const csrf = await sceneOf().api.send('GET', '/csrf-token?client=contract');
    expect([csrf.status, csrf.json]).toEqual([422, { detail: 'CSRF protection is disabled.' }]);
  });
}

/** Page sizes: on a server of its own. */
export function limitCases(contract: PrefectContract): void {
  test('the largest page is what the server was told, and a larger one is refused', async () => {
    const server = await contract.start({ defaultLimit: 3 });
    try {
      const api = prefectRequests(server.apiUrl);
      const writer = workloadWriter(api);
      for (const name of ['a', 'b', 'c', 'd']) await writer.flow(name);
      expect(names(await rowsOf(api, '/flows/filter', {}))).toEqual(['a', 'b', 'c']);
      expect(names(await rowsOf(api, '/flows/filter', { offset: 3 }))).toEqual(['d']);
      const refused = await api.send('POST', '/flows/filter', { limit: 4 });
      const detail = 'Invalid limit: must be less than or equal to 3.';
      expect([refused.status, refused.json]).toEqual([422, { detail }]);
    } finally {
      await server.stop();
    }
  });
}

/** CSRF and authentication: on servers of their own. */
export function guardCases(contract: PrefectContract): void {
  test('CSRF: reads need a token too, and a client has one at a time', async () => {
    const server = await contract.start({ csrf: true });
    try {
      const api = prefectRequests(server.apiUrl);
      const read = async (headers: Readonly<Record<string, string>>) => {
        const { status, json } = await api.send('POST', '/flows/count', {}, headers);
        return [status, json];
      };
      const token = async () => {
        const { json } = await api.send('GET', '/csrf-token?client=one');
        return isObject(json ?? null) && isObject(json) ? String(json.token) : '';
      };
      const client = { 'prefect-csrf-client': 'one' };
      const invalid = [403, { detail: 'Invalid CSRF token or client identifier.' }];
      expect(await read({})).toEqual([403, { detail: 'Missing CSRF token.' }]);
      expect(await read({ 'prefect-csrf-token': 'x' })).toEqual([
        403,
        { detail: 'Missing client identifier.' },
      ]);
      expect(await read({ 'prefect-csrf-token': 'x', ...client })).toEqual(invalid);
      const first = await token();
      expect(first).toMatch(/^[0-9a-f]{64}$/);
      expect(await read({ 'prefect-csrf-token': first, ...client })).toEqual([200, 0]);
      const second = await token();
      expect(await read({ 'prefect-csrf-token': first, ...client })).toEqual(invalid);
      expect(await read({ 'prefect-csrf-token': second, ...client })).toEqual([200, 0]);
    } finally {
      await server.stop();
    }
  });

  // Prefect 2 has no authentication of its own.
  test.skipIf(contract.major === 2)('Basic authentication leaves only health open', async () => {
    const server = await contract.start({ authString: 'user:secret' });
    try {
      const api = prefectRequests(server.apiUrl);
      const status = async (method: string, path: string, authorization?: string) => {
        const headers = authorization === undefined ? {} : { authorization };
        return (await api.send(method, path, method === 'POST' ? {} : undefined, headers)).status;
      };
      const good = `Basic ${Buffer.from('user:secret').toString('base64')}`;
      expect(await status('GET', '/health')).toBe(200);
      expect(await status('GET', '/admin/version')).toBe(401);
      expect(await status('POST', '/flows/count')).toBe(401);
      expect(await status('POST', '/flows/count', 'Bearer user:secret')).toBe(401);
      expect(await status('POST', '/flows/count', good)).toBe(200);
      const refused = await api.send('POST', '/flows/count', {});
      expect(refused.json).toEqual({ exception_message: 'Unauthorized' });
    } finally {
      await server.stop();
    }
  });
}
