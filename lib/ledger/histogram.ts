import type { Labels } from '../metrics/family.ts';
import { bucketLabel } from '../metrics/histogram.ts';
import type { HistogramSeries } from './ledger.ts';

/** Adds one observation. @param valueUs µs, a whole number */
export function observe(histogram: HistogramSeries, valueUs: number): void {
  const seconds = valueUs / 1e6;
  const found = histogram.bounds.findIndex((bound) => seconds <= bound);
  const index = found < 0 ? histogram.bounds.length : found;
  histogram.counts[index] = (histogram.counts[index] ?? 0) + 1;
  histogram.sumUs += valueUs;
}

/** One series of a histogram as it is sent. */
export interface HistogramPart {
  readonly suffix: '_bucket' | '_sum' | '_count';
  /** The label `le` of a bucket, otherwise none. */
  readonly labels: Labels;
}

/** Lists of bounds are shared by thousands of histograms. */
const partsOfBounds = new WeakMap<readonly number[], readonly HistogramPart[]>();

/** Its series: buckets in ascending order with the one for all, the sum, the count; `putHistogramValues` has that order. */
export function histogramParts(bounds: readonly number[]): readonly HistogramPart[] {
  const parts = partsOfBounds.get(bounds) ?? makeParts(bounds);
  partsOfBounds.set(bounds, parts);
  return parts;
}

function makeParts(bounds: readonly number[]): readonly HistogramPart[] {
  return [
    ...[...bounds, Number.POSITIVE_INFINITY].map(
      (bound): HistogramPart => ({ suffix: '_bucket', labels: { le: bucketLabel(bound) } }),
    ),
    { suffix: '_sum', labels: {} },
    { suffix: '_count', labels: {} },
  ];
}

/** Writes the values of the parts into `target` from `at`; returns the position behind them. */
export function putHistogramValues(histogram: HistogramSeries, target: Float64Array, at: number): number {
  let position = at;
  let total = 0;
  for (const count of histogram.counts) {
    total += count;
    target[position++] = total;
  }
  target[position++] = histogram.sumUs / 1e6;
  target[position++] = total;
  return position;
}
