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

/** 2026-11-20T10:00:00Z, the default start. */
const defaultNowMs = Date.UTC(2026, 10, 20, 10, 0, 0);

export function createFakeClock(options: FakeClockOptions = {}): FakeClock {
  const timeline = createTimeline();
  const slept: number[] = [];
  // The wall clock goes with the time that passes, until a test sets it.
  let wallAheadMs = options.nowMs ?? defaultNowMs;
  let uuids = 0;

  const sleep = (ms: number, signal?: AbortSignal): Promise<void> => {
    if (signal?.aborted) return Promise.reject(signal.reason);
    slept.push(ms);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const cancel = timeline.after(ms, resolve);
    signal?.addEventListener('abort', () => {
      cancel();
      reject(signal.reason);
    });
    if (options.autoAdvance === true) timeline.runUntil(timeline.elapsedMs() + ms);
    return promise;
  };

  return {
    now: () => wallAheadMs + timeline.elapsedMs(),
    monotonic: timeline.elapsedMs,
    sleep,
    after: timeline.after,
    random: options.random ?? createSequence(),
    uuid: () => {
      uuids += 1;
      return `00000000-0000-4000-8000-${String(uuids).padStart(12, '0')}`;
    },
    slept,
    advance: (ms) => advance(timeline, ms),
    pending: timeline.pending,
    setNow: (nowMs) => {
      wallAheadMs = nowMs - timeline.elapsedMs();
    },
  };
}

async function advance(timeline: Timeline, ms: number): Promise<void> {
  const untilMs = timeline.elapsedMs() + ms;
  // What a callback resolved may set the next one: it gets a turn after each.
  do await turn();
  while (timeline.runNext(untilMs));
  timeline.runUntil(untilMs);
  await turn();
}

interface Timeline {
  /** Ms since the start. */
  elapsedMs(): number;
  after(ms: number, run: () => void): () => void;
  /** Moves to the first callback that is due until then and runs it; false when there is none. */
  runNext(untilMs: number): boolean;
  /** Runs all that is due until then and moves there. */
  runUntil(untilMs: number): void;
  pending(): number;
}

function createTimeline(): Timeline {
  let elapsedMs = 0;
  let timers: { readonly atMs: number; readonly run: () => void }[] = [];
  const runNext = (untilMs: number): boolean => {
    const [timer, ...rest] = timers;
    if (timer === undefined || timer.atMs > untilMs) return false;
    timers = rest;
    elapsedMs = Math.max(elapsedMs, timer.atMs);
    timer.run();
    return true;
  };
  return {
    elapsedMs: () => elapsedMs,
    after: (ms, run) => {
      const timer = { atMs: elapsedMs + Math.max(0, ms), run };
      timers = [...timers, timer].sort((a, b) => a.atMs - b.atMs);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    runNext,
    runUntil: (untilMs) => {
      while (runNext(untilMs));
      elapsedMs = Math.max(elapsedMs, untilMs);
    },
    pending: () => timers.length,
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
