import type { HistogramSuffix, Labels, Sample } from './family.ts';
import { sampleKey } from './series-key.ts';

/** Merges values with equal labels (and suffix) into one sample. */
export interface Tally {
  add(labels: Labels, value: number, suffix?: HistogramSuffix): void;
  /** In the order in which label sets were first added. */
  samples(): readonly Sample[];
}

const merges = {
  sum: (a: number, b: number) => a + b,
  min: (a: number, b: number) => Math.min(a, b),
} as const;

export function createTally(kind: keyof typeof merges): Tally {
  const merge = merges[kind];
  const samples = new Map<string, Sample>();
  return {
    add(labels, value, suffix) {
      const series = suffix === undefined ? { labels } : { labels, suffix };
      const key = sampleKey(series);
      const before = samples.get(key);
      samples.set(key, { ...series, value: before === undefined ? value : merge(before.value, value) });
    },
    samples: () => [...samples.values()],
  };
}
