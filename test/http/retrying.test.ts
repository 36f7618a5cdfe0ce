import { expect, test } from 'vitest';
import { deadlineIn } from '../../lib/deadline.ts';
import { withBearer } from '../../lib/http/auth.ts';
import { type Retry, type RetryOptions, retrying } from '../../lib/http/retrying.ts';
import { createSecret } from '../../lib/secret.ts';
import { createFakeClock } from '../support/clock.ts';
import { connect, failureOf, get, serve } from './fixtures.ts';

/** Half of every delay's range, on a clock that moves itself. */
function connectRetrying(options: Partial<RetryOptions> = {}) {
  const clock = createFakeClock({ autoAdvance: true, random: () => 0.5 });
  const sender = connect({}, {}, clock);
  const retries: Retry[] = [];
  const send = retrying(sender.send, {
    clock,
    maxRetries: 3,
    onRetry: (retry) => retries.push(retry),
    ...options,
  });
  return { ...sender, send, retries };
}

test.each([408, 429, 500, 502, 503, 504])('%i and then 200', async (status) => {
  const server = await serve();
  server.faults.next(1, { kind: 'status', status });
  const { send, deadline, clock, retries } = connectRetrying();
  expect((await send(get(server.url), deadline)).status).toBe(200);
  expect(clock.slept).toEqual([250]);
  expect(retries).toMatchObject([
    { retry: 1, delayMs: 250, error: { status }, request: { endpoint: 'test' } },
  ]);
});

test.each([400, 401, 403, 404, 405, 409, 413, 422])('%i is final', async (status) => {
  const server = await serve();
  server.faults.next(1, { kind: 'status', status });
  const { send, deadline, clock } = connectRetrying();
  await expect(send(get(server.url), deadline)).rejects.toMatchObject({ status });
  expect(server.requests).toHaveLength(1);
  expect(clock.slept).toEqual([]);
});

test('a status that the request calls final is', async () => {
  const server = await serve();
  server.faults.next(1, { kind: 'status', status: 500 });
  const { send, deadline } = connectRetrying();
  const request = { ...get(server.url), finalStatuses: [500] };
  await expect(send(request, deadline)).rejects.toMatchObject({ status: 500 });
  expect(server.requests).toHaveLength(1);
});

test('a redirect is final', async () => {
  const server = await serve();
  server.faults.next(1, { kind: 'redirect', location: '/', status: 307 });
  const { send, deadline } = connectRetrying();
  await expect(send(get(server.url), deadline)).rejects.toMatchObject({ name: 'RedirectError' });
  expect(server.requests).toHaveLength(1);
});

test('too large a body is final', async () => {
  const server = await serve(() => ({ status: 200, body: 'abc' }));
  const sender = connect({}, { maxBodyBytes: 2 });
  const send = retrying(sender.send, { clock: sender.clock, maxRetries: 3 });
  await expect(send(get(server.url), sender.deadline)).rejects.toMatchObject({ reason: 'too-large' });
  expect(server.requests).toHaveLength(1);
});

test('the delays double, up to the longest, and the last error is thrown', async () => {
  const server = await serve();
  server.faults.when(() => ({ kind: 'status', status: 503, body: 'starting' }));
  const { send, deadline, clock } = connectRetrying({
    maxRetries: 5,
    backoff: { firstMs: 100, maxMs: 1_000 },
  });
  await expect(send(get(server.url), deadline)).rejects.toMatchObject({
    status: 503,
    bodyExcerpt: 'starting',
  });
  expect(server.requests).toHaveLength(6);
  expect(clock.slept).toEqual([50, 100, 200, 400, 500]);
});

test('no retries is one attempt', async () => {
  const server = await serve();
  server.faults.next(1, { kind: 'status', status: 500 });
  const { send, deadline } = connectRetrying({ maxRetries: 0 });
  await expect(send(get(server.url), deadline)).rejects.toMatchObject({ status: 500 });
  expect(server.requests).toHaveLength(1);
});

test.each([
  ['seconds', '7', 7_000],
  ['a date, against the date of the answer', 'Fri, 20 Nov 2026 08:00:09 GMT', 9_000],
  ['nothing that can be read', 'soon', 250],
  ['a date that is past', 'Fri, 20 Nov 2026 07:00:00 GMT', 250],
  ['zero', '0', 250],
])('Retry-After with %s', async (_, retryAfter, delayMs) => {
  const server = await serve();
  const headers = { 'retry-after': retryAfter, date: 'Fri, 20 Nov 2026 08:00:00 GMT' };
  server.faults.next(1, { kind: 'status', status: 429, headers });
  const { send, deadline, clock } = connectRetrying();
  expect((await send(get(server.url), deadline)).status).toBe(200);
  expect(clock.slept).toEqual([delayMs]);
});

test.each(['60', '3600'])('Retry-After %s beyond the deadline ends it at once', async (seconds) => {
  const server = await serve();
  server.faults.next(1, { kind: 'status', status: 429, headers: { 'retry-after': seconds } });
  const { send, deadline, clock, retries } = connectRetrying();
  await expect(send(get(server.url), deadline)).rejects.toMatchObject({ status: 429 });
  expect(clock.slept).toEqual([]);
  expect(retries).toEqual([]);
});

test('a delay beyond the deadline ends it at once', async () => {
  const server = await serve();
  server.faults.when(() => ({ kind: 'status', status: 500 }));
  const { send, clock } = connectRetrying();
  await expect(send(get(server.url), deadlineIn(600, clock))).rejects.toMatchObject({ status: 500 });
  expect(clock.slept).toEqual([250]);
  expect(server.requests).toHaveLength(2);
});

test('a sleep that takes until the deadline ends with the real error', async () => {
  const server = await serve();
  server.faults.next(1, { kind: 'status', status: 500 });
  const { send: attempt, clock, deadline } = connect({}, {}, createFakeClock({ autoAdvance: true }));
  const oversleeping = { ...clock, sleep: (ms: number) => clock.sleep(ms + 60_000) };
  const send = retrying(attempt, { clock: oversleeping, maxRetries: 3 });
  await expect(send(get(server.url), deadline)).rejects.toMatchObject({ status: 500 });
});

test('a request nobody answers is sent again until the deadline', async () => {
  const server = await serve();
  server.faults.when(() => ({ kind: 'hang' }));
  const clock = createFakeClock({ random: () => 0.5 });
  const { send: attempt, deadline } = connect({}, { timeoutMs: 40_000 }, clock);
  const failure = failureOf(retrying(attempt, { clock, maxRetries: 3 })(get(server.url), deadline));
  await server.received(1);
  await clock.advance(40_250);
  await server.received(2);
  await clock.advance(19_750);
  expect(await failure).toMatchObject({ reason: 'deadline' });
  expect(server.requests).toHaveLength(2);
});

test('a closed connection is replaced at once, the second time after a delay', async () => {
  const server = await serve();
  server.faults.next(2, { kind: 'reset-before-answer' });
  const { send, deadline, clock, retries } = connectRetrying();
  expect((await send(get(server.url), deadline)).status).toBe(200);
  expect(clock.slept).toEqual([500]);
  expect(retries.map(({ delayMs }) => delayMs)).toEqual([0, 500]);
});

test('connections that died while they were idle cost no delay', async () => {
  const server = await serve();
  const { send, deadline, clock } = connectRetrying();
  await Promise.all([send(get(server.url), deadline), send(get(server.url), deadline)]);
  server.dropConnections();
  await Promise.all([send(get(server.url), deadline), send(get(server.url), deadline)]);
  expect(server.requests).toHaveLength(4);
  expect(clock.slept).toEqual([]);
});

test('the number of the retry is sent when asked for', async () => {
  const server = await serve();
  server.faults.next(4, { kind: 'status', status: 500 });
  const { send, deadline } = connectRetrying({ retryAttemptHeader: true, maxRetries: 2 });
  await failureOf(send(get(server.url), deadline));
  await connectRetrying().send(get(server.url), deadline);
  expect(server.requests.map(({ headers }) => headers['retry-attempt'])).toEqual([
    undefined,
    '1',
    '2',
    undefined,
    undefined,
  ]);
});

test('every attempt authenticates', async () => {
  const server = await serve();
  server.faults.next(1, { kind: 'status', status: 500 });
  const { send, deadline } = connectRetrying();
  await withBearer(send, createSecret('t'))(get(server.url), deadline);
  expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer t', 'Bearer t']);
});
