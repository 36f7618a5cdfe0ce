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
