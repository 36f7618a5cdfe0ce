import type { Clock } from './clock.ts';

/** The instant after which nothing sleeps and no request starts. */
export interface Deadline {
  /** Wall clock, ms since the Unix epoch. */
  readonly atMs: number;
}

export const deadlineAt = (atMs: number): Deadline => ({ atMs });

/** The deadline `ms` from now. */
export const deadlineIn = (ms: number, clock: Clock): Deadline => ({ atMs: clock.now() + ms });

/** Time left, ms; never negative. */
export const remainingMs = (deadline: Deadline, clock: Clock): number =>
  Math.max(0, deadline.atMs - clock.now());
