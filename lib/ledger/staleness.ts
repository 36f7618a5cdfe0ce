import type { Series } from '../metrics/series.ts';

/** What a collector that succeeded has in this tick. */
export interface CollectedSeries {
  readonly collector: string;
  /** What is sent. */
  readonly sent: readonly Series[];
  /** What there is, also what the check or MAX_SERIES left out: that does not end. */
  readonly alive: ReadonlySet<Series>;
}

/**
 * The series that end now: a collector had sent them at its last success and does not have them any more. Nothing ends
 * because a collector failed. Remembers what is sent now.
 */
export function endedSeries(
  lastSets: Map<string, readonly Series[]>,
  collected: readonly CollectedSeries[],
): readonly Series[] {
  const ended = new Set<Series>();
  const sentNow = new Set(collected.flatMap(({ sent }) => sent));
  for (const { collector, sent, alive } of collected) {
    for (const series of lastSets.get(collector) ?? []) {
      if (!alive.has(series) && !sentNow.has(series)) ended.add(series);
    }
    lastSets.set(collector, sent);
  }
  return [...ended];
}
