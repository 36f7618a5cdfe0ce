/**
 * Outbox values by series instead of by tick: most do not change from one tick to the next, so that a column is a few
 * runs, and a receiver that is away for hours makes a document of kilobytes. Values stay absolute and exact.
 */

/** `[value, ticks, value, ticks, …]`; null where the series is not in a tick. */
export type Column = (number | null)[];

/** Collects the columns tick by tick. */
export interface ColumnWriter {
  /** @param tick index of the tick, more than the one before of this series */
  add(series: number, tick: number, value: number): void;
  /** All columns with `tickCount` ticks, those of series that never came too. */
  columns(seriesCount: number, tickCount: number): Column[];
}

export function createColumnWriter(): ColumnWriter {
  const columns: Column[] = [];
  /** By series: the value of the last run, how long it is, and the tick behind it. */
  const values: (number | null)[] = [];
  const lengths: number[] = [];
  const ends: number[] = [];
  const extend = (series: number, value: number | null, ticks: number): void => {
    if (Object.is(values[series], value)) lengths[series] = (lengths[series] ?? 0) + ticks;
    else {
      endRun(series);
      values[series] = value;
      lengths[series] = ticks;
    }
    ends[series] = (ends[series] ?? 0) + ticks;
  };
  const endRun = (series: number): void => {
    const length = lengths[series];
    const column = columns[series] ?? [];
    columns[series] = column;
    if (length !== undefined) column.push(values[series] ?? null, length);
  };
  const fill = (series: number, tick: number): void => {
    const end = ends[series] ?? 0;
    if (end < tick) extend(series, null, tick - end);
  };
  return {
    add(series, tick, value) {
      fill(series, tick);
      extend(series, value, 1);
    },
    columns(seriesCount, tickCount) {
      return Array.from({ length: seriesCount }, (_, series) => {
        fill(series, tickCount);
        endRun(series);
        return columns[series] ?? [];
      });
    },
  };
}

/** One tick of all columns. */
export interface Row {
  /** Which series are in it, ascending; the same array as in the tick before where none came and none left. */
  readonly series: readonly number[];
  /** Of each. */
  readonly values: Float64Array;
}

/** The ticks of the columns. Throws a `RangeError` for a column of another length. */
export function readColumns(columns: readonly Column[], tickCount: number): readonly Row[] {
  const changes = checkColumns(columns, tickCount);
  const rows: { series: number[]; values: Float64Array; size: number }[] = [];
  let size = 0;
  for (let tick = 0; tick < tickCount; tick += 1) {
    const before = rows[tick - 1];
    size += changes.sizes[tick] ?? 0;
    const isShared = before !== undefined && changes.isOther[tick] !== 1;
    rows.push({
      series: isShared ? before.series : [],
      values: new Float64Array(size),
      size: 0,
    });
  }
  for (const [series, column] of columns.entries()) {
    walk(column, (value, from, end) => {
      for (let tick = from; tick < end; tick += 1) {
        const row = rows[tick];
        if (row === undefined) continue;
        row.values[row.size] = value;
        row.series[row.size] = series;
        row.size += 1;
      }
    });
  }
  return rows;
}

interface Changes {
  /** How many more series there are in a tick than in the one before. */
  readonly sizes: Int32Array;
  /** 1 where a series came or left with the tick. */
  readonly isOther: Uint8Array;
}

function checkColumns(columns: readonly Column[], tickCount: number): Changes {
  const sizes = new Int32Array(tickCount + 1);
  const isOther = new Uint8Array(tickCount + 1);
  for (const [series, column] of columns.entries()) {
    checkLength(column, series, tickCount);
    walk(column, (_, from, end) => {
      sizes[from] = (sizes[from] ?? 0) + 1;
      sizes[end] = (sizes[end] ?? 0) - 1;
    });
    let tick = 0;
    for (let index = 1; index < column.length; index += 2) {
      const comesOrLeaves = column[index - 1] === null || column[index + 1] === null;
      tick += column[index] ?? 0;
      if (comesOrLeaves) isOther[tick] = 1;
    }
  }
  return { sizes, isOther };
}

/** Calls `put` for every run that has a value. */
function walk(column: Column, put: (value: number, from: number, end: number) => void): void {
  let tick = 0;
  for (let index = 0; index < column.length; index += 2) {
    const value = column[index] ?? null;
    const end = tick + (column[index + 1] ?? 0);
    if (value !== null) put(value, tick, end);
    tick = end;
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
