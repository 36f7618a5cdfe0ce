import type { Clock } from '../clock.ts';
import { remainingMs } from '../deadline.ts';
import { HttpStatusError, NoAnswerError, RedirectError, UnexpectedBodyError } from './errors.ts';
import type { HttpRequest, Send } from './send.ts';

/** One attempt, whatever came of it. */
export interface Exchange {
  readonly endpoint: string;
  readonly method: HttpRequest['method'];
  /** The status, or the reason of a `NoAnswerError` (`connect`, `timeout`, …), or `body`, or `error`. Bounded. */
  readonly code: string;
  /** Bytes of the request's body as sent. */
  readonly requestBytes: number;
  /** Bytes of the answer's body once decoded; for an answer that is not 2xx, of its excerpt (at most 1,024). */
  readonly responseBytes: number;
  readonly durationMs: number;
}

/** Tells `onExchange` of every attempt. One that never starts, because the deadline is over, is none. */
export function observed(
  send: Send,
  { clock, onExchange }: { clock: Clock; onExchange: (exchange: Exchange) => void },
): Send {
  return async (request, deadline) => {
    if (remainingMs(deadline, clock) === 0) return send(request, deadline);
    const startedMs = clock.monotonic();
    const tell = (code: string, responseBytes: number) =>
      onExchange({
        endpoint: request.endpoint,
        method: request.method,
        code,
        requestBytes: request.body?.byteLength ?? 0,
        responseBytes,
        durationMs: clock.monotonic() - startedMs,
      });
    try {
      const response = await send(request, deadline);
      tell(String(response.status), response.body.byteLength);
      return response;
    } catch (error) {
      tell(codeOf(error), error instanceof HttpStatusError ? Buffer.byteLength(error.bodyExcerpt) : 0);
      throw error;
    }
  };
}

/** Exchanges by endpoint and code, in the order in which those came first. */
export function countExchanges(
  exchanges: readonly Exchange[],
): readonly { readonly endpoint: string; readonly code: string; readonly count: number }[] {
  const groups = Map.groupBy(exchanges, ({ endpoint, code }) => `${endpoint} ${code}`);
  return [...groups.values()].flatMap(([first, ...others]) =>
    first === undefined ? [] : [{ endpoint: first.endpoint, code: first.code, count: 1 + others.length }],
  );
}

function codeOf(error: unknown): string {
  if (error instanceof HttpStatusError || error instanceof RedirectError) return String(error.status);
  if (error instanceof NoAnswerError) return error.reason;
  return error instanceof UnexpectedBodyError ? 'body' : 'error';
}
