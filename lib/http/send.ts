import type { Deadline } from '../deadline.ts';

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly url: URL;
  /** What this request is, for metrics and messages: bounded, without ids, such as `flow_runs/filter`. */
  readonly endpoint: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Statuses that are not sent again, although they may pass: the caller has something better to ask. */
  readonly finalStatuses?: readonly number[];
}

export interface HttpResponse {
  readonly status: number;
  /** Lower-case names; several values of one name are joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  /** Decoded (gzip is already undone), capped: a larger body is an error. */
  readonly body: Uint8Array;
  /** Whether a text from the body repeats a secret of the request, and so may not be shown. */
  readonly quotesSecret?: (text: string) => boolean;
}

/**
 * Sends one request and resolves with a 2xx answer. Everything else rejects with one of the classes of
 * `errors.ts`: an answer that is not 2xx with `HttpStatusError`, a redirect with `RedirectError`, no or half an
 * answer with `NoAnswerError`. Nothing starts after the deadline and nothing goes on past it.
 *
 * Decorators have the same type and are composed around `attempt`: retrying, auth, CSRF, observation.
 * Every request this program sends may be sent again: filters only read, a PUT and a write of the same instant
 * replace themselves.
 */
export type Send = (request: HttpRequest, deadline: Deadline) => Promise<HttpResponse>;
