import type { Collector } from './collectors/collector.ts';
import { selectCollectors } from './collectors/select.ts';
import type { SeriesConfig } from './config/config.ts';
import type { Deadline } from './deadline.ts';
import { encodeText } from './encode/text.ts';
import { type GatherOptions, gather } from './gather.ts';
import { countSeries, seriesByFamily } from './metrics/count.ts';
import { descriptionsOf } from './metrics/description.ts';
import { toSeriesSamples } from './metrics/to-series.ts';
import type { Problem } from './problem.ts';

export interface Preview {
  /** What a push would send, in the text format. */
  readonly text: string;
  readonly failures: readonly { readonly collector: string; readonly error: Error }[];
  readonly problems: readonly Problem[];
  readonly seriesPreview: SeriesPreview;
}

export interface SeriesPreview {
  /** Most series first. */
  readonly families: ReadonlyMap<string, number>;
  readonly total: number;
  readonly maxSeries: number;
  readonly detail: SeriesConfig['detail'];
  readonly otherDetails: readonly { readonly detail: SeriesConfig['detail']; readonly total: number }[];
}

const details = ['deployment', 'flow', 'lean'] as const;

/** Reads once and shows what would be pushed, and how much that would be at each DETAIL. */
export async function previewTick(
  options: GatherOptions,
  allCollectors: readonly Collector[],
  nowMs: number,
  deadline: Deadline,
): Promise<Preview> {
  const { series } = options;
  const gathered = await gather(options, nowMs, deadline);
  const otherDetails = [];
  for (const detail of details.filter((other) => other !== series.detail)) {
    const changed = { ...series, detail };
    const collectors = selectCollectors(allCollectors, changed);
    const other = await gather({ ...options, collectors, series: changed }, nowMs, deadline);
    otherDetails.push({ detail, total: countSeries(other.families) });
  }
  return {
    text: await encodeText(toSeriesSamples(gathered.families), descriptionsOf(gathered.families)),
    failures: gathered.outcomes.flatMap(({ collector, success, error }) =>
      success ? [] : [{ collector, error: error ?? new Error('failed') }],
    ),
    problems: gathered.problems,
    seriesPreview: {
      families: seriesByFamily(gathered.families),
      total: countSeries(gathered.families),
      maxSeries: series.maxSeries,
      detail: series.detail,
      otherDetails,
    },
  };
}
