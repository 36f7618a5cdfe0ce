import type { Clock } from '../clock.ts';
import { type Deadline, remainingMs } from '../deadline.ts';
import { type Backoff, defaultBackoff, jitteredDelayMs, retryAfterMs } from './backoff.ts';
import { isClosedConnection, isRetryable } from './retryable.ts';
import type { HttpRequest, Send } from './send.ts';

export interface RetryOptions {
  readonly clock: Clock;
  /** How often a request is sent again; 0 sends it once. */
  readonly maxRetries: number;
  readonly backoff?: Backoff;
  /** Sends `retry-attempt: n` from the second attempt on, as remote write asks for. */
  readonly retryAttemptHeader?: boolean;
  /** Called before each wait. */
  readonly onRetry?: (retry: Retry) => void;
}

export interface Retry {
  readonly request: HttpRequest;
  /** Why the attempt before failed. */
  readonly error: unknown;
  /** 1 for the second attempt. */
  readonly retry: number;
  readonly delayMs: number;
}

/**
 * Sends again what may succeed then (`isRetryable`), after a wait. When the wait would end at the deadline or
 * later, or the retries are used up, it rejects at once with the error of the last attempt.
 */
export function retrying(send: Send, options: RetryOptions): Send {
  const { clock, maxRetries } = options;
  return async (request, deadline) => {
    let resentAtOnce = false;
    for (let retries = 0; ; retries += 1) {
      try {
        return await send(numbered(request, retries, options), deadline);
      } catch (error) {
        const atOnce: boolean = !resentAtOnce && isClosedConnection(error);
        const delayMs = atOnce ? 0 : waitMs(error, retries, options);
        if (retries >= maxRetries || !isRetryable(error, request) || !fits(delayMs, deadline, clock))
          throw error;
        resentAtOnce ||= atOnce;
        options.onRetry?.({ request, error, retry: retries + 1, delayMs });
        await wait(delayMs, deadline, clock, error);
      }
    }
  };
}

function waitMs(error: unknown, retries: number, { clock, backoff = defaultBackoff }: RetryOptions): number {
  return retryAfterMs(error, clock.now()) ?? jitteredDelayMs(retries, backoff, clock.random);
}

const fits = (delayMs: number, deadline: Deadline, clock: Clock): boolean =>
  delayMs < remainingMs(deadline, clock);

/** Throws `error` after all when the sleep took until the deadline. */
async function wait(delayMs: number, deadline: Deadline, clock: Clock, error: unknown): Promise<void> {
  if (delayMs > 0) await clock.sleep(delayMs);
  if (remainingMs(deadline, clock) === 0) throw error;
}

function numbered(request: HttpRequest, retries: number, options: RetryOptions): HttpRequest {
  if (retries === 0 || options.retryAttemptHeader !== true) return request;
  return { ...request, headers: { ...request.headers, 'retry-attempt': String(retries) } };
}
