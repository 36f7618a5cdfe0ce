import { type ClientRequest, type IncomingMessage, request as open } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { type LocalServer, type ReceivedRequest, type Reply, startServer } from '../../doubles/server.ts';

/** Stands before a server: keeps what passes, and answers in its place where it is told to. */
export interface ForwarderOptions {
  /** Asked for each request: whoever is forwarded to may start later. */
  target(): URL;
  /** An answer instead of the server's. */
  instead?(request: ReceivedRequest): Reply | undefined;
  /** Headers that the server gets in addition, or instead of those of the client. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Sees each reply, also its own, and may give another one. */
  onReply?(request: ReceivedRequest, reply: Reply): Reply;
}

/** Bodies pass whole; connections are not shared. `Host` stays the client's, because it is signed. */
export function startForwarder(options: ForwarderOptions): Promise<LocalServer> {
  return startServer(async (request) => {
    const reply = options.instead?.(request) ?? (await forward(request, options));
    return options.onReply?.(request, reply) ?? reply;
  });
}

/** Of one connection only (https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1), or set by the server itself. */
const notPassed = new Set(['connection', 'keep-alive', 'transfer-encoding', 'date', 'content-length']);

async function forward(request: ReceivedRequest, { target, headers }: ForwarderOptions): Promise<Reply> {
  const { connection: _, 'transfer-encoding': __, expect: ___, ...passed } = request.headers;
  const to = target();
  const answer = await answerTo(
    open({
      host: to.hostname,
      port: to.port,
      method: request.method,
      path: request.path,
      headers: { ...passed, 'content-length': String(request.body.length), ...headers },
      agent: false,
    }),
    request.body,
  );
  const entries = Object.entries(answer.headers).flatMap(([name, value]) =>
    value === undefined || notPassed.has(name) ? [] : [[name, String(value)]],
  );
  return {
    status: answer.statusCode ?? 502,
    headers: Object.fromEntries(entries),
    body: await buffer(answer),
  };
}

function answerTo(request: ClientRequest, body: Buffer): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.on('response', resolve).on('error', reject).end(body);
  });
}
