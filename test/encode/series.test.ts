import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maxLabelValueBytes, wireLabelValue } from '../../lib/encode/label-value.ts';
import { wireSeries } from '../../lib/encode/series.ts';
import { anyText, gauge, sample } from './families.ts';

const manyLabels = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`label_${index}`, 'x']));

describe('wireSeries', () => {
  it('takes 30 labels with the name and no more', () => {
    const [series] = wireSeries([gauge('m', [sample(manyLabels(29))])]);
    expect(series?.names).toHaveLength(30);
    expect(() => [...wireSeries([gauge('m', [sample(manyLabels(30))])])]).toThrow(
      'm has 31 labels with its name; 30 are allowed',
    );
  });

  it('does not count labels without a value', () => {
    const [series] = wireSeries([gauge('m', [sample({ ...manyLabels(29), empty: '' })])]);
    expect(series?.names).toHaveLength(30);
  });

  it('keeps the labels of each sample apart when their shapes differ', () => {
    const samples = [sample({ b: '1', a: '2' }), sample({ a: '3', b: '4' }), sample({ a: '', b: '5' })];
    expect([...wireSeries([gauge('m', samples)])].map(({ names, values }) => [names, values])).toEqual([
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

  it('takes one series at a time from its source', () => {
    let taken = 0;
    const families = (function* () {
      for (const name of ['a', 'b']) {
        taken += 1;
        yield gauge(name, [sample({})]);
      }
    })();
    wireSeries(families).next();
    expect(taken).toBe(1);
  });

  it('refuses a histogram, whose series have names a sample cannot carry', () => {
    const histogram = gauge('m', [sample({ le: '1' })], { type: 'histogram' });
    expect(() => [...wireSeries([histogram])]).toThrow('m is a histogram');
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
