import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server, Socket } from 'node:net';
import { type Clock, systemClock } from '../lib/clock.ts';
import { createFaults, type Faults } from './faults.ts';
import { answer, answerWithFault } from './faulty-answer.ts';

export interface ReceivedRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  /** Lower-case names; several values of one name joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  /** As sent: a compressed body stays compressed. */
  readonly body: Buffer;
}

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

export type Handler = (request: ReceivedRequest) => Reply | Promise<Reply>;

export interface ServerOptions {
  /** PEM; https instead of http. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** PEM; with `tls`: only clients with a certificate of this authority. */
  readonly clientCa?: string;
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** Dates answers, and times the fault `slow-headers`. */
  readonly clock?: Clock;
}

/** An HTTP server on 127.0.0.1 that keeps what it received and fails on demand. */
export interface LocalServer {
  /** `http://127.0.0.1:<port>/`, with `https:` under TLS. */
  readonly url: URL;
  readonly requests: readonly ReceivedRequest[];
  readonly faults: Faults;
  /** Connections taken so far. */
  connections(): number;
  /** Connections that have not ended. */
  openConnections(): number;
  /** Resolves as soon as `count` requests in all have arrived whole. */
  received(count: number): Promise<void>;
  /** Ends the connections and keeps listening. */
  dropConnections(): void;
  stop(): Promise<void>;
}

/** A JSON answer. */
export const json = (value: unknown, status = 200): Reply => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value),
});

export async function startServer(handler: Handler, options: ServerOptions = {}): Promise<LocalServer> {
  const faults = createFaults();
  const log = createRequestLog();
  const { clock = systemClock } = options;
  const server = createListener(options, async (message, response) => {
    const request = await read(message);
    if (request === undefined) return;
    log.add(request);
    response.setHeader('date', new Date(clock.now()).toUTCString());
    const reply = async () => replyOf(handler, request);
    const fault = faults.take(request);
    if (fault === undefined) answer(response, await reply());
    else await answerWithFault(response, fault, { reply, clock });
  });
  const connections = trackConnections(server);
  const port = await listen(server, options.port ?? 0);
  return {
    url: new URL(`${options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}/`),
    requests: log.requests,
    faults,
    connections: connections.count,
    openConnections: connections.open,
    received: log.received,
    dropConnections: connections.drop,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        connections.drop();
      }),
  };
}

function createListener({ tls, clientCa }: ServerOptions, onRequest: RequestListener): Server {
  if (tls === undefined) return createServer(onRequest);
  const clients = clientCa === undefined ? {} : { ca: clientCa, requestCert: true };
  return createTlsServer({ ...tls, ...clients }, onRequest);
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
  // A TCP server that listens has an AddressInfo.
  return (server.address() as AddressInfo).port;
}

function trackConnections(server: Server) {
  const open = new Set<Socket>();
  let count = 0;
  server.on('connection', (socket: Socket) => {
    count += 1;
    open.add(socket);
    socket.on('close', () => open.delete(socket));
  });
  return {
    count: () => count,
    open: () => open.size,
    drop: () => {
      for (const socket of open) socket.destroy();
    },
  };
}

/** Undefined when the client went away before its body was whole. */
async function read(message: IncomingMessage): Promise<ReceivedRequest | undefined> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of message) chunks.push(chunk);
  } catch {
    return undefined;
  }
  const headers = Object.entries(message.headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]],
  );
  return {
    method: message.method ?? '',
    path: message.url ?? '',
    headers: Object.fromEntries(headers),
    body: Buffer.concat(chunks),
  };
}

async function replyOf(handler: Handler, request: ReceivedRequest): Promise<Reply> {
  try {
    return await handler(request);
  } catch (error) {
    return { status: 500, body: `The handler of this server failed: ${error}` };
  }
}

function createRequestLog() {
  const requests: ReceivedRequest[] = [];
  const waiting = new Set<{ count: number; resolve: () => void }>();
  return {
    requests,
    add: (request: ReceivedRequest) => {
      requests.push(request);
      for (const waiter of waiting) {
        if (requests.length < waiter.count) continue;
        waiting.delete(waiter);
        waiter.resolve();
      }
    },
    received: (count: number): Promise<void> =>
      requests.length >= count
        ? Promise.resolve()
        : new Promise((resolve) => {
            waiting.add({ count, resolve });
          }),
  };
}
