import { maxAheadMs } from '../instant.ts';
import type { Problem } from '../problem.ts';

/** Seconds this machine is ahead of the other side, by its `Date` header; undefined without one. */
export const secondsAhead = (dateMs: number | undefined, nowMs: number): number | undefined =>
  dateMs === undefined ? undefined : Math.round((nowMs - dateMs) / 1000);

/** The problem of a clock that is too far from that of `side`; undefined when it is not. */
export function clockProblem(side: string, dateMs: number | undefined, nowMs: number): Problem | undefined {
  const seconds = secondsAhead(dateMs, nowMs);
  if (seconds === undefined || Math.abs(seconds) * 1000 <= maxAheadMs) return undefined;
  const ahead = seconds > 0;
  return {
    slug: 'clock',
    message: `This machine is ${duration(Math.abs(seconds))} ${ahead ? 'ahead of' : 'behind'} ${side} (Date header). ${
      ahead ? 'Samples would be refused.' : 'Samples would have times at which they were not true.'
    }`,
    found: new Date(nowMs).toISOString(),
    expected: `about ${new Date(nowMs - seconds * 1000).toISOString()}`,
    do: 'set the clock of this machine',
  };
}

const duration = (seconds: number): string =>
  seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
