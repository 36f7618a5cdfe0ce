import { once } from 'node:events';
import { createServer, request as forward, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FailingLine {
  /** The target's address, on this line's port. */
  readonly url: string;
  /** From now on requests whose path matches get 500; undefined: none. */
  fail(paths: RegExp | undefined): void;
  stop(): Promise<void>;
}

/** Passes requests on to a local server, but for those that it answers with 500. */
export async function startFailingLine(target: string): Promise<FailingLine> {
  const { port, hostname } = new URL(target);
  let failing: RegExp | undefined;
  const pass = ({ url: path, method, headers }: IncomingMessage, response: ServerResponse) =>
    forward({ hostname, port, path, method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    }).on('error', () => response.destroy());
  const server = createServer((message, response) => {
    if (failing?.test(message.url ?? '')) response.writeHead(500).end('{"exception_message":"broken"}');
    else message.pipe(pass(message, response));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  // A TCP server that listens has an AddressInfo.
  const own = (server.address() as AddressInfo).port;
  return {
    url: target.replace(`:${port}`, `:${own}`),
    fail: (paths) => {
      failing = paths;
    },
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
