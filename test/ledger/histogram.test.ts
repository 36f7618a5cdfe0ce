import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { histogramParts } from '../../lib/ledger/histogram.ts';
import { dropOtherBounds, observeIn, sizeOfMap, snapshot } from '../../lib/ledger/series-map.ts';
import { placeIn } from './fixtures.ts';

const family = { name: 'd_seconds', help: 'D.', type: 'histogram', labels: [] } as const;

const aBounds = fc
  .uniqueArray(fc.constantFrom(0.000001, 0.1, 0.25, 1, 5, 15, 60, 3600, 86400), { maxLength: 9 })
  .map((bounds) => bounds.toSorted((a, b) => a - b));
const times = fc.array(
  fc.oneof(
    fc.nat(90_000_000_000),
    // Exactly on a bound, and a µs beside it.
    fc.constantFrom(0, 1, 2, 99_999, 100_000, 100_001, 15_000_000, 15_000_001, 60_000_000),
  ),
  { minLength: 1, maxLength: 30 },
);

describe('a histogram', () => {
  test('has in each bucket what is not above its bound, everything in +Inf, and an exact sum', () => {
    fc.assert(
      fc.property(aBounds, times, (bounds, valuesUs) => {
        const map = new Map();
        for (const us of valuesUs) observeIn(placeIn(map), { family, bounds }, {}, us);
        const parts = histogramParts(bounds);
        const values = Object.fromEntries(
          parts.map(({ suffix, labels }, at) => [suffix + (labels.le ?? ''), snapshot(map)[at]]),
        );
        expect(sizeOfMap(map)).toBe(parts.length);
        expect(values).toEqual({
          ...Object.fromEntries(
            bounds.map((bound, at) => [
              `_bucket${parts[at]?.labels.le}`,
              valuesUs.filter((us) => us <= Math.round(bound * 1e6)).length,
            ]),
          ),
          '_bucket+Inf': valuesUs.length,
          _sum: Number(valuesUs.reduce((sum, us) => sum + BigInt(us), 0n)) / 1e6,
          _count: valuesUs.length,
        });
      }),
    );
  });

  test('has its buckets by canonical bounds, then the sum and the count', () => {
    expect(histogramParts([0.5, 60]).map(({ suffix, labels }) => [suffix, labels.le])).toEqual([
      ['_bucket', '0.5'],
      ['_bucket', '60.0'],
      ['_bucket', '+Inf'],
      ['_sum', undefined],
      ['_count', undefined],
    ]);
  });

  test('starts anew with other bounds, and with no others', () => {
    const map = new Map();
    observeIn(placeIn(map), { family, bounds: [1, 5] }, {}, 1);
    dropOtherBounds(map, 'another_seconds', [1]);
    dropOtherBounds(map, family.name, [1, 5]);
    expect(map.size).toBe(1);
    dropOtherBounds(map, family.name, [1, 5, 6]);
    expect(map.size).toBe(0);
  });
});
