import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { limitSeries } from '../../lib/metrics/cardinality.ts';
import { countSeries, seriesByFamily } from '../../lib/metrics/count.ts';
import type { Family, Labels, Sample } from '../../lib/metrics/family.ts';

const gauge = (name: string, samples: readonly Sample[], fold?: 'sum' | 'min'): Family => ({
  descriptor: {
    name,
    help: 'Help.',
    type: 'gauge',
    labels: ['flow', 'deployment', 'work_pool', 'state'],
    ...(fold === undefined ? {} : { fold }),
  },
  samples,
});

const sample = (flow: string, deployment: string, value = 1, more: Labels = {}): Sample => ({
  labels: { flow, deployment, work_pool: 'k8s', ...more },
  value,
});

const flat = (name: string, n: number): Family =>
  gauge(
    name,
    Array.from({ length: n }, (_, index) => ({ labels: { x: String(index) }, value: 1 })),
  );

const names = (families: readonly Family[]) => families.map(({ descriptor }) => descriptor.name);

describe('limitSeries', () => {
  it('does nothing up to the limit', () => {
    const families = [flat('prefect_a', 3)];
    expect(limitSeries(families, 3)).toEqual({
      families,
      foldedFlows: [],
      droppedFamilies: [],
      total: 3,
      problem: undefined,
    });
  });

  it('folds the flow with most series first, and no more flows than needed', () => {
    const open = gauge(
      'prefect_flow_runs_open',
      [
        sample('small', 'a', 1),
        sample('z-big', 'a', 2),
        sample('z-big', 'b', 3),
        sample('z-big', 'c', 4),
        sample('middle', 'a', 5),
        sample('middle', 'b', 6),
      ],
      'sum',
    );
    const { families, foldedFlows, droppedFamilies } = limitSeries([open], 4);
    expect(foldedFlows).toEqual(['z-big']);
    expect(droppedFamilies).toEqual([]);
    expect(families[0]?.samples.map(({ labels, value }) => [labels.flow, labels.deployment, value])).toEqual([
      ['small', 'a', 1],
      ['_other', '_other', 9],
      ['middle', 'a', 5],
      ['middle', 'b', 6],
    ]);
    expect(limitSeries([open], 3).foldedFlows).toEqual(['z-big', 'middle']);
  });

  it('keeps pool and own labels, drops promoted tags, and takes the earliest where that is the merge', () => {
    const oldest = gauge(
      'prefect_oldest',
      [
        sample('a', 'x', 30, { team: 'one', state: 'RUNNING' }),
        sample('a', 'y', 20, { team: 'two', state: 'RUNNING' }),
        sample('a', 'z', 10, { team: 'two', state: 'PENDING' }),
        sample('a', 'z', 25, { team: 'two', state: 'RUNNING', work_pool: 'gpu' }),
      ],
      'min',
    );
    const { families } = limitSeries([oldest], 3, ['team']);
    const other = { flow: '_other', deployment: '_other', team: '' };
    expect(families[0]?.samples).toEqual([
      { labels: { ...other, work_pool: 'k8s', state: 'RUNNING' }, value: 20 },
      { labels: { ...other, work_pool: 'k8s', state: 'PENDING' }, value: 10 },
      { labels: { ...other, work_pool: 'gpu', state: 'RUNNING' }, value: 25 },
    ]);
  });

  it('a flow that is really called _other is counted with the folded', () => {
    const open = gauge(
      'prefect_open',
      [sample('_other', '_other', 1), sample('a', 'x', 2), sample('a', 'y', 4)],
      'sum',
    );
    expect(limitSeries([open], 1).families[0]?.samples.map(({ value }) => value)).toEqual([7]);
  });

  it('then leaves out families: largest first, deployments last, itself never', () => {
    const families = [
      flat('prefect_exporter_series', 50),
      flat('prefect_up', 1),
      flat('prefect_deployment_info', 40),
      flat('prefect_work_queue_ready', 5),
      flat('prefect_work_pool_ready', 30),
    ];
    expect(limitSeries(families, 100).droppedFamilies).toEqual(['prefect_work_pool_ready']);
    expect(limitSeries(families, 95).droppedFamilies).toEqual([
      'prefect_work_pool_ready',
      'prefect_work_queue_ready',
    ]);
    expect(limitSeries(families, 90).droppedFamilies).toEqual(['prefect_deployment_info']);
    expect(names(limitSeries(families, 0).families)).toEqual(['prefect_exporter_series', 'prefect_up']);
  });

  it('what is reserved counts, and the limit in the message is the one that was set', () => {
    const families = [flat('prefect_work_pool_ready', 5), flat('prefect_flows', 1)];
    expect(limitSeries(families, 10, [], 4).problem).toBeUndefined();
    const { droppedFamilies, total, problem } = limitSeries(families, 10, [], 5);
    expect([droppedFamilies, total]).toEqual([['prefect_work_pool_ready'], 11]);
    expect(problem?.message).toContain('11 series, MAX_SERIES 10.');
  });

  it('small families do not go for nothing', () => {
    const families = [
      flat('prefect_deployment_info', 100),
      flat('prefect_work_pool_ready', 5),
      flat('prefect_flows', 1),
    ];
    expect(limitSeries(families, 50).droppedFamilies).toEqual(['prefect_deployment_info']);
  });

  it('says which families, which flows and what to do', () => {
    const flows = Array.from({ length: 40 }, (_, index) => `nightly-2026-11-${10 + index}`);
    const open = gauge(
      'prefect_flow_runs_open',
      flows.map((flow) => sample(flow, 'a')),
      'sum',
    );
    const { problem } = limitSeries([open, flat('prefect_work_pool_ready', 3)], 20);
    expect(problem).toEqual({
      slug: 'series-limit',
      message: '43 series, MAX_SERIES 20. Label sets are folded into flow="_other".',
      found:
        'largest: prefect_flow_runs_open 40, prefect_work_pool_ready 3; flows with most: nightly-{n} (40 names)',
      do: String.raw`FLOWS_EXCLUDE='^nightly-\d[-_.:T\d]*$', DETAIL=lean, or MAX_SERIES=5000`,
    });
    expect(flows.every((flow) => /^nightly-\d[-_.:T\d]*$/.test(flow))).toBe(true);
    const one = gauge('prefect_flow_runs_open', [sample('a.b', 'x'), sample('a.b', 'y')], 'sum');
    const text = limitSeries([one, flat('prefect_up', 1)], 1).problem;
    expect(text?.message).toContain('Left out: prefect_flow_runs_open.');
    expect(text?.found).toContain('flows with most: a.b (2 series)');
    expect(text?.do).toContain(String.raw`FLOWS_EXCLUDE='^a\.b$'`);
    const dotted = gauge(
      'prefect_flow_runs_open',
      [sample('load.7(x)', 'x'), sample('load.12(x)', 'y')],
      'sum',
    );
    const { do: advice } = limitSeries([dotted], 1).problem ?? {};
    expect(advice).toContain(String.raw`FLOWS_EXCLUDE='^load\.\d[-_.:T\d]*\(x\)$'`);
  });
});

const name = fc.constantFrom('a', 'b', 'c', 'd', '_other');
const someSamples = fc.uniqueArray(
  fc.record({
    labels: fc.record({
      flow: name,
      deployment: name,
      work_pool: fc.constantFrom('', 'k8s', 'gpu'),
      state: fc.constantFrom('RUNNING', 'PENDING'),
      team: fc.constantFrom('', 'x'),
    }),
    value: fc.integer({ min: 0, max: 1_000 }),
  }),
  { selector: ({ labels }) => JSON.stringify(labels), maxLength: 40 },
);

const byPool = (families: readonly Family[], merge: (a: number, b: number) => number) => {
  const sums = new Map<string, number>();
  for (const { labels, value } of families.flatMap(({ samples }) => samples)) {
    const key = `${labels.work_pool} ${labels.state}`;
    const before = sums.get(key);
    sums.set(key, before === undefined ? value : merge(before, value));
  }
  return Object.fromEntries([...sums].sort());
};

describe('properties of folding', () => {
  it('sums by pool and state stay exact, and so do minima, unless the family is left out', () => {
    fc.assert(
      fc.property(someSamples, fc.constantFrom('sum', 'min'), fc.nat(40), (samples, fold, limit) => {
        const family = gauge('prefect_open', samples, fold);
        const { families, droppedFamilies } = limitSeries([family], limit, ['team']);
        const merge = fold === 'sum' ? (a: number, b: number) => a + b : Math.min;
        if (droppedFamilies.length > 0) expect(families).toEqual([]);
        else expect(byPool(families, merge)).toEqual(byPool([family], merge));
        expect(countSeries(families)).toBeLessThanOrEqual(limit);
      }),
    );
  });

  it('the order of samples and families does not matter', () => {
    const sorted = (families: readonly Family[]) =>
      families
        .flatMap(({ descriptor, samples }) =>
          samples.map((one) => `${descriptor.name} ${JSON.stringify(one)}`),
        )
        .sort();
    fc.assert(
      fc.property(someSamples, someSamples, fc.nat(60), (first, second, limit) => {
        const families = [
          gauge('prefect_open', first, 'sum'),
          gauge('prefect_b', second),
          flat('prefect_c', 5),
        ];
        const turned = families.map((one) => ({ ...one, samples: [...one.samples].reverse() })).reverse();
        const [one, other] = [limitSeries(families, limit, ['team']), limitSeries(turned, limit, ['team'])];
        expect(sorted(other.families)).toEqual(sorted(one.families));
        expect(other).toMatchObject({ foldedFlows: one.foldedFlows, droppedFamilies: one.droppedFamilies });
        expect(other.problem).toEqual(one.problem);
      }),
    );
  });
});

it('counts series, most first, without empty families', () => {
  const families = [flat('prefect_b', 2), flat('prefect_a', 2), flat('prefect_c', 5), flat('prefect_d', 0)];
  expect(countSeries(families)).toBe(9);
  expect([...seriesByFamily(families)]).toEqual([
    ['prefect_c', 5],
    ['prefect_a', 2],
    ['prefect_b', 2],
  ]);
});
