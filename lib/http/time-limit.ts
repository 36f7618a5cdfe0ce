import type { Clock } from '../clock.ts';
import { type Deadline, remainingMs } from '../deadline.ts';
import { NoAnswerError } from './errors.ts';
import type { HttpRequest } from './send.ts';

/** The end of one attempt: the sooner of its timeout and the deadline. */
export interface TimeLimit {
  /** Aborted at the limit. */
  readonly signal: AbortSignal;
  /**
   * The promise, or a rejection with `NoAnswerError` at the limit, whether the promise heeds the signal or not.
   * `soFar` says in the message what has come until then.
   */
  race<T>(promise: Promise<T>, soFar: string): Promise<T>;
  clear(): void;
}

export function startTimeLimit(
  request: HttpRequest,
  { deadline, timeoutMs, clock }: { deadline: Deadline; timeoutMs: number; clock: Clock },
): TimeLimit {
  const leftMs = remainingMs(deadline, clock);
  const limitMs = Math.min(leftMs, timeoutMs);
  const reason = timeoutMs <= leftMs ? 'timeout' : 'deadline';
  const why = reason === 'timeout' ? '' : ', the time that was left';
  const controller = new AbortController();
  const { promise: reached, reject } = Promise.withResolvers<never>();
  // The limit may be reached while nothing is racing.
  reached.catch(() => undefined);
  let progress = '';
  const clear = clock.after(limitMs, () => {
    reject(
      new NoAnswerError(request, { reason, what: `${progress} within ${Math.round(limitMs)} ms${why}` }),
    );
    controller.abort();
  });
  return {
    signal: controller.signal,
    race: (promise, soFar) => {
      progress = soFar;
      return Promise.race([promise, reached]);
    },
    clear,
  };
}
