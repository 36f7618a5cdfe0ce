import type { Clock } from '../../lib/clock.ts';

export interface FakeClockOptions {
  /** Wall clock at the start, ms since the Unix epoch. Default 2026-11-20T10:00:00Z. */
  readonly nowMs?: number;
  /** `sleep` resolves at once and moves the time by itself. */
  readonly autoAdvance?: boolean;
  /** Default: a fixed sequence of numbers. */
  readonly random?: () => number;
}

/** A clock that stands still until a test moves it. */
export interface FakeClock extends Clock {
  /** What `sleep` was called with, in order, ms. */
  readonly slept: readonly number[];
  /** Moves the time; sleeps and callbacks that come due run in order, each at its own time, also new ones. */
  advance(ms: number): Promise<void>;
  /** Sleeps and callbacks that are waiting. */
  pending(): number;
  /** Moves the wall clock alone, as a time server does. */
  setNow(nowMs: number): void;
}

interface Timer {
  readonly atMs: number;
  readonly run: () => void;
}

export function createFakeClock(options: FakeClockOptions = {}): FakeClock {
  let wallMs = options.nowMs ?? Date.UTC(2026, 10, 20, 10, 0, 0);
  let elapsedMs = 0;
  let uuids = 0;
  let timers: Timer[] = [];
  const slept: number[] = [];

  const moveTo = (atMs: number) => {
    wallMs += Math.max(0, atMs - elapsedMs);
    elapsedMs = Math.max(elapsedMs, atMs);
  };
  const after = (ms: number, run: () => void) => {
    const timer = { atMs: elapsedMs + Math.max(0, ms), run };
    timers = [...timers, timer].sort((a, b) => a.atMs - b.atMs);
    return () => {
      timers = timers.filter((other) => other !== timer);
    };
  };
  /** Runs the first timer that is due until then. False when there is none. */
  const runNext = (untilMs: number): boolean => {
    const [timer, ...rest] = timers;
    if (timer === undefined || timer.atMs > untilMs) return false;
    timers = rest;
    moveTo(timer.atMs);
    timer.run();
    return true;
  };
  const sleep = (ms: number, signal?: AbortSignal): Promise<void> => {
    if (signal?.aborted) return Promise.reject(signal.reason);
    slept.push(ms);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const cancel = after(ms, resolve);
    signal?.addEventListener('abort', () => {
      cancel();
      reject(signal.reason);
    });
    if (options.autoAdvance === true) {
      const untilMs = elapsedMs + ms;
      while (runNext(untilMs));
      moveTo(untilMs);
    }
    return promise;
  };

  return {
    now: () => wallMs,
    monotonic: () => elapsedMs,
    sleep,
    after,
    random: options.random ?? createSequence(),
    uuid: () => {
      uuids += 1;
      return `00000000-0000-4000-8000-${String(uuids).padStart(12, '0')}`;
    },
    slept,
    advance: async (ms) => {
      const untilMs = elapsedMs + ms;
      // What a timer resolved may set the next one: give it a turn.
      do await turn();
      while (runNext(untilMs));
      moveTo(untilMs);
      await turn();
    },
    pending: () => timers.length,
    setNow: (nowMs) => {
      wallMs = nowMs;
    },
  };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A linear congruential generator (Numerical Recipes), always from the same start. */
function createSequence(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
