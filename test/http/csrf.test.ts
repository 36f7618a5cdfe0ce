import { describe, expect, test } from 'vitest';
import { json, type LocalServer } from '../../doubles/server.ts';
import { createCsrf } from '../../lib/http/csrf.ts';
import type { Send } from '../../lib/http/send.ts';
import type { FakeClock } from '../support/clock.ts';
import { connect, failureOf, get, post, serve, wholeOf } from './fixtures.ts';

const startMs = Date.UTC(2026, 10, 20, 10, 0, 0);
const refusal = json({ detail: 'Invalid CSRF token or client identifier.' }, 403);

interface CsrfServer extends LocalServer {
  /** What the token question is answered with; undefined: with a token. */
  refuseTokens(status: number | undefined, detail?: string): void;
  /** Forgets the token, as a restart with a new database does. */
  forget(): void;
  /** Paths as asked, in order. */
  paths(): string[];
}

/** Checks POSTs as Prefect does: the newest token of the client, one hour long. */
async function serveCsrf({ lifetimeMs = 3_600_000, serverAheadMs = 0 } = {}): Promise<CsrfServer> {
  let tokens = 0;
  let valid = '';
  let refused: { status: number; detail: string } | undefined;
  const date = new Date(startMs + serverAheadMs).toUTCString();
  const server = await serve(({ path, method, headers }) => {
    if (path.startsWith('/api/csrf-token')) {
      if (refused !== undefined) return json({ detail: refused.detail }, refused.status);
      tokens += 1;
      valid = `token-${tokens} of ${new URLSearchParams(path.split('?')[1]).get('client')}`;
      const expiration = new Date(startMs + serverAheadMs + lifetimeMs).toISOString().replace('Z', '158Z');
      const answer = json({ id: 'i', token: `token-${tokens}`, client: 'c', expiration });
      return { ...answer, headers: { ...answer.headers, date } };
    }
    const shown = `${headers['prefect-csrf-token']} of ${headers['prefect-csrf-client']}`;
    return method === 'GET' || shown === valid || refused !== undefined ? json([]) : refusal;
  });
  return {
    ...server,
    refuseTokens: (status, detail = 'CSRF protection is disabled.') => {
      refused = status === undefined ? undefined : { status, detail };
    },
    forget: () => {
      valid = '';
    },
    paths: () => server.requests.map(({ path }) => path.split('?')[0] ?? ''),
  };
}

function csrfSend(server: LocalServer, mode: 'auto' | boolean = 'auto') {
  const sender = connect();
  const apiUrl = new URL('/api', server.url);
  const csrf = createCsrf({ apiUrl, mode, clock: sender.clock });
  const request = post(new URL('/api/flows/filter', server.url), '{}');
  const around = csrf.around(sender.send);
  return { ...sender, csrf, request, read: () => around(request, sender.deadline) };
}

const tokenPath = '/api/csrf-token';
const readPath = '/api/flows/filter';

describe('protection that is on', () => {
  test('asks for one token and shows it, with the client id, on every POST', async () => {
    const server = await serveCsrf();
    const { read } = csrfSend(server);
    await read();
    await read();
    expect(server.paths()).toEqual([tokenPath, readPath, readPath]);
    const client = '00000000-0000-4000-8000-000000000001';
    expect(server.requests[0]).toMatchObject({ method: 'GET', path: `${tokenPath}?client=${client}` });
    expect(server.requests[2]?.headers).toMatchObject({
      'prefect-csrf-token': 'token-1',
      'prefect-csrf-client': client,
    });
  });

  test('requests at the same time wait for the same token', async () => {
    const server = await serveCsrf();
    const { read } = csrfSend(server);
    await Promise.all([read(), read(), read(), read()]);
    expect(server.paths().filter((path) => path === tokenPath)).toHaveLength(1);
  });

  test('a GET goes without', async () => {
    const server = await serveCsrf();
    const { csrf, send, deadline } = csrfSend(server);
    await csrf.around(send)(get(new URL('/api/version', server.url)), deadline);
    expect(server.paths()).toEqual(['/api/version']);
  });

  test('the token outlives the connections', async () => {
    const server = await serveCsrf();
    const { read, csrf, request, close, deadline } = csrfSend(server);
    await read();
    await close();
    await csrf.around(connect().send)(request, deadline);
    expect(server.paths()).toEqual([tokenPath, readPath, readPath]);
  });

  test.each([
    ['an hour', 3_600_000, 3_569_999],
    ['ten seconds', 10_000, 4_999],
  ])('a token of %s is used until shortly before its end', async (_, lifetimeMs, stillGoodMs) => {
    const server = await serveCsrf({ lifetimeMs });
    const { csrf, send, request, clock } = csrfSend(server);
    const read = reader(csrf.around(send), request, clock);
    await read();
    await clock.advance(stillGoodMs);
    await read();
    expect(server.paths()).toEqual([tokenPath, readPath, readPath]);
    await clock.advance(1);
    await read();
    expect(server.paths().slice(3)).toEqual([tokenPath, readPath]);
  });

  test.each([-7_200_000, 7_200_000])('a server whose clock is %i ms ahead', async (serverAheadMs) => {
    const server = await serveCsrf({ serverAheadMs });
    const { csrf, send, request, clock } = csrfSend(server);
    const read = reader(csrf.around(send), request, clock);
    await read();
    await clock.advance(3_569_999);
    await read();
    await clock.advance(1);
    await read();
    expect(server.paths()).toEqual([tokenPath, readPath, readPath, tokenPath, readPath]);
  });

  test('a token the server does not know any more is replaced once', async () => {
    const server = await serveCsrf();
    const { read } = csrfSend(server);
    await read();
    server.forget();
    await read();
    expect(server.paths()).toEqual([tokenPath, readPath, readPath, tokenPath, readPath]);
  });

  test('requests that are refused at the same time ask for one new token', async () => {
    const server = await serveCsrf();
    const { read } = csrfSend(server);
    await read();
    server.forget();
    await Promise.all([read(), read(), read()]);
    expect(server.paths().filter((path) => path === tokenPath)).toHaveLength(2);
  });

  test('a second refusal is final', async () => {
    const server = await serveCsrf();
    const { read } = csrfSend(server);
    server.faults.when(({ path }) =>
      path === readPath ? statusFault(403, 'Invalid CSRF token.') : undefined,
    );
    await expect(read()).rejects.toMatchObject({ status: 403, endpoint: 'test' });
    expect(server.paths()).toEqual([tokenPath, readPath, tokenPath, readPath]);
  });

  test('any other 403 is final', async () => {
    const server = await serveCsrf();
    const { read } = csrfSend(server);
    server.faults.when(({ path }) => (path === readPath ? statusFault(403, 'Forbidden') : undefined));
    await expect(read()).rejects.toMatchObject({ status: 403 });
    expect(server.paths()).toEqual([tokenPath, readPath]);
  });
});

describe('protection that is off', () => {
  test.each([404, 422])('auto takes %i for off and asks once', async (status) => {
    const server = await serveCsrf();
    server.refuseTokens(status);
    const { read } = csrfSend(server);
    await read();
    await read();
    expect(server.paths()).toEqual([tokenPath, readPath, readPath]);
    expect(server.requests[1]?.headers).not.toHaveProperty('prefect-csrf-client');
  });

  test('and switched on later is noticed', async () => {
    const server = await serveCsrf();
    server.refuseTokens(422);
    const { read } = csrfSend(server);
    await read();
    server.refuseTokens(undefined);
    await read();
    expect(server.paths()).toEqual([tokenPath, readPath, readPath, tokenPath, readPath]);
  });

  test.each([404, 422])('true takes %i as an error', async (status) => {
    const server = await serveCsrf();
    server.refuseTokens(status);
    const { read } = csrfSend(server, true);
    await expect(read()).rejects.toMatchObject({ name: 'HttpStatusError', status, endpoint: 'csrf-token' });
    expect(server.paths()).toEqual([tokenPath]);
  });

  test('false never asks', async () => {
    const server = await serveCsrf();
    server.refuseTokens(422);
    await csrfSend(server, false).read();
    expect(server.paths()).toEqual([readPath]);
  });
});

describe('a question for a token that fails', () => {
  test.each([401, 403, 500])('with %i fails the request, and is asked again', async (status) => {
    const server = await serveCsrf();
    server.refuseTokens(status, 'Unauthorized');
    const { read } = csrfSend(server);
    await expect(read()).rejects.toMatchObject({ status, endpoint: 'csrf-token' });
    server.refuseTokens(undefined);
    await read();
    expect(server.paths()).toEqual([tokenPath, tokenPath, readPath]);
  });

  test.each([
    json({ token: 'token-abc' }),
    { status: 200, body: '{"token":"token-abc' },
    { status: 200, body: 'token-abc' },
  ])('with an answer of another shape shows no token: %o', async (reply) => {
    const server = await serve(() => reply);
    const error = await failureOf(csrfSend(server).read());
    expect(error).toMatchObject({ name: 'UnexpectedBodyError', endpoint: 'csrf-token' });
    expect(wholeOf(error)).not.toContain('token-abc');
  });
});

/** Each with a deadline of its own, for tests that move the time far. */
const reader = (send: Send, request: Parameters<Send>[0], clock: FakeClock) => () =>
  send(request, { atMs: clock.now() + 60_000 });

const statusFault = (status: number, detail: string) =>
  ({ kind: 'status', status, body: JSON.stringify({ detail }) }) as const;
