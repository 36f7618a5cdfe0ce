import { type Clock, systemClock } from '../../../lib/clock.ts';

/** The real clock, but for the wall time: that is what it was set to, and goes on from there. */
export function createSetClock(nowMs: number): Clock & { setNow(nowMs: number): void } {
  const aheadOf = (toMs: number) => toMs - systemClock.now();
  let aheadMs = aheadOf(nowMs);
  return {
    ...systemClock,
    now: () => systemClock.now() + aheadMs,
    setNow: (toMs) => {
      aheadMs = aheadOf(toMs);
    },
  };
}
