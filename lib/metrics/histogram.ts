import type { Labels, Sample } from './family.ts';
import { seriesKey } from './series-key.ts';

/**
 * A bound as the label `le` has it: `60.0`, `0.5`, `+Inf`, the canonical floats of OpenMetrics. Prometheus 3 writes
 * scraped ones so, and `60` would be another series.
 */
export function bucketLabel(bound: number): string {
  if (bound === Number.POSITIVE_INFINITY) return '+Inf';
  const text = String(bound);
  return Number.isInteger(bound) && !text.includes('e') ? `${text}.0` : text;
}

/** The bound that a label `le` stands for; NaN for what is none. */
export const bucketBound = (le: string): number =>
  le === '+Inf' ? Number.POSITIVE_INFINITY : le.trim() === '' ? Number.NaN : Number(le);

/**
 * What is wrong with the samples of a histogram; empty for nothing. Each label set needs `_sum`, `_count` and the same
 * buckets as every other one, up to `+Inf`, counted cumulatively. The order of the samples does not matter.
 */
export function histogramFaults(samples: readonly Sample[]): readonly string[] {
  let bounds: string | undefined;
  for (const [key, parts] of groupedByLabels(samples)) {
    const fault = groupFault(parts);
    if (fault !== undefined) return [`${key} ${fault}`];
    const own = parts.buckets.map(({ bound }) => bucketLabel(bound)).join();
    bounds ??= own;
    if (own !== bounds) return [`${key} has the buckets ${own}, others ${bounds}`];
  }
  return [];
}

interface Bucket {
  readonly le: string;
  readonly bound: number;
  readonly value: number;
}

interface Parts {
  /** By bound, once read. */
  buckets: Bucket[];
  sum?: number;
  count?: number;
}

/** By labels without `le`. */
function groupedByLabels(samples: readonly Sample[]): ReadonlyMap<string, Parts> {
  const groups = new Map<string, Parts>();
  for (const { labels, value, suffix } of samples) {
    const key = seriesKey(suffix === '_bucket' ? withoutBound(labels) : labels);
    const parts = groups.get(key) ?? { buckets: [] };
    groups.set(key, parts);
    const le = labels.le ?? '';
    if (suffix === '_bucket') parts.buckets.push({ le, bound: bucketBound(le), value });
    else if (suffix === '_sum') parts.sum = value;
    else parts.count = value;
  }
  for (const { buckets } of groups.values()) buckets.sort((a, b) => a.bound - b.bound);
  return groups;
}

function withoutBound({ le: _, ...others }: Labels): Labels {
  return others;
}

function groupFault({ buckets, sum, count }: Parts): string | undefined {
  const odd = buckets.find(({ le, bound }) => Number.isNaN(bound) || bucketLabel(bound) !== le);
  if (odd !== undefined) {
    const expected = Number.isNaN(odd.bound) ? 'a number or +Inf' : bucketLabel(odd.bound);
    return `has a bucket with le="${odd.le}", not ${expected}`;
  }
  const last = buckets.at(-1);
  if (last?.bound !== Number.POSITIVE_INFINITY) return 'has no bucket le="+Inf"';
  if (sum === undefined) return 'has no _sum';
  if (count === undefined) return 'has no _count';
  if (count !== last.value) return `has ${last.value} in le="+Inf" and the _count ${count}`;
  const falling = buckets.find(({ value }, index) => value < (buckets[index - 1]?.value ?? 0));
  return falling === undefined ? undefined : `has fewer in le="${falling.le}" than in the bucket before`;
}
