import { describe, expect, it } from 'vitest';
import { checkFamilies } from '../../lib/metrics/check.ts';
import type { Family, FamilyDescriptor, HistogramSuffix, Labels, Sample } from '../../lib/metrics/family.ts';
import { foldFlows } from '../../lib/metrics/fold.ts';
import { bucketBound, bucketLabel } from '../../lib/metrics/histogram.ts';

const descriptor: FamilyDescriptor = {
  name: 'prefect_duration_seconds',
  help: 'Durations.',
  type: 'histogram',
  labels: ['flow'],
  fold: 'sum',
};

const part = (suffix: HistogramSuffix, value: number, labels: Labels): Sample => ({ labels, value, suffix });

/** Cumulative counts by bound, `_sum` and `_count`. */
const histogram = (
  labels: Labels,
  buckets: Readonly<Record<string, number>> = { '15.0': 1, '60.0': 3, '+Inf': 4 },
  count = 4,
): readonly Sample[] => [
  ...Object.entries(buckets).map(([le, value]) => part('_bucket', value, { ...labels, le })),
  part('_sum', 99.5, labels),
  part('_count', count, labels),
];

const family = (samples: readonly Sample[], fields: Partial<FamilyDescriptor> = {}): Family => ({
  descriptor: { ...descriptor, ...fields },
  samples,
});

const faults = (...families: readonly Family[]) =>
  checkFamilies(families, { tags: [], common: [] })
    .problems.map(({ message }) => message)
    .join('\n');

describe('a histogram', () => {
  it('passes the check when it is whole, whatever the order of its samples', () => {
    const whole = [...histogram({ flow: 'a' }), ...histogram({ flow: 'b' })];
    expect(faults(family(whole))).toBe('');
    expect(faults(family(whole.toReversed()))).toBe('');
    expect(faults(family([]))).toBe('');
  });

  it.each<[string, readonly Sample[], string]>([
    ['no +Inf', histogram({ flow: 'a' }, { '15.0': 4 }), 'has no bucket le="+Inf"'],
    ['no buckets', histogram({ flow: 'a' }, {}), 'has no bucket le="+Inf"'],
    ['no _sum', histogram({ flow: 'a' }).filter(({ suffix }) => suffix !== '_sum'), 'has no _sum'],
    ['no _count', histogram({ flow: 'a' }).filter(({ suffix }) => suffix !== '_count'), 'has no _count'],
    ['another _count', histogram({ flow: 'a' }, undefined, 5), 'has 4 in le="+Inf" and the _count 5'],
    [
      'counts that are not cumulative',
      histogram({ flow: 'a' }, { '15.0': 3, '60.0': 1, '+Inf': 4 }),
      'has fewer in le="60.0" than in the bucket before',
    ],
    [
      'a bound that is no canonical float',
      histogram({ flow: 'a' }, { '15': 1, '+Inf': 4 }),
      'has a bucket with le="15", not 15.0',
    ],
    [
      'a bound that is no number',
      histogram({ flow: 'a' }, { many: 1, '+Inf': 4 }),
      'has a bucket with le="many", not a number or +Inf',
    ],
    [
      'buckets of their own',
      [...histogram({ flow: 'a' }), ...histogram({ flow: 'b' }, { '30.0': 1, '+Inf': 4 })],
      'has the buckets 30.0,+Inf, others 15.0,60.0,+Inf',
    ],
    ['a bucket twice', [...histogram({ flow: 'a' }), ...histogram({ flow: 'a' })], 'two samples have'],
    [
      'a bucket without le',
      [...histogram({ flow: 'a' }), part('_bucket', 1, { flow: 'a' })],
      'a sample has the labels flow, not flow,le',
    ],
    [
      'le on a sum',
      [...histogram({ flow: 'a' }), part('_sum', 1, { flow: 'b', le: '1.0' })],
      'a sample has the labels flow,le, not flow',
    ],
    ['a count below 0', histogram({ flow: 'a' }, { '+Inf': -1 }, -1), 'the value -1'],
    ['a sample without suffix', [{ labels: { flow: 'a' }, value: 1 }], 'has no suffix'],
  ])('with %s is left out', (_, samples, message) => {
    expect(faults(family(samples))).toContain(message);
  });

  it('is what only a histogram may look like', () => {
    const gauge = { type: 'gauge', name: 'prefect_things' } as const;
    expect(faults(family([part('_sum', 1, { flow: 'a' })], gauge))).toContain('has the suffix _sum');
  });

  it('owns the names of its series', () => {
    const sum = { type: 'gauge', name: 'prefect_duration_seconds_sum', keptName: true } as const;
    const other = family([{ labels: { flow: 'a' }, value: 1 }], sum);
    expect(faults(family(histogram({ flow: 'a' })), other)).toContain(
      'two families have series with the name prefect_duration_seconds_sum',
    );
    expect(faults(other, family(histogram({ flow: 'a' })))).toContain(
      'prefect_duration_seconds was left out',
    );
  });

  it('has one label more than its descriptor', () => {
    const names = Array.from({ length: 29 }, (_, index) => `label_${index}`);
    const labels = Object.fromEntries(names.map((name) => [name, 'x']));
    expect(faults(family(histogram(labels), { labels: names }))).toContain('31 labels of 30');
  });

  it('is folded series by series', () => {
    const samples = [
      ...histogram({ flow: 'a', deployment: 'x' }),
      ...histogram({ flow: 'b', deployment: 'y' }),
    ];
    const { families, flows } = foldFlows([family(samples)], 1, []);
    expect(flows).toEqual(['a', 'b']);
    const other = { flow: '_other', deployment: '_other' };
    expect(families[0]?.samples).toEqual([
      part('_bucket', 2, { ...other, le: '15.0' }),
      part('_bucket', 6, { ...other, le: '60.0' }),
      part('_bucket', 8, { ...other, le: '+Inf' }),
      part('_sum', 199, other),
      part('_count', 8, other),
    ]);
  });
});

it.each([
  [60, '60.0'],
  [0, '0.0'],
  [0.005, '0.005'],
  [-2, '-2.0'],
  [1e300, '1e+300'],
  [Number.POSITIVE_INFINITY, '+Inf'],
])('the bound %d is le="%s", and back', (bound, le) => {
  expect(bucketLabel(bound)).toBe(le);
  expect(bucketBound(le)).toBe(bound);
});
