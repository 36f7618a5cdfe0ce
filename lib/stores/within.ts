import type { Clock } from '../clock.ts';
import { type Deadline, remainingMs } from '../deadline.ts';
import { StoreError } from './store.ts';

export interface Limits {
  readonly place: string;
  readonly deadline: Deadline;
  readonly clock: Clock;
  /** One operation may take this long even when there is more time left, ms. */
  readonly atMostMs?: number;
  /** The error where the time was over after the work had begun. Default: `StoreError` with the reason `timeout`. */
  readonly late?: (what: string) => StoreError;
}

export interface Progress {
  /** Aborted at the limit. */
  readonly signal: AbortSignal;
  /** What holds it up, for the message at the limit, such as `another process holds its lock`. */
  waitsFor(what: string): void;
}

/**
 * What `work` resolves with, or a rejection at the limit, whether the work heeds its signal or not. When there is no
 * time left at all, the work does not begin.
 */
export async function within<Result>(
  { place, deadline, clock, atMostMs = Number.POSITIVE_INFINITY, late }: Limits,
  work: (progress: Progress) => Promise<Result>,
): Promise<Result> {
  const timeout = (what: string) => new StoreError(place, 'timeout', what);
  const leftMs = remainingMs(deadline, clock);
  if (leftMs === 0) throw timeout('there is no time left to begin');
  const limitMs = Math.min(leftMs, atMostMs);
  const controller = new AbortController();
  const { promise: reached, reject } = Promise.withResolvers<never>();
  let waiting = '';
  const waitsFor = (what: string) => {
    waiting = `: ${what}`;
  };
  const cancel = clock.after(limitMs, () => {
    const left = atMostMs < leftMs ? '' : ', the time that was left';
    reject((late ?? timeout)(`not done within ${Math.round(limitMs)} ms${left}${waiting}`));
    controller.abort();
  });
  try {
    return await Promise.race([work({ signal: controller.signal, waitsFor }), reached]);
  } finally {
    cancel();
  }
}
