import type { HttpRequest } from './send.ts';

/** Every failure of a request, so that one `instanceof` tells them from defects. */
export abstract class HttpError extends Error {
  readonly method: string;
  /** Without user, password and query. */
  readonly url: string;
  readonly endpoint: string;

  protected constructor(request: HttpRequest, what: string, options?: ErrorOptions) {
    const url = publicUrl(request.url);
    super(`${request.method} ${url}: ${what}`, options);
    this.method = request.method;
    this.url = url;
    this.endpoint = request.endpoint;
  }
}

/** The other side answered with a status that is not 2xx. */
export class HttpStatusError extends HttpError {
  override readonly name = 'HttpStatusError';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The first 1,024 bytes of the body as text. */
  readonly bodyExcerpt: string;

  constructor(
    request: HttpRequest,
    answer: { status: number; headers: Readonly<Record<string, string>>; bodyExcerpt: string },
  ) {
    const excerpt = answer.bodyExcerpt.trim();
    super(request, `status ${answer.status}${excerpt === '' ? '' : `, ${excerpt}`}`);
    this.status = answer.status;
    this.headers = answer.headers;
    this.bodyExcerpt = answer.bodyExcerpt;
  }
}

/** A 3xx answer. Redirects are never followed: they turn writes into reads and show credentials to strangers. */
export class RedirectError extends HttpError {
  override readonly name = 'RedirectError';
  readonly status: number;
  /** Where the answer pointed, without credentials and query; undefined when it did not say. */
  readonly location: string | undefined;

  constructor(request: HttpRequest, status: number, location: string | undefined) {
    super(request, `status ${status}, redirects to ${location ?? 'nowhere'}; redirects are not followed`);
    this.status = status;
    this.location = location;
  }
}

export type NoAnswerReason =
  | 'connect' // refused, name not found, unreachable, connect timeout
  | 'tls' // certificate or handshake
  | 'closed' // the connection ended before the answer did
  | 'timeout' // connected, no whole answer in time
  | 'deadline' // the tick had no time left for it
  | 'too-large'; // the body passed the cap

/** No answer, or half of one. */
export class NoAnswerError extends HttpError {
  override readonly name = 'NoAnswerError';
  readonly reason: NoAnswerReason;
  /** The code of the platform, such as `ECONNREFUSED`, where there is one. */
  readonly code: string | undefined;

  constructor(
    request: HttpRequest,
    details: { reason: NoAnswerReason; code?: string | undefined; what: string; cause?: unknown },
  ) {
    super(request, details.what, { cause: details.cause });
    this.reason = details.reason;
    this.code = details.code;
  }
}

/** There are no AWS credentials to sign the request with: it was not sent. */
export class CredentialsError extends HttpError {
  override readonly name = 'CredentialsError';

  constructor(request: HttpRequest, what: string, options?: ErrorOptions) {
    super(request, `not sent, no AWS credentials: ${what}`, options);
  }
}

/** The answer was 2xx and its body is not what this endpoint answers: not JSON, cut short, or without a field. */
export class UnexpectedBodyError extends HttpError {
  override readonly name = 'UnexpectedBodyError';

  constructor(request: HttpRequest, what: string, options?: ErrorOptions) {
    super(request, what, options);
  }
}

/** The URL as it may be shown: without user, password, query and fragment. */
export function publicUrl(url: URL): string {
  return `${url.origin}${url.pathname}`;
}
