import type { Feed, FeedDemo, FeedFamily, FeedSeries } from './feed.ts';
import type { DemoReceiver } from './receiver.ts';
import type { DemoTick } from './ticks.ts';

export interface FeedSource {
  readonly demo: FeedDemo;
  readonly families: readonly FeedFamily[];
  readonly receiver: Pick<DemoReceiver, 'series'>;
  /** Ticks that have ended, oldest first. */
  readonly ticks: readonly DemoTick[];
}

/** Everything newer than `afterMs`, of ticks that have ended. */
export function feedOf(
  { demo, families, receiver, ticks }: FeedSource,
  afterMs: number,
  nowMs: number,
): Feed {
  const newer = ticks.filter(({ instantMs }) => instantMs > afterMs);
  const instants = newer.filter(({ samples }) => samples > 0).map(({ instantMs }) => instantMs);
  const series = [...receiver.series.values()]
    .map(({ name, labels, samples }): FeedSeries => {
      const live = samples.filter(({ stale }) => stale !== true);
      const byTime = new Map(live.map(({ timestampMs, value }) => [timestampMs, value]));
      return { name, labels, values: instants.map((instantMs) => byTime.get(instantMs) ?? null) };
    })
    .filter(({ values }) => values.some((value) => value !== null));
  return { nowMs, demo, families, ticks: newer.map(toFeedTick), times: instants, series };
}

function toFeedTick({ differences, begun: _, ...tick }: DemoTick): Feed['ticks'][number] {
  return differences.length === 0
    ? tick
    : { ...tick, message: [tick.message, ...differences].filter(Boolean).join('; ') };
}
