import type { Series, SeriesSample } from '../metrics/series.ts';
import type { ToSeries } from '../metrics/to-series.ts';
import type { Folded } from './fold.ts';
import { type HistogramPart, histogramParts } from './histogram.ts';
import type { Entry, Ledger, LedgerSeries, SeriesMap } from './ledger.ts';
import { sourceNames } from './ledger.ts';
import { trimOutbox, waitingSamples } from './outbox.ts';
import { countDropped } from './own-counters.ts';
import { snapshot } from './series-map.ts';
import type { LedgerSettings } from './settings.ts';
import type { EmittedTick } from './source.ts';
import { type CollectedSeries, endedSeries } from './staleness.ts';

/** The samples of one collector that succeeded in this tick. */
export interface CollectedSamples {
  readonly collector: string;
  readonly samples: readonly SeriesSample[];
  /** As in `CollectedSeries`. */
  readonly alive: ReadonlySet<Series>;
}

export interface Composition {
  readonly nowMs: number;
  readonly settings: LedgerSettings;
  readonly collected: readonly CollectedSamples[];
  /** Whether histograms are sent: under MAX_SERIES they go first. They are counted all the same. */
  readonly withHistograms: boolean;
  /** With the common labels. */
  readonly toSeries: ToSeries;
}

/**
 * Puts what this tick has to send into the outbox: an entry for each tick that is repaired, with the series of the
 * sources that reach it, and one for the present tick with everything. A Pushgateway keeps only what it got last: for
 * it there is one entry, with the last values of all sources.
 */
export function compose(ledger: Ledger, folded: Folded, composition: Composition): void {
  const { nowMs, settings } = composition;
  const sources = sourceNames.map((name): SourcePart => {
    const { series } = ledger.sources[name];
    const emitted = settings.keepsLast ? [{ tickMs: nowMs, values: snapshot(series) }] : folded.emitted[name];
    return { name: `ledger/${name}`, rows: rowsOf(series, composition), emitted };
  });
  if (settings.keepsLast) supersede(ledger, nowMs);
  for (const tickMs of ticksOf(sources, nowMs)) {
    const isNow = tickMs === nowMs;
    const parts = sources.flatMap(({ name, rows, emitted }) => {
      const values = emitted.find((tick) => tick.tickMs === tickMs)?.values;
      return values === undefined ? [] : [{ name, rows, values }];
    });
    if (isNow)
      parts.push({ name: 'ledger/own', rows: rowsOf(ledger.own, composition), values: snapshot(ledger.own) });
    appendEntry(ledger, tickMs, parts, composition);
  }
  const trimmed = trimOutbox(ledger.outbox, nowMs - settings.outboxMs);
  // Too late for the entry of this tick: they show at the next one.
  countDropped(ledger, 'outbox_limit', trimmed, nowMs);
}

interface SourcePart {
  readonly name: string;
  readonly rows: readonly Row[];
  readonly emitted: readonly EmittedTick[];
}

/** A series of the ledger, and where its values are in a snapshot. */
interface Row {
  readonly kept: LedgerSeries;
  readonly series: readonly Series[];
  readonly at: number;
}

function rowsOf(map: SeriesMap, { toSeries }: Composition): readonly Row[] {
  let at = 0;
  // Series share few lists of bounds.
  const parts = new Map<readonly number[], readonly HistogramPart[]>();
  const partsOf = (bounds: readonly number[]): readonly HistogramPart[] => {
    const made = parts.get(bounds) ?? histogramParts(bounds);
    parts.set(bounds, made);
    return made;
  };
  return [...map.values()].map((kept) => {
    const series =
      kept.kind === 'counter'
        ? [toSeries(kept.family, '', kept.labels)]
        : partsOf(kept.bounds).map(({ suffix, labels }) =>
            toSeries(kept.family, suffix, { ...kept.labels, ...labels }),
          );
    const row = { kept, series, at };
    at += series.length;
    return row;
  });
}

const ticksOf = (sources: readonly SourcePart[], nowMs: number): readonly number[] =>
  [...new Set([...sources.flatMap(({ emitted }) => emitted.map(({ tickMs }) => tickMs)), nowMs])].sort(
    (a, b) => a - b,
  );

interface TickPart {
  readonly name: string;
  readonly rows: readonly Row[];
  readonly values: Float64Array;
}

function appendEntry(
  ledger: Ledger,
  tickMs: number,
  parts: readonly TickPart[],
  composition: Composition,
): void {
  const { nowMs, settings, collected } = composition;
  const { outbox } = ledger;
  const id = outbox.nextId;
  outbox.nextId += 1;
  const draft: Draft = { id, series: [], values: [], births: [] };
  const kept = parts.map(({ name, rows, values }): CollectedSeries => {
    const from = draft.series.length;
    for (const row of rows) addRow(draft, row, values, composition, outbox.acknowledgedThrough);
    const sent = draft.series.slice(from);
    return { collector: name, sent, alive: new Set(rows.flatMap(({ series }) => series)) };
  });
  const isNow = tickMs === nowMs;
  if (isNow) for (const { samples } of collected) addSamples(draft, samples);
  const gauges = collected.map(
    ({ collector, samples, alive }): CollectedSeries => ({
      collector,
      alive,
      sent: samples.map(({ series }) => series),
    }),
  );
  const entry: Entry = {
    id,
    tickMs,
    intervalMs: settings.intervalMs,
    series: draft.series,
    values: Float64Array.from(draft.values),
    ended: isNow ? endedSeries(ledger.lastSets, [...kept, ...gauges]) : [],
    births: draft.births,
  };
  outbox.entries.push(entry);
}

interface Draft {
  readonly id: number;
  readonly series: Series[];
  readonly values: number[];
  readonly births: Series[];
}

/** A series that came to be after the tick has no value in its snapshot. */
function addRow(
  draft: Draft,
  { kept, series, at }: Row,
  values: Float64Array,
  { settings, withHistograms }: Composition,
  acknowledgedThrough: number,
): void {
  if (at + series.length > values.length || (kept.kind === 'histogram' && !withHistograms)) return;
  if (kept.bornIn === undefined) draft.births.push(...series);
  kept.bornIn ??= draft.id;
  // A Pushgateway cannot be sent a zero of an earlier time: there a newborn is zero until that has arrived.
  const isUnknown = settings.keepsLast && isNewborn(kept, acknowledgedThrough);
  for (const [index, one] of series.entries()) {
    draft.series.push(one);
    draft.values.push(isUnknown ? 0 : (values[at + index] ?? 0));
  }
}

/** Whether it is in no entry that was answered. */
const isNewborn = ({ bornIn }: LedgerSeries, acknowledgedThrough: number): boolean =>
  bornIn !== undefined && bornIn > acknowledgedThrough;

export const holdsNewborn = ({ sources, own, outbox }: Ledger): boolean =>
  [own, ...sourceNames.map((name) => sources[name].series)].some((map) =>
    [...map.values()].some((series) => isNewborn(series, outbox.acknowledgedThrough)),
  );

function addSamples(draft: Draft, samples: readonly SeriesSample[]): void {
  for (const { series, value } of samples) {
    if (value === 'stale') continue;
    draft.series.push(series);
    // Not -0, whose bits are another value to a receiver that compares what is sent twice.
    draft.values.push(value === 0 ? 0 : value);
  }
}

function supersede(ledger: Ledger, nowMs: number): void {
  countDropped(ledger, 'superseded', waitingSamples(ledger.outbox), nowMs);
  ledger.outbox.entries.length = 0;
}
