import fc from 'fast-check';
import type { Family, Labels, Sample } from '../../lib/metrics/family.ts';

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
