import { describe, expect, test } from 'vitest';
import { json } from '../../doubles/server.ts';
import { HttpError } from '../../lib/http/errors.ts';
import { connect, failureOf, get, listen, post, serve } from './fixtures.ts';

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');

describe('an attempt', () => {
  test('sends method, path, query, headers and body, and gives status, headers and body', async () => {
    const server = await serve(() => ({ status: 201, headers: { 'x-answer': 'yes' }, body: 'stored' }));
    const { send, deadline } = connect();
    const response = await send(post(new URL('/write?tenant=1', server.url), 'samples'), deadline);
    expect(response).toMatchObject({ status: 201, headers: { 'x-answer': 'yes' } });
    expect(text(response.body)).toBe('stored');
    expect(server.requests).toMatchObject([
      {
        method: 'POST',
        path: '/write?tenant=1',
        headers: { 'content-type': 'text/plain', 'content-length': '7', 'accept-encoding': 'gzip' },
        body: Buffer.from('samples'),
      },
    ]);
  });

  test('says the length of an empty body and not what the caller says', async () => {
    const server = await serve();
    const { send, deadline } = connect();
    await send({ ...post(server.url, ''), headers: {} }, deadline);
    await send({ ...post(server.url, 'four'), headers: { 'content-length': '400' } }, deadline);
    expect(server.requests.map(({ headers }) => headers['content-length'])).toEqual(['0', '4']);
  });

  test('uses connections again', async () => {
    const server = await serve();
    const { send, deadline } = connect();
    for (let n = 0; n < 6; n += 1) await send(get(server.url), deadline);
    // undici leaves a socket alone for one turn of the event loop, so two of them take turns.
    expect(server.connections()).toBeLessThanOrEqual(2);
  });

  test.each(['gzip', 'deflate', 'br'] as const)('decodes %s', async (encoding) => {
    const server = await serve(() => json({ name: 'größe' }));
    server.faults.next(1, { kind: 'compress', encoding });
    const { send, deadline } = connect();
    expect(text((await send(get(server.url), deadline)).body)).toBe('{"name":"größe"}');
  });

  test('refuses a compressed body that is cut short', async () => {
    const server = await serve(() => json({ name: 'a'.repeat(500) }));
    server.faults.next(1, { kind: 'compress', encoding: 'gzip', damaged: true });
    const { send, deadline } = connect();
    await expect(send(get(server.url), deadline)).rejects.toMatchObject({
      name: 'UnexpectedBodyError',
      message: `GET ${server.url}: the gzip body of the answer is damaged or cut short`,
    });
  });

  test('refuses an encoding it does not know', async () => {
    const server = await serve(() => ({ status: 200, headers: { 'content-encoding': 'zstd' }, body: 'x' }));
    const { send, deadline } = connect();
    await expect(send(get(server.url), deadline)).rejects.toMatchObject({
      name: 'UnexpectedBodyError',
      message: expect.stringContaining('encoded as zstd'),
    });
  });

  test.each([
    ['as sent', undefined],
    ['as decoded', 'gzip' as const],
  ])('refuses a body that is too large %s', async (_, encoding) => {
    const server = await serve(() => ({ status: 200, body: 'a'.repeat(2_001) }));
    if (encoding !== undefined) server.faults.next(2, { kind: 'compress', encoding });
    const { send, deadline } = connect({}, { maxBodyBytes: 2_000 });
    await expect(send(get(server.url), deadline)).rejects.toMatchObject({
      name: 'NoAnswerError',
      reason: 'too-large',
      message: `GET ${server.url}: the body of the answer is larger than 2000 bytes`,
    });
    const larger = connect({}, { maxBodyBytes: 2_001 });
    expect((await larger.send(get(server.url), deadline)).body.byteLength).toBe(2_001);
  });

  test('gives status, headers and the first 1,024 bytes of an answer that is not 2xx', async () => {
    const server = await serve(() => ({
      status: 400,
      headers: { 'retry-after': '7', 'set-cookie': 'session=abc' },
      body: 'ä'.repeat(100_000),
    }));
    const { send, deadline } = connect();
    const error = await failureOf(send(get(new URL('/path?query', server.url)), deadline));
    expect(error).toMatchObject({
      name: 'HttpStatusError',
      status: 400,
      method: 'GET',
      url: `${server.url}path`,
      endpoint: 'test',
      headers: { 'retry-after': '7' },
      bodyExcerpt: 'ä'.repeat(512),
    });
    expect(error).not.toHaveProperty('headers.set-cookie');
  });

  test('leaves a character out that the cut of the excerpt splits', async () => {
    const server = await serve(() => ({ status: 400, body: `x${'ä'.repeat(1_000)}` }));
    const { send, deadline } = connect();
    await expect(send(get(server.url), deadline)).rejects.toMatchObject({
      bodyExcerpt: `x${'ä'.repeat(511)}`,
    });
  });

  test('does not wait for more of a refusal than it shows', async () => {
    const server = await serve(() => ({ status: 400, body: 'a'.repeat(100_000) }));
    server.faults.next(1, { kind: 'hang-mid-body' });
    const { send, deadline } = connect();
    await expect(send(get(server.url), deadline)).rejects.toMatchObject({ bodyExcerpt: 'a'.repeat(1_024) });
  });

  test('shows what can be decoded of a damaged refusal', async () => {
    const server = await serve(() => ({
      status: 500,
      body: Array.from({ length: 500 }, (_, n) => n).join(),
    }));
    server.faults.next(1, { kind: 'compress', encoding: 'gzip', damaged: true });
    const { send, deadline } = connect();
    await expect(send(get(server.url), deadline)).rejects.toMatchObject({
      bodyExcerpt: expect.stringMatching(/^0,1,2,3,4,5,/),
    });
  });

  test('an empty body has no encoding', async () => {
    const server = await serve(() => ({ status: 200, headers: { 'content-encoding': 'gzip' } }));
    const { send, deadline } = connect();
    expect((await send(get(server.url), deadline)).body.byteLength).toBe(0);
  });

  test('a request that no server could get is a defect, not a failure of the network', async () => {
    const { send, deadline } = connect();
    const error = await failureOf(send(get(new URL('http://127.0.0.1:9/'), { 'x-a': 'a\nb' }), deadline));
    expect(error).not.toBeInstanceOf(HttpError);
  });

  test('decodes the excerpt', async () => {
    const server = await serve(() => ({ status: 500, body: 'out of order sample' }));
    server.faults.next(1, { kind: 'compress', encoding: 'gzip' });
    const { send, deadline } = connect();
    await expect(send(get(server.url), deadline)).rejects.toMatchObject({
      bodyExcerpt: 'out of order sample',
    });
  });

  test.each(['reset-mid-body', 'wrong-content-length'] as const)(
    'knows the status of a refusal whose body breaks (%s)',
    async (kind) => {
      const server = await serve(() => ({ status: 400, body: 'out of order sample' }));
      server.faults.next(1, { kind });
      const { send, deadline } = connect();
      await expect(send(get(server.url), deadline)).rejects.toMatchObject({
        name: 'HttpStatusError',
        status: 400,
        bodyExcerpt: 'out of or',
      });
    },
  );

  test('does not follow a redirect, and shows where it points without credentials and query', async () => {
    const elsewhere = await serve();
    const location = new URL('/login?key=abc#top', elsewhere.url);
    location.username = 'user';
    location.password = 'hunter22';
    const server = await serve();
    server.faults.next(1, { kind: 'redirect', status: 307, location: location.href });
    const { send, deadline } = connect();
    await expect(send(get(server.url, { authorization: 'Bearer t' }), deadline)).rejects.toMatchObject({
      name: 'RedirectError',
      status: 307,
      location: `${elsewhere.url}login`,
    });
    expect(elsewhere.connections()).toBe(0);
  });

  test('resolves the location of a redirect', async () => {
    const server = await serve();
    server.faults.next(1, { kind: 'redirect', location: '../signin' });
    const { send, deadline } = connect();
    await expect(send(get(new URL('/api/flows', server.url)), deadline)).rejects.toMatchObject({
      location: `${server.url}signin`,
    });
  });
});

describe('the end of an attempt', () => {
  test('nothing starts at the deadline', async () => {
    const server = await serve();
    const { send, clock, deadline } = connect();
    await clock.advance(60_000);
    await expect(send(get(server.url), deadline)).rejects.toMatchObject({ reason: 'deadline' });
    expect(server.connections()).toBe(0);
  });

  test.each([
    ['timeout', 5_000, 'no answer within 5000 ms'],
    ['deadline', 90_000, 'no answer within 60000 ms, the time that was left'],
  ])('a request that is not answered ends with %s', async (reason, timeoutMs, what) => {
    const server = await serve();
    server.faults.next(1, { kind: 'hang' });
    const { send, clock, deadline } = connect({}, { timeoutMs });
    const failure = failureOf(send(get(server.url), deadline));
    await server.received(1);
    await clock.advance(Math.min(timeoutMs, 60_000) - 1);
    expect(clock.pending()).toBe(1);
    await clock.advance(1);
    expect(await failure).toMatchObject({ reason, message: `GET ${server.url}: ${what}` });
  });

  test('at its end the connection is given up', async () => {
    let arrived = () => {};
    let gone = () => {};
    const arrival = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const departure = new Promise<void>((resolve) => {
      gone = resolve;
    });
    const port = await listen((socket) => socket.on('close', gone).once('data', arrived));
    const { send, clock, deadline } = connect({}, { timeoutMs: 5_000 });
    const failure = failureOf(send(get(new URL(`http://127.0.0.1:${port}/`)), deadline));
    await arrival;
    await clock.advance(5_000);
    expect(await failure).toMatchObject({ reason: 'timeout' });
    await departure;
  });

  test('a body that stops ends with timeout and says so', async () => {
    const server = await serve(() => ({ status: 200, headers: { 'x-head': 'sent' }, body: 'abcdef' }));
    server.faults.next(1, { kind: 'hang-mid-body' });
    const { send, clock, deadline } = connect({}, { timeoutMs: 5_000 });
    const failure = failureOf(send(get(server.url), deadline));
    await server.received(1);
    // The head is on its way: one more exchange over another connection lets it arrive.
    await send(get(server.url), deadline);
    await clock.advance(5_000);
    expect(await failure).toMatchObject({
      reason: 'timeout',
      message: `GET ${server.url}: only a part of the answer within 5000 ms`,
    });
  });

  test('an answer in time is an answer', async () => {
    const clock = connect().clock;
    const server = await serve(undefined, { clock });
    server.faults.next(1, { kind: 'slow-headers', delayMs: 4_000 });
    const { send, deadline } = connect({}, { timeoutMs: 5_000 }, clock);
    const response = send(get(server.url), deadline);
    await server.received(1);
    await clock.advance(4_000);
    expect((await response).status).toBe(200);
    expect(clock.pending()).toBe(0);
  });

  test('closing ends what is on its way and refuses the rest', async () => {
    const server = await serve();
    server.faults.next(1, { kind: 'hang' });
    const { send, deadline, close } = connect();
    const failure = failureOf(send(get(server.url), deadline));
    await server.received(1);
    await close();
    expect(await failure).toMatchObject({ name: 'NoAnswerError', reason: 'closed' });
    await expect(send(get(server.url), deadline)).rejects.toMatchObject({ reason: 'deadline' });
    expect(server.requests).toHaveLength(1);
  });
});
