import type { Feed, FeedSeries, FeedTick } from '../../demo/feed.ts';

export const startMs = Date.parse('2026-03-01T12:00:00Z');

export const madeTick = (instantMs: number, changes: Partial<FeedTick> = {}): FeedTick => ({
  instantMs,
  outcome: 'pushed',
  message: undefined,
  durationMs: 50,
  prefectRequests: 12,
  writes: 1,
  bytes: 10_240,
  samples: 512,
  failed: {},
  ...changes,
});

/** A feed of consecutive ticks, two seconds apart, with one value of each series a tick. */
export function madeFeed(series: readonly FeedSeries[], changes: Partial<Feed> = {}): Feed {
  const length = series[0]?.values.length ?? 1;
  const times = Array.from({ length }, (_, index) => startMs + index * 2000);
  return {
    nowMs: startMs + length * 2000,
    demo: {
      startedMs: startMs - 1000,
      everySeconds: 2,
      keep: 5,
      source: { kind: 'made-up', apiUrl: 'http://127.0.0.1:1/api' },
    },
    ticks: times.map((time) => madeTick(time)),
    times,
    series,
    families: [],
    ...changes,
  };
}
