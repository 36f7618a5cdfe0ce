import { expect, test } from 'vitest';
import { json } from '../../doubles/server.ts';
import { jsonGet, jsonPost, parseJson } from '../../lib/http/json.ts';
import type { HttpResponse } from '../../lib/http/send.ts';
import { connect, failureOf, serve, wholeOf } from './fixtures.ts';

const request = jsonGet(new URL('http://prefect.test/api/flows?x=1'), 'flows');
const answer = (body: string | Uint8Array, headers = {}): HttpResponse => ({
  status: 200,
  headers,
  body: Buffer.from(body),
});

test('a POST carries its JSON, its type and its length', async () => {
  const server = await serve(({ body }) => ({ status: 200, body }));
  const { send, deadline } = connect();
  const sent = jsonPost(server.url, 'flows/filter', { limit: 200, name: 'größe' });
  const response = await send(sent, deadline);
  expect(parseJson(sent, response)).toEqual({ limit: 200, name: 'größe' });
  expect(server.requests[0]).toMatchObject({
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json', 'content-length': '30' },
  });
});

test.each([
  ['truncate-body', /the JSON in the answer is cut short after \d+ characters, it starts with "\[1,2/],
  ['html', /the answer is not JSON \(content-type text\/html\), it starts with "<!doctype html>/],
  ['empty-body', /the body of the answer is empty instead of JSON$/],
] as const)('an answer that is 200 and not JSON (%s)', async (kind, message) => {
  const server = await serve(() => json([1, 2, 3, 4, 5, 6]));
  server.faults.next(1, { kind });
  const { send, deadline } = connect();
  const sent = jsonPost(server.url, 'flows/filter', {});
  const response = await send(sent, deadline);
  expect(() => parseJson(sent, response)).toThrow(message);
});

test('the error names the request and shows a bounded, printable start', () => {
  const parse = () => parseJson(request, answer(`\u0007\n${'é'.repeat(5_000)}`));
  expect(parse).toThrow(/^GET http:\/\/prefect\.test\/api\/flows: /);
  expect(parse).toThrow(`it starts with "\\u0007\\n${'é'.repeat(118)}"…`);
});

test('text that is not UTF-8 is refused, not mended', () => {
  expect(() => parseJson(request, answer(Buffer.from('"gr\xf6\xdfe"', 'latin1')))).toThrow(
    'is not UTF-8 text',
  );
});

test.each([
  ['{"token":"abc123', 'cut short after 16 characters'],
  ['abc123', 'is not JSON'],
])('a secret body is not shown: %s', async (body, what) => {
  const parse = async () => parseJson(request, answer(body), { secretBody: true });
  const error = await failureOf(parse());
  expect(error.message).toContain(what);
  expect(wholeOf(error)).not.toContain('abc123');
});
