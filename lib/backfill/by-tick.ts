import type { Ended } from '../prefect/finished-list.ts';
import type { Slice } from '../prefect/slices.ts';
import { microseconds } from '../prefect/timestamps.ts';

/** A stream of slices, oldest first, handed out in smaller pieces. */
export interface ByTick<Row> {
  /** What ended at or before the instant and was not handed out yet. */
  takeUntil(untilUs: number): Promise<readonly Row[]>;
}

/** @param named gives the rows of a slice their names */
export function byTick<Row extends Ended, Named extends Ended>(
  slices: AsyncGenerator<Slice<Row>>,
  named: (rows: readonly Row[]) => Promise<readonly Named[]>,
): ByTick<Named> {
  let waiting: readonly Named[] = [];
  let next = 0;
  let readToUs = Number.NEGATIVE_INFINITY;
  const readOn = async (): Promise<void> => {
    const slice = await slices.next();
    if (slice.done === true) {
      readToUs = Number.POSITIVE_INFINITY;
      return;
    }
    readToUs = slice.value.toUs;
    const rows = await named(slice.value.rows);
    waiting = [...waiting.slice(next), ...rows].sort(
      (a, b) => microseconds(a.end_time) - microseconds(b.end_time),
    );
    next = 0;
  };
  return {
    async takeUntil(untilUs) {
      while (readToUs < untilUs) await readOn();
      const from = next;
      for (let row = waiting[next]; row !== undefined && microseconds(row.end_time) <= untilUs; ) {
        next += 1;
        row = waiting[next];
      }
      return waiting.slice(from, next);
    },
  };
}
