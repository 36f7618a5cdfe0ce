import { HttpStatusError, NoAnswerError, type NoAnswerReason } from './errors.ts';
import type { HttpRequest } from './send.ts';

/** Sending again changes nothing: the certificate stays wrong, the body stays large, the time is over. */
const finalReasons: ReadonlySet<NoAnswerReason> = new Set(['tls', 'too-large', 'deadline']);

/**
 * Whether the same request may succeed when it is sent again: no answer, 408, 429 and 5xx; no other 4xx, no
 * redirect, no body that is not what it should be. Remote-Write 1.0 asks for the same ("Retries & Backoff").
 * Not what the request itself calls final.
 */
export function isRetryable(error: unknown, request?: Pick<HttpRequest, 'finalStatuses'>): boolean {
  if (error instanceof NoAnswerError) return !finalReasons.has(error.reason);
  if (!(error instanceof HttpStatusError)) return false;
  if (request?.finalStatuses?.includes(error.status) === true) return false;
  return error.status === 408 || error.status === 429 || error.status >= 500;
}

/**
 * A connection that ended without an answer: usually a kept one that the other side had given up in the same
 * moment, so that a new connection works at once.
 */
export function isClosedConnection(error: unknown): boolean {
  return error instanceof NoAnswerError && error.reason === 'closed';
}
