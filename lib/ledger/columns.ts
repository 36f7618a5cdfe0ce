/**
 * Outbox values by series instead of by tick: most do not change from one tick to the next, so that a column is a few
 * runs, and a receiver that is away for hours makes a document of kilobytes. Values stay absolute and exact.
 */

/** `[value, ticks, value, ticks, …]`; null where the series is not in a tick. */
export type Column = (number | null)[];

/** Collects the columns tick by tick. */
export interface ColumnWriter {
  /** @param tick index of the tick, never less than before */
  add(series: number, tick: number, value: number): void;
  /** All columns with `tickCount` ticks, those of series that never came too. */
  columns(seriesCount: number, tickCount: number): Column[];
}

export function createColumnWriter(): ColumnWriter {
  const columns: Column[] = [];
  const lengths: number[] = [];
  const extend = (series: number, value: number | null, ticks: number): void => {
    if (ticks === 0) return;
    const column = columns[series] ?? [];
    columns[series] = column;
    const last = column.length - 2;
    if (last >= 0 && Object.is(column[last], value)) column[last + 1] = Number(column[last + 1]) + ticks;
    else column.push(value, ticks);
    lengths[series] = (lengths[series] ?? 0) + ticks;
  };
  return {
    add(series, tick, value) {
      extend(series, null, tick - (lengths[series] ?? 0));
      extend(series, value, 1);
    },
    columns(seriesCount, tickCount) {
      for (let series = 0; series < seriesCount; series += 1) {
        extend(series, null, tickCount - (lengths[series] ?? 0));
      }
      return Array.from({ length: seriesCount }, (_, series) => columns[series] ?? []);
    },
  };
}

/** Calls `put` for every value, series by series. Throws a `RangeError` for a column of another length. */
export function readColumns(
  columns: readonly Column[],
  tickCount: number,
  put: (tick: number, series: number, value: number) => void,
): void {
  for (const [series, column] of columns.entries()) {
    checkLength(column, series, tickCount);
    let tick = 0;
    for (let index = 0; index < column.length; index += 2) {
      const value = column[index] ?? null;
      const end = tick + Number(column[index + 1]);
      if (value !== null) for (let at = tick; at < end; at += 1) put(at, series, value);
      tick = end;
    }
  }
}

/** Before it is walked: in a corrupt document a length can be anything. */
function checkLength(column: Column, series: number, tickCount: number): void {
  let ticks = 0;
  for (let index = 0; index < column.length; index += 2) {
    const length = column[index + 1] ?? 0;
    ticks = length > 0 && Number.isInteger(length) ? ticks + length : Number.NaN;
  }
  if (ticks !== tickCount) throw new RangeError(`column ${series} has not ${tickCount} ticks`);
}
