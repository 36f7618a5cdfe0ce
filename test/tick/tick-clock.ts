import { createFakeClock, type FakeClock, type FakeClockOptions } from '../support/clock.ts';

/**
 * A fake clock for whole ticks over real sockets. Time moves only when the tick can do nothing without it: when every
 * attempt that is under way hangs at a double. So nothing sleeps, and no request is cut off because the test was fast.
 */
export interface TickClock extends FakeClock {
  /** Moves the time from timer to timer until the promise has settled. @param hung requests that hung so far */
  settle<Value>(promise: Promise<Value>, hung?: () => number): Promise<Value>;
}

interface Timer {
  readonly atMs: number;
  /** An attempt's own limit; false for the alarm of a tick and for waits. */
  readonly isAttempt: boolean;
}

/** Where requests have their limits: our own, and those of the AWS SDK. */
const attempts =
  /\/lib\/(?:http\/time-limit|http\/sigv4|http\/aws-credentials|secrets\/read-secret|stores\/s3)\.ts/;

/** Turns of the event loop in which nothing may happen before time moves. */
const quietTurns = 3;

export function createTickClock(options: FakeClockOptions = {}): TickClock {
  const clock = createFakeClock(options);
  const timers = new Set<Timer>();
  let firedAttempts = 0;

  const add = (ms: number, isAttempt: boolean): Timer => {
    const timer = { atMs: clock.monotonic() + Math.max(0, ms), isAttempt };
    timers.add(timer);
    return timer;
  };
  const after: TickClock['after'] = (ms, callback) => {
    // The alarm that ends reading waits here, too; only attempts come by way of these files.
    const timer = add(ms, attempts.test(new Error().stack ?? ''));
    const cancel = clock.after(ms, () => {
      timers.delete(timer);
      if (timer.isAttempt) firedAttempts += 1;
      callback();
    });
    return () => {
      timers.delete(timer);
      cancel();
    };
  };
  const sleep: TickClock['sleep'] = (ms, signal) => {
    const timer = add(ms, false);
    return clock.sleep(ms, signal).finally(() => timers.delete(timer));
  };
  const isStuck = (hung: number): boolean =>
    [...timers].filter(({ isAttempt }) => isAttempt).length <= hung - firedAttempts;
  const toNextTimer = async (): Promise<void> => {
    const nextMs = Math.min(...[...timers].map(({ atMs }) => atMs));
    if (Number.isFinite(nextMs)) await clock.advance(Math.max(0, nextMs - clock.monotonic()));
  };

  return {
    ...clock,
    after,
    sleep,
    async settle(promise, hung = () => 0) {
      let settled = false;
      const end = () => {
        settled = true;
      };
      promise.then(end, end);
      for (let quiet = 0; !settled; await turn()) {
        quiet = isStuck(hung()) ? quiet + 1 : 0;
        if (quiet < quietTurns) continue;
        quiet = 0;
        await toNextTimer();
      }
      return promise;
    },
  };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
