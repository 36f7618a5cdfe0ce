import { UnexpectedBodyError } from './errors.ts';
import type { HttpRequest, HttpResponse } from './send.ts';

const shownCharacters = 120;

/** A POST with `value` as JSON. */
export function jsonPost(url: URL, endpoint: string, value: unknown): HttpRequest {
  return {
    method: 'POST',
    url,
    endpoint,
    headers: { accept: 'application/json', 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify(value), 'utf8'),
  };
}

/** A GET that expects JSON. */
export function jsonGet(url: URL, endpoint: string): HttpRequest {
  return { method: 'GET', url, endpoint, headers: { accept: 'application/json' } };
}

/**
 * The answer's body as JSON, of unknown shape. Throws `UnexpectedBodyError` with the first characters of a body
 * that is empty, cut short or something else; `secretBody` keeps them out of the message, and so does a body that
 * repeats a secret of the request.
 */
export function parseJson(
  request: HttpRequest,
  response: HttpResponse,
  { secretBody = false }: { secretBody?: boolean } = {},
): unknown {
  const text = decodeUtf8(request, response.body).trim();
  try {
    return JSON.parse(text);
  } catch (error) {
    const isSecret = secretBody || response.quotesSecret?.(text) === true;
    const shown = isSecret ? '' : `, it starts with ${printable(text)}`;
    // The message of a SyntaxError quotes the text.
    const options = isSecret ? {} : { cause: error };
    throw new UnexpectedBodyError(
      request,
      `${whatIsWrong(text, response)}${text === '' ? '' : shown}`,
      options,
    );
  }
}

function decodeUtf8(request: HttpRequest, body: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch (error) {
    throw new UnexpectedBodyError(request, 'the body of the answer is not UTF-8 text', { cause: error });
  }
}

function whatIsWrong(text: string, { status, headers }: HttpResponse): string {
  if (text === '') return `status ${status}, the body of the answer is empty instead of JSON`;
  const closing = text.startsWith('{') ? '}' : text.startsWith('[') ? ']' : undefined;
  if (closing !== undefined && !text.endsWith(closing)) {
    return `status ${status}, the JSON in the answer is cut short after ${text.length} characters`;
  }
  return `status ${status}, the answer is not JSON (content-type ${headers['content-type'] ?? 'not given'})`;
}

/** One quoted line, bounded, control characters escaped. */
function printable(text: string): string {
  const start = JSON.stringify(text.slice(0, shownCharacters));
  return text.length > shownCharacters ? `${start}…` : start;
}
