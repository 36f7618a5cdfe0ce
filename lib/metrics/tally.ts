import type { Labels, Sample } from './family.ts';
import { seriesKey } from './series-key.ts';

/** Merges values with equal labels into one sample. */
export interface Tally {
  add(labels: Labels, value: number): void;
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
    add(labels, value) {
      const key = seriesKey(labels);
      const before = samples.get(key);
      samples.set(
        key,
        before === undefined ? { labels, value } : { labels, value: merge(before.value, value) },
      );
    },
    samples: () => [...samples.values()],
  };
}
