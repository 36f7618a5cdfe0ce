import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maxLabelValueBytes, wireLabelValue } from '../../lib/metrics/label-value.ts';
import { seriesName } from '../../lib/metrics/series.ts';
import { createSeriesTable } from '../../lib/metrics/series-table.ts';
import { toSeriesSamples } from '../../lib/metrics/to-series.ts';
import { anyText, gauge, histogram, sample } from '../encode/families.ts';

const manyLabels = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`label_${index}`, 'x']));

describe('toSeriesSamples', () => {
  it('takes 30 labels with the name and no more', () => {
    const [first] = toSeriesSamples([gauge('m', [sample(manyLabels(29))])]);
    expect(first?.series.names).toHaveLength(30);
    expect(() => toSeriesSamples([gauge('m', [sample(manyLabels(30))])])).toThrow(
      'm has 31 labels with its name; 30 are allowed',
    );
  });

  it('does not count labels without a value', () => {
    const [first] = toSeriesSamples([gauge('m', [sample({ ...manyLabels(29), empty: '' })])]);
    expect(first?.series.names).toHaveLength(30);
  });

  it('keeps the labels of each sample apart when their shapes differ', () => {
    const samples = [sample({ b: '1', a: '2' }), sample({ a: '3', b: '4' }), sample({ a: '', b: '5' })];
    expect(
      toSeriesSamples([gauge('m', samples)]).map(({ series: { names, values } }) => [names, values]),
    ).toEqual([
      [
        ['__name__', 'a', 'b'],
        ['m', '2', '1'],
      ],
      [
        ['__name__', 'a', 'b'],
        ['m', '3', '4'],
      ],
      [
        ['__name__', 'b'],
        ['m', '5'],
      ],
    ]);
  });

  it('names the series of a histogram with their suffix, and keeps the family', () => {
    const all = toSeriesSamples([histogram('m', { flow: 'a' }, [1, 3])]);
    expect(all.map(({ series, value }) => [series.family, series.values, value])).toEqual([
      ['m', ['m_bucket', 'a', '1.0'], 1],
      ['m', ['m_bucket', 'a', '+Inf'], 3],
      ['m', ['m_sum', 'a'], 4.5],
      ['m', ['m_count', 'a'], 3],
    ]);
    expect(all.map(({ series }) => seriesName(series))).toEqual(['m_bucket', 'm_bucket', 'm_sum', 'm_count']);
  });

  it('refuses a histogram without suffixes, and suffixes without a histogram', () => {
    const plain = gauge('m', [sample({ le: '1' })], { type: 'histogram' });
    expect(() => toSeriesSamples([plain])).toThrow(
      'm is a histogram and has a sample with the suffix (none)',
    );
    const odd = gauge('m', [{ ...sample({}), suffix: '_sum' }]);
    expect(() => toSeriesSamples([odd])).toThrow('m is a gauge and has a sample with the suffix _sum');
  });

  it('shares names between series of one shape', () => {
    const [a, b] = toSeriesSamples([gauge('m', [sample({ x: '1' })]), gauge('n', [sample({ x: '2' })])]);
    expect(a?.series.names).toBe(b?.series.names);
  });

  it('gives the same objects for the same series with a table, and only then', () => {
    const families = () => [gauge('m', [sample({ b: '1', a: '2' }), sample({ b: '2', a: '' })])];
    const table = createSeriesTable();
    const first = toSeriesSamples(families(), table);
    const second = toSeriesSamples(families(), table);
    expect(second).toEqual(toSeriesSamples(families()));
    expect(second.map(({ series }) => first.some((one) => one.series === series))).toEqual([true, true]);
    expect(toSeriesSamples(families())[0]?.series).not.toBe(first[0]?.series);
  });
});

describe('a series table', () => {
  it('tells series apart exactly where a name or a value differs', () => {
    const label = fc.constantFrom('a', 'b', 'c');
    const value = fc.constantFrom('x', 'y', 'xy', '1:x', 'x\u0000', '\u0001', '","', ',', '\ufffd');
    const labels = fc.dictionary(label, value, { maxKeys: 3 });
    fc.assert(
      fc.property(fc.array(labels, { minLength: 2, maxLength: 12 }), (all) => {
        const table = createSeriesTable();
        const series = all.map((one) => {
          const names = Object.keys(one).sort();
          return table.intern(
            names,
            names.map((name) => one[name] ?? ''),
            'm',
          );
        });
        const texts = all.map((one) => JSON.stringify(Object.entries(one).sort()));
        expect(new Set(series).size).toBe(new Set(texts).size);
        expect(series.map((one) => one.names.map((name, index) => [name, one.values[index]]))).toEqual(
          all.map((one) => Object.entries(one).sort()),
        );
      }),
    );
  });

  it.each([',', ';', ':', '"', '\u0000', '\u0001', '\uffff'])(
    'takes no %j in a value for its own',
    (mark) => {
      const table = createSeriesTable();
      const first = table.intern(['a', 'b'], [`x${mark}x`, 'x'], 'm');
      expect(table.intern(['a', 'b'], ['x', `x${mark}x`], 'm')).not.toBe(first);
    },
  );

  it('shares one array of names, whichever it is given', () => {
    const table = createSeriesTable();
    const first = table.intern(['__name__', 'a'], ['m', '1'], 'm');
    const second = table.intern(['__name__', 'a'], ['m', '2'], 'm');
    expect(second.names).toBe(first.names);
  });
});

describe('wireLabelValue', () => {
  it('leaves 2,048 bytes as they are', () => {
    for (const value of ['a'.repeat(2_048), 'é'.repeat(1_024), `${'日'.repeat(682)}ab`, '🚀'.repeat(512)]) {
      expect(wireLabelValue(value)).toBe(value);
    }
  });

  it('cuts one byte more at a character, with a hash behind it', () => {
    expect(wireLabelValue('a'.repeat(2_049))).toBe(`${'a'.repeat(2_028)}…#ba7bea600e8f3dfd`);
    for (const character of ['é', '日', '🚀']) {
      const cut = wireLabelValue(character.repeat(2_048));
      expect(cut).toMatch(new RegExp(`^(?:${character})+…#[0-9a-f]{16}$`, 'u'));
      const bytes = Buffer.byteLength(cut);
      expect(bytes).toBeLessThanOrEqual(maxLabelValueBytes);
      expect(bytes).toBeGreaterThan(maxLabelValueBytes - 4);
    }
  });

  it('keeps values apart that differ only after the cut', () => {
    const start = 'x'.repeat(3_000);
    expect(wireLabelValue(`${start}1`)).not.toBe(wireLabelValue(`${start}2`));
    expect(wireLabelValue(`${start}1`)).toBe(wireLabelValue(`${start}1`));
  });

  it('is always valid, short enough and the same when done twice', () => {
    const longText = fc
      .tuple(anyText({ maxLength: 4 }), anyText({ minLength: 1, maxLength: 9 }), fc.nat({ max: 800 }))
      .map(([start, unit, times]) => start + unit.repeat(times));
    fc.assert(
      fc.property(longText, (value) => {
        const wire = wireLabelValue(value);
        expect(wire.isWellFormed()).toBe(true);
        expect(Buffer.byteLength(wire)).toBeLessThanOrEqual(maxLabelValueBytes);
        expect(wireLabelValue(wire)).toBe(wire);
      }),
    );
  });
});
