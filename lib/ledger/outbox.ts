import type { Series, SeriesSample } from '../metrics/series.ts';
import type { Entry, Outbox } from './ledger.ts';

/** Everything of an entry was answered, or it was given up: it can leave the outbox. */
export interface Acknowledgement {
  /** `Ledger.id`: an acknowledgement never reaches another document. */
  readonly ledgerId: string;
  readonly entryId: number;
  readonly samplesSent: number;
  /** By reason. */
  readonly samplesDropped: Readonly<Record<string, number>>;
}

/**
 * Takes answered entries out; gives those acknowledgements whose entry was still there. That an entry arrived is true
 * as well when somebody else took it out meanwhile.
 */
export function removeAnswered(
  outbox: Outbox,
  acknowledgements: readonly Acknowledgement[],
): readonly Acknowledgement[] {
  return acknowledgements.filter(({ entryId }) => {
    outbox.acknowledgedThrough = Math.max(outbox.acknowledgedThrough, entryId);
    const index = outbox.entries.findIndex(({ id }) => id === entryId);
    if (index < 0) return false;
    outbox.entries.splice(index, 1);
    return true;
  });
}

/**
 * Drops entries older than `oldestMs`, also such as repair an old tick behind newer ones; returns the number of their
 * samples. The first one always stays: its answer may have been lost, and what follows builds on it. Series that were to
 * be born in a dropped entry are born in the next one that has them, unless a receiver may have them already: their zero
 * would come too late.
 */
export function trimOutbox(outbox: Outbox, oldestMs: number): number {
  const { entries, triedThrough } = outbox;
  const isDropped = ({ tickMs }: Entry, index: number): boolean => index > 0 && tickMs < oldestMs;
  const dropped = entries.filter(isDropped);
  const kept = entries.filter((entry, index) => !isDropped(entry, index));
  for (const { id, births } of dropped) {
    if (id <= triedThrough) continue;
    moveBirths(
      births,
      kept.filter((later) => later.id > id),
    );
  }
  entries.splice(0, entries.length, ...kept);
  return waitingSamples({ entries: dropped });
}

function moveBirths(births: readonly Series[], later: readonly Entry[]): void {
  const waiting = new Set(births);
  for (const entry of later) {
    if (waiting.size === 0) return;
    const known = new Set(entry.births);
    const born = entry.series.filter((series) => waiting.delete(series) && !known.has(series));
    if (born.length > 0) entry.births = [...entry.births, ...born];
  }
}

/** Samples that wait, of all entries. */
export const waitingSamples = ({ entries }: Pick<Outbox, 'entries'>): number =>
  entries.reduce((sum, { series, ended }) => sum + series.length + ended.length, 0);

const longestBirthMs = 300_000;

/**
 * When the zeros of an entry's newborn series go: a moment after the tick before, which no tick uses, so that a series
 * that ended there can begin again; and near enough for a range of five minutes.
 */
export const birthMs = ({ tickMs, intervalMs }: Pick<Entry, 'tickMs' | 'intervalMs'>): number =>
  tickMs - Math.min(intervalMs, longestBirthMs) + 1;

/** The zeros that go before the values of an entry. One whose first value is zero needs none. */
export function birthSamples({ births, series, values }: Entry): readonly SeriesSample[] {
  if (births.length === 0) return [];
  const born = new Set(births);
  return series.flatMap((one, index) =>
    born.has(one) && values[index] !== 0 ? [{ series: one, value: 0 }] : [],
  );
}

export const entrySamples = ({ series, values, ended }: Entry): readonly SeriesSample[] => [
  ...series.map((one, index): SeriesSample => ({ series: one, value: values[index] ?? 0 })),
  ...ended.map((one): SeriesSample => ({ series: one, value: 'stale' })),
];
