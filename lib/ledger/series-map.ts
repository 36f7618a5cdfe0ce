import type { FamilyDescriptor, Labels } from '../metrics/family.ts';
import { seriesKey } from '../metrics/series-key.ts';
import { observe, putHistogramValues } from './histogram.ts';
import type { CounterSeries, HistogramSeries, LedgerSeries, SeriesMap } from './ledger.ts';

/** How many more series there may be. */
export interface Room {
  left: number;
  /** How many observations went into `flow="_other"`, because their label set found none left. */
  folded: number;
  /** Whether any label set found none left, also one without an observation. */
  isFull: boolean;
}

/** Where a value goes and when. */
export interface Place {
  readonly map: SeriesMap;
  /** The tick that counts it, ms. */
  readonly tickMs: number;
  readonly room: Room;
}

export const seriesMapKey = (family: string, labels: Labels): string => `${family}${seriesKey(labels)}`;

/** Adds to a counter; with 0 it only makes sure that the series is there. */
export function count(place: Place, family: FamilyDescriptor, labels: Labels, by: number): void {
  const make = (own: Labels) => newCounter(family, own, place.tickMs);
  const { series, isFolded } = find(place, family, labels, 1, make);
  if (series.kind !== 'counter' || by === 0) return;
  if (isFolded) place.room.folded += 1;
  series.value += by;
  series.changedMs = place.tickMs;
}

/** Adds an observation. @param bounds of the buckets, seconds, ascending @param valueUs µs */
export function observeIn(
  place: Place,
  { family, bounds }: { readonly family: FamilyDescriptor; readonly bounds: readonly number[] },
  labels: Labels,
  valueUs: number,
): void {
  const make = (own: Labels) => newHistogram(family, own, bounds, place.tickMs);
  const { series, isFolded } = find(place, family, labels, bounds.length + 3, make);
  if (series.kind !== 'histogram') return;
  if (isFolded) place.room.folded += 1;
  observe(series, valueUs);
  series.changedMs = place.tickMs;
}

/**
 * The series of a label set. A new one that finds no room goes into `flow="_other"` of the same pool and queue, so
 * that sums over flows stay exact; that one always finds room.
 */
function find(
  { map, room }: Place,
  family: FamilyDescriptor,
  labels: Labels,
  size: number,
  make: (labels: Labels) => LedgerSeries,
): { readonly series: LedgerSeries; readonly isFolded: boolean } {
  const key = seriesMapKey(family.name, labels);
  const known = map.get(key);
  if (known !== undefined) return { series: known, isFolded: false };
  const isFolded = room.left < size;
  const own = isFolded ? otherFlow(family, labels) : labels;
  room.isFull ||= isFolded;
  const ownKey = isFolded ? seriesMapKey(family.name, own) : key;
  const other = map.get(ownKey);
  if (other !== undefined) return { series: other, isFolded };
  const series = make(own);
  map.set(ownKey, series);
  room.left = Math.max(0, room.left - size);
  return { series, isFolded };
}

/** The flow, and the deployment, of what found no room. */
export const otherName = '_other';

/** Promoted tags are those labels that are not the family's own. */
function otherFlow(family: FamilyDescriptor, labels: Labels): Labels {
  const own = Object.entries(labels).filter(([name]) => name === 'trigger' || family.labels.includes(name));
  return {
    ...Object.fromEntries(own),
    ...('flow' in labels ? { flow: otherName } : {}),
    ...('deployment' in labels ? { deployment: otherName } : {}),
  };
}

const newCounter = ({ name }: FamilyDescriptor, labels: Labels, tickMs: number): CounterSeries => ({
  kind: 'counter',
  family: name,
  labels,
  createdMs: tickMs,
  changedMs: tickMs,
  bornIn: undefined,
  value: 0,
});

const newHistogram = (
  { name }: FamilyDescriptor,
  labels: Labels,
  bounds: readonly number[],
  tickMs: number,
): HistogramSeries => ({
  kind: 'histogram',
  family: name,
  labels,
  createdMs: tickMs,
  changedMs: tickMs,
  bornIn: undefined,
  bounds,
  counts: Array.from({ length: bounds.length + 1 }, () => 0),
  sumUs: 0,
});

/** How many series of a receiver it is. */
export const sizeOf = (series: LedgerSeries): number =>
  series.kind === 'counter' ? 1 : series.counts.length + 2;

export function sizeOfMap(map: SeriesMap): number {
  let size = 0;
  for (const series of map.values()) size += sizeOf(series);
  return size;
}

export function histogramSeriesCount(map: SeriesMap): number {
  let size = 0;
  for (const series of map.values()) if (series.kind === 'histogram') size += sizeOf(series);
  return size;
}

/** Family to its number of series. */
export function countByFamily(map: SeriesMap, withHistograms: boolean): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const series of map.values()) {
    if (series.kind === 'histogram' && !withHistograms) continue;
    counts.set(series.family, (counts.get(series.family) ?? 0) + sizeOf(series));
  }
  return counts;
}

/** The values of all series, in the order of the map, as of now. */
export function snapshot(map: SeriesMap): Float64Array {
  const values = new Float64Array(sizeOfMap(map));
  let at = 0;
  for (const series of map.values()) {
    if (series.kind === 'histogram') at = putHistogramValues(series, values, at);
    else values[at++] = series.value;
  }
  return values;
}

/** Histograms with other bounds start anew: their old buckets cannot be told from the new ones. */
export function dropOtherBounds(map: SeriesMap, family: string, bounds: readonly number[]): void {
  // Series share few lists.
  const same = new Map<readonly number[], boolean>();
  for (const [key, series] of map) {
    if (series.kind !== 'histogram' || series.family !== family) continue;
    const isSame = same.get(series.bounds) ?? series.bounds.join() === bounds.join();
    same.set(series.bounds, isSame);
    if (!isSame) map.delete(key);
  }
}
