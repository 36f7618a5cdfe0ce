import { type Dispatcher, EnvHttpProxyAgent, errors, request as undiciRequest } from 'undici';
import type { Clock } from '../clock.ts';
import type { NetworkConfig } from '../config/config.ts';
import { remainingMs } from '../deadline.ts';
import { decodeBody, excerptOf, readStart, readWhole } from './answer-body.ts';
import { HttpError, HttpStatusError, NoAnswerError, publicUrl, RedirectError } from './errors.ts';
import { noAnswer, proxyStatusOf } from './no-answer.ts';
import { withoutSecrets } from './redact.ts';
import { createTlsContext } from './secure-context.ts';
import type { HttpRequest, HttpResponse, Send } from './send.ts';
import { startTimeLimit, type TimeLimit } from './time-limit.ts';

export interface ConnectionOptions {
  readonly clock: Clock;
  /** For the whole of one attempt. Default 30 s. */
  readonly timeoutMs?: number;
  /** Until the connection stands, TLS included; the timer behind it is exact to half a second. Default 5 s. */
  readonly connectTimeoutMs?: number;
  /** Of an answer's body, as sent and as decoded. Default 64 MiB. */
  readonly maxBodyBytes?: number;
}

export interface Connections {
  /** One attempt. */
  readonly send: Send;
  /** Ends every connection and every request on its way. What is sent afterwards rejects with `deadline`. */
  close(): Promise<void>;
}

/**
 * The connections of one tick: kept between its requests, closed at its end, because a frozen function wakes up
 * with dead sockets. Throws when a proxy's address or a certificate cannot be used; the message has no secret.
 */
export function createConnections(network: NetworkConfig, options: ConnectionOptions): Connections {
  const { clock, timeoutMs = 30_000, connectTimeoutMs = 5_000, maxBodyBytes = 64 * 1024 * 1024 } = options;
  const agents = createAgents(network, connectTimeoutMs);
  let closed = false;
  const send: Send = async (request, deadline) => {
    if (closed || remainingMs(deadline, clock) === 0) {
      throw new NoAnswerError(request, { reason: 'deadline', what: 'not sent, there was no time left' });
    }
    const startedMs = clock.monotonic();
    const limit = startTimeLimit(request, { deadline, timeoutMs, clock });
    try {
      return await exchange(request, { agent: agents.for(request.url), limit, maxBodyBytes });
    } catch (error) {
      // An InvalidArgumentError is a request that no server could ever get: a defect.
      if (error instanceof HttpError || isDefect(error)) throw error;
      throw noAnswer(request, error, clock.monotonic() - startedMs);
    } finally {
      limit.clear();
    }
  };
  return {
    send,
    close: async () => {
      closed = true;
      await agents.destroy();
    },
  };
}

/**
 * One agent for each scheme, so that a proxy for http:// is not used for https:// (as curl does, and unlike the
 * agent's own rule). Empty strings keep the agent from reading the environment.
 */
function createAgents(network: NetworkConfig, connectTimeoutMs: number) {
  const secureContext = createTlsContext(network);
  const tls = { timeout: connectTimeoutMs, ...(secureContext === undefined ? {} : { secureContext }) };
  const create = (proxies: { httpProxy: string; httpsProxy: string }): Dispatcher =>
    new EnvHttpProxyAgent({
      ...proxies,
      noProxy: network.noProxy ?? '',
      proxyTunnel: false, // http:// targets by absolute URL: many proxies refuse CONNECT to port 80
      connect: tls,
      requestTls: tls,
      proxyTls: tls,
    });
  const http = create({ httpProxy: proxyAddress(network.httpProxy), httpsProxy: '' });
  const https = create({ httpProxy: '', httpsProxy: proxyAddress(network.httpsProxy) });
  return {
    for: (url: URL): Dispatcher => (url.protocol === 'https:' ? https : http),
    destroy: async () => {
      await Promise.all([http.destroy(), https.destroy()]);
    },
  };
}

function proxyAddress(address = ''): string {
  // The error of `new URL` would quote the address with its password.
  if (address === '' || /^https?:$/.test(URL.parse(address)?.protocol ?? '')) return address;
  throw new Error('The address of the proxy is not an http:// or https:// URL');
}

interface ExchangeOptions {
  readonly agent: Dispatcher;
  readonly limit: TimeLimit;
  readonly maxBodyBytes: number;
}

async function exchange(request: HttpRequest, options: ExchangeOptions): Promise<HttpResponse> {
  const { limit, maxBodyBytes } = options;
  const answer = await limit.race(dispatch(request, options), 'no answer');
  const { statusCode: status, body } = answer;
  const headers = joinedHeaders(answer.headers);
  const encoding = headers['content-encoding'];
  if (status < 200 || status > 299) {
    const chunks: Uint8Array[] = [];
    // The status is the answer, also when its body does not come whole.
    await limit.race(readStart(body, chunks), '').catch(() => undefined);
    const shown = (text: string) => withoutSecrets(text, request.headers);
    throw refusal(request, status, headers, await excerptOf(chunks, encoding, shown));
  }
  const bytes = await limit.race(readWhole(request, body, maxBodyBytes), 'only a part of the answer');
  const quotesSecret = (text: string) => withoutSecrets(text, request.headers) !== text;
  return {
    status,
    headers,
    body: await decodeBody(request, bytes, encoding, maxBodyBytes),
    quotesSecret,
  };
}

function dispatch(request: HttpRequest, { agent, limit }: ExchangeOptions) {
  // The length is the body's, whatever the caller says.
  const { 'content-length': _, ...headers } = request.headers;
  return undiciRequest(request.url, {
    dispatcher: agent,
    method: request.method,
    headers: { 'user-agent': 'prefect-push-exporter', 'accept-encoding': 'gzip', ...headers },
    body: request.body ?? null,
    signal: limit.signal,
    // The time limit holds for both, on the injected clock.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
}

function refusal(
  request: HttpRequest,
  status: number,
  headers: Readonly<Record<string, string>>,
  bodyExcerpt: string,
): HttpError {
  if (status >= 300 && status < 400)
    return new RedirectError(request, status, target(request, headers.location));
  const { 'set-cookie': _, ...shown } = headers;
  return new HttpStatusError(request, { status, headers: shown, bodyExcerpt });
}

function target(request: HttpRequest, location: string | undefined): string | undefined {
  const url = location === undefined ? null : URL.parse(location, request.url.href);
  return url === null ? undefined : publicUrl(url);
}

function joinedHeaders(headers: Dispatcher.ResponseData['headers']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]],
    ),
  );
}

const isDefect = (error: unknown): boolean =>
  error instanceof errors.InvalidArgumentError && proxyStatusOf(error.message) === undefined;
