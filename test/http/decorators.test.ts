import { expect, test } from 'vitest';
import { withBasicAuth, withBearer } from '../../lib/http/auth.ts';
import { type Exchange, observed } from '../../lib/http/observed.ts';
import { retrying } from '../../lib/http/retrying.ts';
import { createSecret } from '../../lib/secret.ts';
import { createFakeClock } from '../support/clock.ts';
import { connect, failureOf, get, post, serve } from './fixtures.ts';

test('basic authentication is UTF-8', async () => {
  const server = await serve();
  const { send, deadline } = connect();
  await withBasicAuth(send, createSecret('Jürgen:päss:wort'))(get(server.url), deadline);
  expect(server.requests[0]?.headers.authorization).toBe('Basic SsO8cmdlbjpww6Rzczp3b3J0');
});

test('a header of the request does not replace the authentication', async () => {
  const server = await serve();
  const { send, deadline } = connect();
  const request = post(server.url, 'x');
  const forged = { ...request, headers: { ...request.headers, authorization: 'Bearer theirs' } };
  await withBearer(send, createSecret('ours'))(forged, deadline);
  expect(server.requests[0]?.headers.authorization).toBe('Bearer ours');
});

test('every attempt is told, with code, bytes and time', async () => {
  const clock = createFakeClock({ autoAdvance: true, random: () => 0.5 });
  const server = await serve(() => ({ status: 200, body: 'stored' }), { clock });
  const { send: attempt, deadline } = connect({}, {}, clock);
  const exchanges: Exchange[] = [];
  const watched = observed(attempt, { clock, onExchange: (exchange) => exchanges.push(exchange) });
  const send = retrying(watched, { clock, maxRetries: 2 });
  server.faults.next(1, { kind: 'status', status: 503, body: 'busy' });
  server.faults.next(1, { kind: 'reset-before-answer' });
  await send(post(server.url, 'samples'), deadline);
  const same = { endpoint: 'test', method: 'POST', requestBytes: 7, durationMs: 0 };
  expect(exchanges).toEqual([
    { ...same, code: '503', responseBytes: 4 },
    { ...same, code: 'closed', responseBytes: 0 },
    { ...same, code: '200', responseBytes: 6 },
  ]);
});

test('the time of an attempt is measured, and its end by timeout told', async () => {
  const server = await serve();
  server.faults.next(1, { kind: 'hang' });
  const { send: attempt, clock, deadline } = connect({}, { timeoutMs: 5_000 });
  const exchanges: Exchange[] = [];
  const send = observed(attempt, { clock, onExchange: (exchange) => exchanges.push(exchange) });
  const failure = failureOf(send(get(server.url), deadline));
  await server.received(1);
  await clock.advance(5_000);
  await failure;
  expect(exchanges).toMatchObject([{ code: 'timeout', durationMs: 5_000, requestBytes: 0 }]);
});

test('what never starts is not told', async () => {
  const { send: attempt, clock, deadline } = connect();
  const exchanges: Exchange[] = [];
  const send = observed(attempt, { clock, onExchange: (exchange) => exchanges.push(exchange) });
  await clock.advance(60_000);
  await expect(send(get(new URL('http://127.0.0.1:9/')), deadline)).rejects.toMatchObject({
    reason: 'deadline',
  });
  expect(exchanges).toEqual([]);
});

test.each([
  [{ kind: 'redirect', location: '/', status: 308 } as const, '308'],
  [{ kind: 'compress', encoding: 'gzip', damaged: true } as const, 'body'],
])('the code of %o is %s', async (fault, code) => {
  const server = await serve();
  server.faults.next(1, fault);
  const { send: attempt, clock, deadline } = connect();
  const codes: string[] = [];
  const send = observed(attempt, { clock, onExchange: (exchange) => codes.push(exchange.code) });
  await failureOf(send(get(server.url), deadline));
  expect(codes).toEqual([code]);
});
