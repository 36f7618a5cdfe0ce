import { expect, test } from 'vitest';
import { HttpStatusError, NoAnswerError, RedirectError, UnexpectedBodyError } from '../../lib/http/errors.ts';
import { isClosedConnection, isRetryable } from '../../lib/http/retryable.ts';
import { get } from './fixtures.ts';

const request = get(new URL('http://prefect.test/'));

test.each([
  ['connect', true],
  ['closed', true],
  ['timeout', true],
  ['tls', false],
  ['deadline', false],
  ['too-large', false],
] as const)('no answer because of %s: sent again %s', (reason, again) => {
  const error = new NoAnswerError(request, { reason, what: 'no answer' });
  expect(isRetryable(error)).toBe(again);
  expect(isClosedConnection(error)).toBe(reason === 'closed');
});

test('only 408, 429 and 5xx are sent again', () => {
  const statuses = Array.from({ length: 200 }, (_, n) => 400 + n);
  const refused = (status: number) => new HttpStatusError(request, { status, headers: {}, bodyExcerpt: '' });
  const again = statuses.filter((status) => isRetryable(refused(status)));
  expect(again).toEqual([408, 429, ...Array.from({ length: 100 }, (_, n) => 500 + n)]);
});

test('what a request calls final is not sent again', () => {
  const error = new HttpStatusError(request, { status: 500, headers: {}, bodyExcerpt: '' });
  expect(isRetryable(error, { finalStatuses: [500] })).toBe(false);
  expect(isRetryable(error, { finalStatuses: [503] })).toBe(true);
  expect(isRetryable(error, {})).toBe(true);
});

test.each([
  new RedirectError(request, 307, undefined),
  new UnexpectedBodyError(request, 'not JSON'),
  new Error('a defect'),
  undefined,
])('%s is final', (error) => {
  expect(isRetryable(error)).toBe(false);
});
