import type { Feed, FeedDemo, FeedFamily, FeedTick } from '../feed.ts';

export interface HistorySeries {
  /** Name and labels, for a person and as identity: `name{label="value"}`. */
  readonly key: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** One for each of the history's times. */
  readonly values: (number | null)[];
}

/** What the page has heard so far, trimmed to what the demo keeps. */
export interface History {
  readonly times: number[];
  readonly series: Map<string, HistorySeries>;
  readonly ticks: FeedTick[];
  families: ReadonlyMap<string, FeedFamily>;
  demo: FeedDemo | undefined;
}

export const createHistory = (): History => ({
  times: [],
  series: new Map(),
  ticks: [],
  families: new Map(),
  demo: undefined,
});

/** The `after` of the next question. */
export const newestMs = (history: History): number =>
  Math.max(history.times.at(-1) ?? 0, history.ticks.at(-1)?.instantMs ?? 0);

/** Adds an answer. False when it comes from a demo started anew: forget everything and ask for all. */
export function append(history: History, feed: Feed): boolean {
  if (history.demo !== undefined && history.demo.startedMs !== feed.demo.startedMs) return false;
  history.demo = feed.demo;
  history.families = new Map(feed.families.map((family) => [family.name, family]));
  history.ticks.push(...feed.ticks);
  history.ticks.splice(0, history.ticks.length - feed.demo.keep);
  appendSamples(history, feed);
  return true;
}

function appendSamples(history: History, feed: Feed): void {
  const before = history.times.length;
  history.times.push(...feed.times);
  for (const { name, labels, values } of feed.series) {
    const key = selector(name, labels);
    let series = history.series.get(key);
    if (series === undefined) {
      series = { key, name, labels, values: Array<null>(before).fill(null) };
      history.series.set(key, series);
    }
    series.values.push(...values);
  }
  const excess = Math.max(0, history.times.length - feed.demo.keep);
  for (const { key, values } of history.series.values()) {
    while (values.length < history.times.length) values.push(null);
    values.splice(0, excess);
    if (values.every((value) => value === null)) history.series.delete(key);
  }
  history.times.splice(0, excess);
}

/** As one would type it in Prometheus, without the labels that are the same everywhere. */
export function selector(name: string, labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  return pairs.length === 0 ? name : `${name}{${pairs.join(', ')}}`;
}
