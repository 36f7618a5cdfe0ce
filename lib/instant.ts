/**
 * The one `now` of a tick: the time it was scheduled for, truncated to the minute, or to the interval where that
 * is shorter. Every sample of the tick carries it, so a repeated event gives the same timestamps.
 */
export function tickInstantMs(scheduledMs: number, intervalSeconds: number): number {
  const stepMs = Math.min(60, intervalSeconds) * 1000;
  return Math.floor(scheduledMs / stepMs) * stepMs;
}

export type Skip =
  | { readonly reason: 'late'; readonly lateMs: number }
  | { readonly reason: 'early'; readonly earlyMs: number }
  | { readonly reason: 'ahead'; readonly aheadMs: number }
  | { readonly reason: 'already-done' };

/** Prefect's clock, and the one here, may lag by this much before a tick counts as lying in the future. */
export const maxAheadMs = 60_000;

/**
 * An event that arrives more than an interval late would only push the past again: the next one is due. One for a
 * time that lies ahead can only be made by hand; while Prefect is down there is no other clock to tell.
 */
export function unpunctual(scheduledMs: number, nowMs: number, intervalSeconds: number): Skip | undefined {
  const lateMs = nowMs - scheduledMs;
  if (lateMs < -maxAheadMs) return { reason: 'early', earlyMs: -lateMs };
  return lateMs > intervalSeconds * 1000 ? { reason: 'late', lateMs } : undefined;
}

/** A tick that lies ahead of Prefect's clock would be refused, or worse, accepted, by the receiver. */
export function aheadOf(serverMs: number | undefined, instantMs: number): Skip | undefined {
  if (serverMs === undefined) return undefined;
  const aheadMs = instantMs - serverMs;
  return aheadMs > maxAheadMs ? { reason: 'ahead', aheadMs } : undefined;
}

export function describeSkip(skip: Skip): string {
  switch (skip.reason) {
    case 'late':
      return `the event came ${Math.round(skip.lateMs / 1000)} s after its time, more than one interval`;
    case 'early':
      return `the event came ${Math.round(skip.earlyMs / 1000)} s before its time`;
    case 'ahead':
      return `this machine's clock is ${Math.round(skip.aheadMs / 1000)} s ahead of Prefect's`;
    case 'already-done':
      return 'this tick was already done';
  }
}
