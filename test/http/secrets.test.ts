import { expect, test } from 'vitest';
import * as z from 'zod';
import { json } from '../../doubles/server.ts';
import { withBasicAuth, withBearer } from '../../lib/http/auth.ts';
import type { Send } from '../../lib/http/send.ts';
import { parseAnswer } from '../../lib/prefect/parse.ts';
import { createSecret } from '../../lib/secret.ts';
import { connect, failureOf, get, serve, wholeOf } from './fixtures.ts';

const token = 'pnu_0123456789abcdef';
const userInfo = 'hunter22';
const query = 'query-secret';
const basic = Buffer.from(`admin:${token}`).toString('base64');

/** A request with a secret in every place that can hold one. */
async function failWith(send: Send, deadline: { atMs: number }, origin: URL): Promise<string> {
  const url = new URL(`/api?key=${query}`, origin);
  url.username = 'user';
  url.password = userInfo;
  const request = get(url, { 'x-api-key': 'api-key-secret', 'prefect-csrf-token': 'csrf-secret' });
  const [bearer, basicAuth] = await Promise.all([
    failureOf(withBearer(send, createSecret(token))(request, deadline)),
    failureOf(withBasicAuth(send, createSecret(`admin:${token}`))(request, deadline)),
  ]);
  return wholeOf(bearer) + wholeOf(basicAuth);
}

function expectNoSecret(shown: string): void {
  for (const secret of [token, userInfo, query, basic, 'api-key-secret', 'csrf-secret']) {
    expect(shown).not.toContain(secret);
  }
}

test.each(['reset-before-answer', 'reset-mid-body', 'wrong-content-length'] as const)(
  'no secret in the error of a broken connection (%s)',
  async (kind) => {
    const server = await serve();
    server.faults.next(2, { kind });
    const { send, deadline } = connect();
    const shown = await failWith(send, deadline, server.url);
    expect(shown).toContain('closed the connection');
    expectNoSecret(shown);
  },
);

test('no secret in the error of a refused connection', async () => {
  const server = await serve();
  await server.stop();
  const { send, deadline } = connect();
  const shown = await failWith(send, deadline, server.url);
  expect(shown).toContain('ECONNREFUSED');
  expectNoSecret(shown);
});

test('no secret in the error of a refusal, also when the answer quotes the request', async () => {
  const server = await serve(({ headers }) =>
    json({ detail: 'not yours', key: headers.authorization?.split(' ')[1], headers }, 401),
  );
  const { send, deadline } = connect();
  const shown = await failWith(send, deadline, server.url);
  expect(shown).toContain('not yours');
  for (const secret of [token, userInfo, basic, 'api-key-secret', 'csrf-secret']) {
    expect(shown).not.toContain(secret);
  }
});

test('no secret in the error of a refusal that quotes the decoded user and password', async () => {
  const server = await serve(({ headers }) => {
    const [, encoded = ''] = headers.authorization?.split(' ') ?? [];
    const [user, password] = Buffer.from(encoded, 'base64').toString().split(':');
    return json({ detail: 'no such user', user, password, both: `${user}:${password}` }, 401);
  });
  const { send, deadline } = connect();
  const shown = await failWith(send, deadline, server.url);
  expect(shown).toContain('no such user');
  expect(shown).not.toContain(token);
});

test('no secret in the error of a redirect', async () => {
  const server = await serve();
  server.faults.next(2, { kind: 'redirect', location: `/login?next=${query}` });
  const { send, deadline } = connect();
  const shown = await failWith(send, deadline, server.url);
  expect(shown).toContain(`redirects to http://127.0.0.1:${server.url.port}/login`);
  expectNoSecret(shown);
});

test('no part of a secret in the error of a refusal that is cut in the middle of it', async () => {
  const server = await serve(({ headers }) => ({
    status: 400,
    body: `${'x'.repeat(1_024 - 'Bearer pnu_'.length)}${headers.authorization}`,
  }));
  const { send, deadline } = connect();
  const shown = await failWith(send, deadline, server.url);
  expect(shown).toContain('xxx');
  expect(shown).not.toContain(token.slice(0, 4));
});

test.each(['text', 'JSON'])(
  'no secret in the error of an unexpected answer, %s, that quotes it',
  async (kind) => {
    const server = await serve(({ headers }) =>
      kind === 'JSON'
        ? json(`your ${headers.authorization}`)
        : { status: 200, body: `${headers.authorization}` },
    );
    const { send, deadline } = connect();
    const request = get(server.url);
    const response = await withBearer(send, createSecret(token))(request, deadline);
    const parse = async () => parseAnswer(z.array(z.string()), request, response);
    const shown = wholeOf(await failureOf(parse()));
    expect(shown).toContain(kind === 'JSON' ? 'expected array, found a secret' : 'the answer is not JSON');
    expectNoSecret(shown);
  },
);
