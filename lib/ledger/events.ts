import { eventsTotal } from '../collectors/kept-families.ts';
import type { EventCounts, EventWindow } from '../prefect/resources.ts';
import { boundedEvent } from './event-names.ts';
import type { Ledger } from './ledger.ts';
import { count } from './series-map.ts';
import type { Observation } from './source.ts';

/**
 * Events are counted by windows, and a window is counted again a few times, because some events arrive late. What a
 * later count has more than the one before is added; less is ignored (events are deleted after their retention).
 */

const windowMs = 60_000;

/** Prefect writes events in batches, every 5 s at the latest; twice that, and some slack. */
const settleMs = 15_000;

/** Windows that are counted again, by how many windows they lie behind the newest. */
const recounted = [1, 2, 10];

/** Counts that can no longer be asked for are forgotten. */
const rememberedMs = 12 * windowMs;

/** Longer gaps are counted as one window: a request for each minute of a night would be too many. */
const maxNewWindows = 20;

/** Windows that ended by the tick are counted up to here, ms. */
const countedToMs = (tickMs: number): number => Math.floor((tickMs - settleMs) / windowMs) * windowMs;

/** All windows that are settled at the tick are counted: the source is read up to it, µs. */
export const settledUs = (tickMs: number): number => tickMs * 1000;

/** The windows to count for a tick: the new ones, then some of those before. */
export function dueWindows(ledger: Ledger, nowMs: number): readonly EventWindow[] {
  const toMs = countedToMs(nowMs);
  const fromMs = countedToMs(ledger.sources.events.cursorUs / 1000);
  const firstSingleMs = Math.max(fromMs, toMs - maxNewWindows * windowMs);
  const fresh: EventWindow[] = [];
  if (fromMs < firstSingleMs) fresh.push({ startMs: fromMs, endMs: firstSingleMs });
  for (let startMs = firstSingleMs; startMs < toMs; startMs += windowMs) {
    fresh.push({ startMs, endMs: startMs + windowMs });
  }
  const again = recounted
    .map((behind) => fromMs - behind * windowMs)
    .filter((startMs) => ledger.eventWindows.has(startMs))
    .map((startMs) => ({ startMs, endMs: startMs + windowMs }));
  return [...fresh, ...again];
}

/** What the counts have more than was counted before, as observations at the time their window is settled. */
export function countEvents(
  ledger: Ledger,
  counted: readonly EventCounts[],
  nowMs: number,
): readonly Observation[] {
  const observations = counted.flatMap(({ window, counts }) => {
    const before = ledger.eventWindows.get(window.startMs) ?? new Map<string, number>();
    const now = boundedCounts(counts);
    ledger.eventWindows.set(window.startMs, merged(before, now));
    const atUs = (window.endMs + settleMs) * 1000;
    return [...now].map(([event, n]): Observation => {
      const more = Math.max(0, n - (before.get(event) ?? 0));
      return { atUs, apply: (place) => count(place, eventsTotal, { event }, more) };
    });
  });
  for (const startMs of ledger.eventWindows.keys()) {
    if (startMs < nowMs - rememberedMs) ledger.eventWindows.delete(startMs);
  }
  return observations;
}

function boundedCounts(counts: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const bounded = new Map<string, number>();
  for (const [name, n] of counts) {
    const event = boundedEvent(name);
    bounded.set(event, (bounded.get(event) ?? 0) + n);
  }
  return bounded;
}

function merged(
  before: ReadonlyMap<string, number>,
  now: ReadonlyMap<string, number>,
): ReadonlyMap<string, number> {
  const most = new Map(before);
  for (const [event, n] of now) most.set(event, Math.max(n, most.get(event) ?? 0));
  return most;
}
