import fc from 'fast-check';
import { expect, test } from 'vitest';
import { defaultBackoff, jitteredDelayMs } from '../../lib/http/backoff.ts';
import { parseHttpDate } from '../../lib/http/http-date.ts';

test('a delay lies between 0 and the doubled first one, never above the longest', () => {
  fc.assert(
    fc.property(
      fc.nat(2_000),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (retries, chance) => {
        const delayMs = jitteredDelayMs(retries, defaultBackoff, () => chance);
        expect(Number.isInteger(delayMs)).toBe(true);
        expect(delayMs).toBeGreaterThanOrEqual(0);
        expect(delayMs).toBeLessThanOrEqual(Math.min(500 * 2 ** retries, 10_000));
      },
    ),
  );
});

test('the whole range is used', () => {
  expect(jitteredDelayMs(0, defaultBackoff, () => 0)).toBe(0);
  expect(jitteredDelayMs(1, defaultBackoff, () => 0.999)).toBe(999);
});

test.each([
  ['Sun, 06 Nov 1994 08:49:37 GMT', 784_111_777_000],
  ['Sunday, 06-Nov-94 08:49:37 GMT', undefined],
  ['Sun, 99 Nov 1994 08:49:37 GMT', undefined],
  ['2026-11-20', undefined],
  ['7', undefined],
  [undefined, undefined],
])('the HTTP date %s', (text, atMs) => {
  expect(parseHttpDate(text)).toBe(atMs);
});
