import { fromMilliseconds } from './timestamps.ts';

/** A span of whole minutes in buckets that end where it ends. */
export interface HistoryWindow {
  readonly start: string;
  /** Does not belong to the window. */
  readonly end: string;
  readonly intervalSeconds: number;
}

/** Above this, the server compares every bucket with every run of the window (Prefect issue #22876). */
const maxBuckets = 60;

/**
 * The last `minutes` before the minute of `nowMs`. The bucket divides the window: the server's last bucket would
 * else run past the end and count runs of the future.
 */
export function historyWindow(nowMs: number, minutes: number): HistoryWindow {
  const endMs = Math.floor(nowMs / 60_000) * 60_000;
  let bucketMinutes = Math.ceil(minutes / maxBuckets);
  while (minutes % bucketMinutes !== 0) bucketMinutes += 1;
  return {
    start: fromMilliseconds(endMs - minutes * 60_000),
    end: fromMilliseconds(endMs),
    intervalSeconds: bucketMinutes * 60,
  };
}
