import type { Clock } from '../clock.ts';
import { HttpStatusError } from './errors.ts';
import { parseHttpDate } from './http-date.ts';

export interface Backoff {
  /** Upper end of the first delay. */
  readonly firstMs: number;
  /** No delay is longer. `Retry-After` may be. */
  readonly maxMs: number;
}

export const defaultBackoff: Backoff = { firstMs: 500, maxMs: 10_000 };

/** Exponential with full jitter: evenly between 0 and `firstMs` × 2^`retries`, for the `retries`-th retry from 0. */
export function jitteredDelayMs(retries: number, backoff: Backoff, random: Clock['random']): number {
  return Math.round(random() * Math.min(backoff.maxMs, backoff.firstMs * 2 ** retries));
}

/**
 * The wait an answer asks for in `Retry-After` (RFC 9110 10.2.3: seconds or a date), ms. A date is read against
 * the `Date` of the same answer, so that a wrong clock here does not matter. Undefined when the answer asks for
 * nothing that lies ahead.
 */
export function retryAfterMs(error: unknown, nowMs: number): number | undefined {
  if (!(error instanceof HttpStatusError)) return undefined;
  const text = error.headers['retry-after'];
  if (text === undefined) return undefined;
  if (/^\d+(\.\d+)?$/.test(text)) return positive(Number(text) * 1000);
  const atMs = parseHttpDate(text);
  return atMs === undefined ? undefined : positive(atMs - (parseHttpDate(error.headers.date) ?? nowMs));
}

const positive = (ms: number): number | undefined => (ms > 0 ? Math.ceil(ms) : undefined);
