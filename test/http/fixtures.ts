import { createServer, type Socket } from 'node:net';
import { inspect } from 'node:util';
import { onTestFinished } from 'vitest';
import {
  type Handler,
  json,
  type LocalServer,
  type ServerOptions,
  startServer,
} from '../../doubles/server.ts';
import type { NetworkConfig } from '../../lib/config/config.ts';
import { type Deadline, deadlineIn } from '../../lib/deadline.ts';
import { type ConnectionOptions, createConnections } from '../../lib/http/attempt.ts';
import type { HttpRequest, Send } from '../../lib/http/send.ts';
import { createFakeClock, type FakeClock } from '../support/clock.ts';

export const plainNetwork: NetworkConfig = {
  ca: undefined,
  clientCert: undefined,
  clientKey: undefined,
  httpsProxy: undefined,
  httpProxy: undefined,
  noProxy: undefined,
};

export const ok: Handler = () => json({ ok: true });

/** A server that stops with the test. */
export async function serve(handler: Handler = ok, options: ServerOptions = {}): Promise<LocalServer> {
  const server = await startServer(handler, options);
  onTestFinished(() => server.stop());
  return server;
}

/** A TCP server without HTTP, on 127.0.0.1, that ends with the test; its port. */
export async function listen(onConnection: (socket: Socket) => void): Promise<number> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket.on('error', () => undefined));
    onConnection(socket);
  });
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('A TCP server has a port');
  return address.port;
}

export interface Sender {
  readonly clock: FakeClock;
  readonly send: Send;
  /** A minute away at the start. */
  readonly deadline: Deadline;
  close(): Promise<void>;
}

/** Connections that close with the test, on a clock of their own. */
export function connect(
  network: Partial<NetworkConfig> = {},
  options: Partial<ConnectionOptions> = {},
  clock: FakeClock = createFakeClock(),
): Sender {
  const connections = createConnections({ ...plainNetwork, ...network }, { clock, ...options });
  onTestFinished(() => connections.close());
  return { clock, ...connections, deadline: deadlineIn(60_000, clock) };
}

export const get = (url: URL, headers: Record<string, string> = {}): HttpRequest => ({
  method: 'GET',
  url,
  endpoint: 'test',
  headers,
});

export const post = (url: URL, body: string): HttpRequest => ({
  method: 'POST',
  url,
  endpoint: 'test',
  headers: { 'content-type': 'text/plain' },
  body: Buffer.from(body),
});

/** What the promise rejects with; fails when it resolves. */
export async function failureOf(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error) return error;
    throw new TypeError(`Rejected with ${inspect(error)}`);
  }
  throw new TypeError('Did not reject');
}

/** Everything a log could show of an error, its causes and their fields included. */
export const wholeOf = (error: unknown): string =>
  `${inspect(error, { depth: 20, showHidden: true, getters: true, maxStringLength: null })} ${JSON.stringify(error)}`;
