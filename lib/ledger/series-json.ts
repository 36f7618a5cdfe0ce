import type { LedgerSeries, SeriesMap } from './ledger.ts';
import { seriesMapKey } from './series-map.ts';
import { at, type TableReader, type TableWriter } from './string-table.ts';

/** The series of the ledger as arrays of numbers: `[kind, family, created, changed, born in, …, labels]`. */

const kinds = { counter: 0, histogram: 1 } as const;

export function seriesToJson(
  map: SeriesMap,
  table: TableWriter,
  boundsId: (bounds: readonly number[]) => number,
) {
  return [...map.values()].map((series): number[] => [
    kinds[series.kind],
    table.text(series.family),
    series.createdMs,
    series.changedMs,
    series.bornIn ?? 0,
    ...valueToJson(series, boundsId),
    ...table.labels(series.labels),
  ]);
}

const valueToJson = (series: LedgerSeries, boundsId: (bounds: readonly number[]) => number): number[] =>
  series.kind === 'counter' ? [series.value] : [boundsId(series.bounds), series.sumUs, ...series.counts];

/** Throws a `RangeError` for numbers that mean nothing. */
export function seriesFromJson(
  rows: readonly (readonly number[])[],
  table: TableReader,
  bounds: readonly (readonly number[])[],
): SeriesMap {
  const map: SeriesMap = new Map();
  for (const row of rows) {
    const series = readSeries(row, table, bounds);
    map.set(seriesMapKey(series.family, series.labels), series);
  }
  return map;
}

function readSeries(
  row: readonly number[],
  table: TableReader,
  boundsLists: readonly (readonly number[])[],
): LedgerSeries {
  const [kind, family, createdMs = Number.NaN, changedMs = Number.NaN, bornIn] = row;
  const kept = {
    family: table.text(family),
    createdMs,
    changedMs,
    bornIn: bornIn === 0 ? undefined : bornIn,
  };
  if (kind === kinds.counter) {
    return { ...kept, kind: 'counter', value: number(row[5]), labels: table.labels(row.slice(6)) };
  }
  if (kind !== kinds.histogram) throw new RangeError(`there is no kind of series ${kind}`);
  const bounds = at(boundsLists, row[5], 'list of bounds');
  const labelsAt = 7 + bounds.length + 1;
  return {
    ...kept,
    kind: 'histogram',
    bounds,
    sumUs: number(row[6]),
    counts: row.slice(7, labelsAt).map(number),
    labels: table.labels(row.slice(labelsAt)),
  };
}

function number(value: number | undefined): number {
  if (value === undefined || !(value >= 0)) throw new RangeError(`a counter of ${value}`);
  return value;
}
