import * as z from 'zod';
import type { Clock } from '../clock.ts';
import type { PrefectConfig } from '../config/config.ts';
import type { Deadline } from '../deadline.ts';
import { HttpStatusError, UnexpectedBodyError } from './errors.ts';
import { parseHttpDate } from './http-date.ts';
import { jsonGet, parseJson } from './json.ts';
import type { HttpRequest, HttpResponse, Send } from './send.ts';

/** A token this near to its end, or in the second half of a life shorter than twice that, is not used any more. */
const marginMs = 30_000;

const tokenAnswer = z.object({ token: z.string().min(1), expiration: z.string().min(1) });

interface Token {
  readonly value: string;
  readonly usableUntilMs: number;
}

/** Keeps the token of one process, for longer than the connections of one tick. */
export interface Csrf {
  /** Adds the token to every request but GET. The `send` below it must authenticate. */
  around(send: Send): Send;
}

export interface CsrfOptions {
  /** As in the configuration: without trailing slash. */
  readonly apiUrl: URL;
  readonly mode: PrefectConfig['csrf'];
  readonly clock: Clock;
}

/**
 * Prefect's protection against forged requests (`PREFECT_SERVER_CSRF_PROTECTION_ENABLED`): every POST, the
 * reading ones too, needs a token that belongs to a client id; asking for one ends the one before. `auto` asks
 * once, and goes without when the server answers 422 (switched off) or 404 (Cloud, Prefect 2); `true` takes these
 * answers as errors; `false` never asks. A 403 that speaks of CSRF gets one new token and one more attempt.
 */
export function createCsrf(options: CsrfOptions): Csrf {
  if (options.mode === false) return { around: (send) => send };
  const client = options.clock.uuid();
  const tokens = createTokens(client, options);
  return {
    around: (send) => async (request, deadline) => {
      if (request.method === 'GET') return send(request, deadline);
      const used = await tokens.current(send, deadline);
      try {
        return await send(withToken(request, used, client), deadline);
      } catch (error) {
        const token = isCsrfRefusal(error) ? await tokens.otherThan(used, send, deadline) : 'off';
        if (token === 'off') throw error;
        return send(withToken(request, token, client), deadline);
      }
    },
  };
}

/** The token of one client, asked for at most once at a time: a second question would end the first's token. */
function createTokens(client: string, { apiUrl, mode, clock }: CsrfOptions) {
  const url = new URL(`${apiUrl.href.replace(/\/$/, '')}/csrf-token?client=${client}`);
  let known: Token | 'off' | undefined;
  let asking: Promise<Token | 'off'> | undefined;

  const ask = async (send: Send, deadline: Deadline): Promise<Token | 'off'> => {
    const request = jsonGet(url, 'csrf-token');
    try {
      return toToken(request, await send(request, deadline), clock);
    } catch (error) {
      if (mode === 'auto' && isSwitchedOff(error)) return 'off';
      throw error;
    }
  };
  const current = async (send: Send, deadline: Deadline): Promise<Token | 'off'> => {
    if (isUsable(known, clock)) return known;
    asking ??= ask(send, deadline).finally(() => {
      asking = undefined;
    });
    known = await asking;
    return known;
  };
  return {
    current,
    /** A new one, or the one that another request has asked for meanwhile. */
    otherThan: (used: Token | 'off', send: Send, deadline: Deadline): Promise<Token | 'off'> => {
      if (known === used) known = undefined;
      return current(send, deadline);
    },
  };
}

const isUsable = (token: Token | 'off' | undefined, clock: Clock): token is Token | 'off' =>
  token === 'off' || (token !== undefined && clock.now() < token.usableUntilMs);

const isSwitchedOff = (error: unknown): boolean =>
  error instanceof HttpStatusError && (error.status === 404 || error.status === 422);

function withToken(request: HttpRequest, token: Token | 'off', client: string): HttpRequest {
  if (token === 'off') return request;
  const headers = { ...request.headers, 'prefect-csrf-token': token.value, 'prefect-csrf-client': client };
  return { ...request, headers };
}

/** `Missing CSRF token.`, `Missing client identifier.`, `Invalid CSRF token or client identifier.` */
export const isCsrfRefusal = (error: unknown): boolean =>
  error instanceof HttpStatusError &&
  error.status === 403 &&
  /CSRF token|client identifier/i.test(error.bodyExcerpt);

function toToken(request: HttpRequest, response: HttpResponse, clock: Clock): Token {
  const answer = tokenAnswer.safeParse(parseJson(request, response, { secretBody: true }));
  const expiresMs = answer.success ? Date.parse(answer.data.expiration) : Number.NaN;
  if (!answer.success || Number.isNaN(expiresMs)) {
    throw new UnexpectedBodyError(request, 'the answer has no token or no expiration');
  }
  // Counted from the server's own time, so that a wrong clock here does not end it early.
  const lifetimeMs = expiresMs - (parseHttpDate(response.headers.date) ?? clock.now());
  return {
    value: answer.data.token,
    usableUntilMs: clock.now() + lifetimeMs - Math.min(marginMs, lifetimeMs / 2),
  };
}
