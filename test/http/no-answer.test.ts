import { expect, test } from 'vitest';
import { noAnswer } from '../../lib/http/no-answer.ts';
import { connect, failureOf, get, listen, serve, wholeOf } from './fixtures.ts';

test('a refused connection names host, port, code and time', async () => {
  const { url, stop } = await serve();
  await stop();
  const { port } = url;
  const { send, deadline } = connect();
  await expect(send(get(new URL(`http://127.0.0.1:${port}/api?key=abc`)), deadline)).rejects.toMatchObject({
    name: 'NoAnswerError',
    reason: 'connect',
    code: 'ECONNREFUSED',
    message: `GET http://127.0.0.1:${port}/api: 127.0.0.1:${port} refused the connection (ECONNREFUSED, after 0 ms)`,
  });
});

test('a name without an address', async () => {
  const { send, deadline } = connect();
  const error = await failureOf(send(get(new URL('http://nowhere.invalid/api')), deadline));
  expect(error).toMatchObject({ reason: 'connect', code: expect.stringMatching(/^(ENOTFOUND|EAI_AGAIN)$/) });
  expect(error.message).toMatch(/^GET http:\/\/nowhere\.invalid\/api: nowhere\.invalid:80 has no address/);
});

test.each(['reset-before-answer', 'reset-mid-body', 'wrong-content-length'] as const)(
  'a connection that ends early (%s)',
  async (kind) => {
    const server = await serve();
    server.faults.next(1, { kind });
    const { send, deadline } = connect();
    await expect(send(get(server.url), deadline)).rejects.toMatchObject({
      name: 'NoAnswerError',
      reason: 'closed',
      message: expect.stringContaining(
        `127.0.0.1:${server.url.port} closed the connection before the answer was`,
      ),
    });
  },
);

test('an answer that is not HTTP', async () => {
  const port = await listen((socket) => socket.write('SSH-2.0-OpenSSH_9.9\r\n'));
  const { send, deadline } = connect();
  const error = await failureOf(send(get(new URL(`http://127.0.0.1:${port}/`)), deadline));
  expect(error).toMatchObject({ reason: 'closed' });
  expect(error.message).toContain('answers with something that is not HTTP (after 0 ms)');
  expect(wholeOf(error)).not.toContain('OpenSSH');
});

test('a host that does not finish connecting is not one that gives no answer', async () => {
  const port = await listen(() => undefined);
  const { send, deadline } = connect({}, { connectTimeoutMs: 20 });
  const error = await failureOf(send(get(new URL(`https://127.0.0.1:${port}/`)), deadline));
  expect(error).toMatchObject({ reason: 'connect', code: 'UND_ERR_CONNECT_TIMEOUT' });
  expect(error.message).toContain(`127.0.0.1:${port} does not answer the attempt to connect`);
});

test('a proxy that does not finish connecting is the one that is named', async () => {
  const port = await listen(() => undefined);
  const { send, deadline } = connect({ httpsProxy: `https://localhost:${port}` }, { connectTimeoutMs: 20 });
  const error = await failureOf(send(get(new URL('https://example.com/')), deadline));
  expect(error).toMatchObject({ reason: 'connect', code: 'UND_ERR_CONNECT_TIMEOUT' });
  expect(error.message).toContain(`:${port} (for example.com:443) does not answer the attempt`);
});

test.each([
  ['EHOSTUNREACH', 'connect', '10.1.2.3:443 (for example.com:443) cannot be reached: no route to the host'],
  ['EPROTO', 'tls', '10.1.2.3:443 (for example.com:443) and this side do not agree on TLS: it broke'],
  [
    'EPIPE',
    'closed',
    '10.1.2.3:443 (for example.com:443) closed the connection before the answer was complete',
  ],
])('the code %s means %s', (code, reason, what) => {
  const cause = Object.assign(new Error('it broke'), { code, address: '10.1.2.3', port: 443 });
  const error = noAnswer(get(new URL('https://example.com/')), cause, 12.4);
  expect(error).toMatchObject({ reason, code, cause });
  expect(error.message).toBe(`GET https://example.com/: ${what} (${code}, after 12 ms)`);
});
