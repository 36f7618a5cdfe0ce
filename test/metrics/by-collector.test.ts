import { describe, expect, it } from 'vitest';
import { familiesByCollector, seriesByCollector } from '../../lib/metrics/by-collector.ts';
import { limitSeries } from '../../lib/metrics/cardinality.ts';
import { checkFamilies } from '../../lib/metrics/check.ts';
import type { Family } from '../../lib/metrics/family.ts';
import type { Series } from '../../lib/metrics/series.ts';
import { createSeriesTable } from '../../lib/metrics/series-table.ts';

const family = (name: string, flows: readonly string[], value = 1): Family => ({
  descriptor: { name, help: 'Help.', type: 'gauge', labels: ['flow', 'deployment'], fold: 'sum' },
  samples: flows.map((flow) => ({ labels: { flow, deployment: 'd' }, value })),
});

const checked = (families: readonly Family[]) => checkFamilies(families, { tags: [], common: [] }).families;
const flowsOf = (series: Iterable<Series>) =>
  [...series].map(({ names, values }) => `${values[0]} ${values[names.indexOf('flow')]}`).sort();

describe('families by collector', () => {
  it('are those that go out, as they were produced', () => {
    const [a, b, c] = [family('prefect_a', ['x']), family('prefect_b', ['x']), family('prefect_c', ['x'])];
    const produced = [
      { collector: 'one', produced: [a, b] },
      { collector: 'two', produced: [c] },
      { collector: 'three', produced: [] },
    ];
    expect(familiesByCollector(produced, checked([a, b, c]))).toEqual([
      { collector: 'one', produced: [a, b], families: [a, b] },
      { collector: 'two', produced: [c], families: [c] },
      { collector: 'three', produced: [], families: [] },
    ]);
  });

  it('of one name are those of the first collector', () => {
    const [a, again] = [family('prefect_a', ['x']), family('prefect_a', ['y'])];
    const produced = [
      { collector: 'one', produced: [a] },
      { collector: 'two', produced: [again] },
    ];
    const byCollector = familiesByCollector(produced, checked([a, again]));
    expect(byCollector.map(({ families }) => families)).toEqual([[a], []]);
  });
});

describe('series by collector', () => {
  const table = createSeriesTable();
  const seriesOf = (produced: readonly Family[], goingOut: readonly Family[]) => {
    const byCollector = familiesByCollector([{ collector: 'one', produced }], goingOut);
    const [only] = seriesByCollector(byCollector, table);
    if (only === undefined) throw new Error('no collector');
    return { sent: flowsOf(only.samples.map(({ series }) => series)), alive: flowsOf(only.alive) };
  };

  it('go out as they are when nothing is left out', () => {
    const produced = [family('prefect_a', ['x', 'y'])];
    const all = ['prefect_a x', 'prefect_a y'];
    expect(seriesOf(produced, checked(produced))).toEqual({ sent: all, alive: all });
  });

  it('that the check leaves out are alive and do not go out', () => {
    const produced = [family('prefect_a', ['x', 'y'], Number.NaN), family('prefect_b', ['x'])];
    expect(seriesOf(produced, checked(produced))).toEqual({
      sent: ['prefect_b x'],
      alive: ['prefect_a x', 'prefect_a y', 'prefect_b x'],
    });
  });

  it('that are folded are alive, and so is what they are folded into', () => {
    const produced = [family('prefect_a', ['x', 'y', 'z'])];
    const limited = limitSeries(produced, 2);
    expect(limited.foldedFlows).toHaveLength(2);
    expect(seriesOf(produced, limited.families)).toEqual({
      sent: ['prefect_a _other', 'prefect_a z'],
      alive: ['prefect_a _other', 'prefect_a x', 'prefect_a y', 'prefect_a z'],
    });
  });

  it('that cannot be series are nothing', () => {
    const labels = Object.fromEntries(Array.from({ length: 31 }, (_, index) => [`l${index}`, 'x']));
    const wide: Family = { ...family('prefect_a', []), samples: [{ labels, value: 1 }] };
    expect(seriesOf([wide], checked([wide]))).toEqual({ sent: [], alive: [] });
  });

  it('are the same objects in the next tick', () => {
    const tick = () =>
      seriesByCollector(
        familiesByCollector(
          [{ collector: 'one', produced: [family('prefect_a', ['x'])] }],
          [family('prefect_a', ['x'])],
        ),
        table,
      )[0]?.samples[0]?.series;
    expect(tick()).toBeDefined();
    expect(tick()).toBe(tick());
  });
});
