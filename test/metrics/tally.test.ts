import { expect, it } from 'vitest';
import { seriesKey } from '../../lib/metrics/series-key.ts';
import { createTally } from '../../lib/metrics/tally.ts';

it('an empty label is an absent one, and the order of labels says nothing', () => {
  const tally = createTally('sum');
  tally.add({ a: '1', b: '' }, 1);
  tally.add({ a: '1' }, 2);
  tally.add({ b: '2', a: '1' }, 4);
  tally.add({ a: '1', b: '2' }, 8);
  expect(tally.samples().map(({ value }) => value)).toEqual([3, 12]);
});

it('values cannot imitate other labels', () => {
  expect(seriesKey({ a: '1","b":"2' })).not.toBe(seriesKey({ a: '1', b: '2' }));
});

it('merges to the sum or to the smallest', () => {
  const merged = (kind: 'sum' | 'min') => {
    const tally = createTally(kind);
    for (const value of [3, 1, 2]) tally.add({}, value);
    return tally.samples();
  };
  expect(merged('sum')).toEqual([{ labels: {}, value: 6 }]);
  expect(merged('min')).toEqual([{ labels: {}, value: 1 }]);
});
