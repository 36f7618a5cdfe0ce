import fc from 'fast-check';
import type { Family, Labels, Sample } from '../../lib/metrics/family.ts';
import { bucketLabel } from '../../lib/metrics/histogram.ts';

/** A gauge as the encoders take it: only name, help, type and samples matter to them. */
export const gauge = (
  name: string,
  samples: readonly Sample[],
  descriptor: { help?: string; type?: 'gauge' | 'counter' | 'histogram' } = {},
): Family => ({
  descriptor: { name, help: `Help of ${name}.`, type: 'gauge', labels: [], ...descriptor },
  samples,
});

export const sample = (labels: Labels, value = 1): Sample => ({ labels, value });

/** A histogram with the bounds 1, 2, …, +Inf, and these cumulative counts. */
export function histogram(name: string, labels: Labels, counts: readonly number[]): Family {
  const buckets = counts.map((value, index): Sample => {
    const le = bucketLabel(index === counts.length - 1 ? Number.POSITIVE_INFINITY : index + 1);
    return { labels: { ...labels, le }, value, suffix: '_bucket' };
  });
  const count = counts.at(-1) ?? 0;
  const sum: Sample = { labels, value: count * 1.5, suffix: '_sum' };
  return gauge(name, [...buckets, sum, { labels, value: count, suffix: '_count' }], { type: 'histogram' });
}

/** Any UTF-16, lone surrogates too; as often characters of one, two and three bytes of UTF-8, and of four. */
export const anyText = (size: { minLength?: number; maxLength: number }): fc.Arbitrary<string> =>
  fc
    .array(
      fc.oneof(
        fc.integer({ min: 0, max: 0x7f }),
        fc.integer({ min: 0x80, max: 0x7ff }),
        fc.integer({ min: 0x800, max: 0xffff }),
        fc.integer({ min: 0xd800, max: 0xdfff }),
        fc.integer({ min: 0x10000, max: 0x10ffff }),
      ),
      size,
    )
    .map((codePoints) => String.fromCodePoint(...codePoints));
