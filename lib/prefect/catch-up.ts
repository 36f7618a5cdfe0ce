import type { Clock } from '../clock.ts';
import { type Deadline, remainingMs } from '../deadline.ts';
import type { Ended, FinishedList } from './finished-list.ts';
import type { Finished, StreamPosition } from './resources.ts';
import { type Slice, wholeSlices } from './slices.ts';

export interface CatchUpOptions {
  /** µs since the Unix epoch: what is read ends there. */
  readonly instantUs: number;
  readonly clock: Clock;
  /** No slice starts after it; those under way may take half as long again as there was time until then. */
  readonly catchUpDeadline: Deadline;
}

/** Held in memory until the tick has folded them; the next tick goes on. */
const maxRows = 20_000;

/** A catch-up ended before it had read anything beyond the cursor. */
export class CatchUpError extends Error {
  override readonly name = 'CatchUpError';
}

/**
 * Reads slices from `readFrom` on, oldest first, until it is at the instant, the time is over, or a slice fails. What
 * is whole by then is the result, if it goes beyond the cursor; else it rejects with the slice's error or a
 * `CatchUpError`.
 */
export async function catchUp<Row extends Ended>(
  list: FinishedList<Row>,
  { readFromUs, cursorUs }: StreamPosition,
  { instantUs, clock, catchUpDeadline }: CatchUpOptions,
): Promise<Finished<Row>> {
  const runs: Row[] = [];
  let upToUs = readFromUs - 1;
  let failure: unknown;
  const timeMs = remainingMs(catchUpDeadline, clock);
  const mayStart = () => remainingMs(catchUpDeadline, clock) > 0 && runs.length < maxRows;
  const slices = wholeSlices(list, { fromUs: readFromUs, toUs: instantUs }, { mayStart });
  const alarm = setAlarm(timeMs * 1.5, clock);
  try {
    for (;;) {
      const slice = await Promise.race([nextOf(slices), alarm.rings]);
      if (slice === undefined) break;
      for (const row of slice.rows) runs.push(row);
      upToUs = slice.toUs;
    }
  } catch (error) {
    failure = error;
  } finally {
    alarm.stop();
  }
  if (upToUs > cursorUs) return { runs, upToUs };
  throw failure ?? new CatchUpError(`${list.name}: no time to read a first part of what is behind`);
}

async function nextOf<Row>(slices: AsyncGenerator<Slice<Row>>): Promise<Slice<Row> | undefined> {
  const next = await slices.next();
  return next.done === true ? undefined : next.value;
}

function setAlarm(ms: number, clock: Clock): { readonly rings: Promise<undefined>; stop(): void } {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  return { rings: promise, stop: clock.after(ms, () => resolve(undefined)) };
}
