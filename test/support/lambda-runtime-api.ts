// The server side of the Lambda Runtime API (2018-06-01), for one function process.
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';

/** As the runtime client reports it. */
export interface FunctionError {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace: readonly string[];
}

export type Outcome =
  | { readonly kind: 'result'; readonly value: unknown }
  | { readonly kind: 'error'; readonly error: FunctionError }
  | { readonly kind: 'initError'; readonly error: FunctionError }
  | { readonly kind: 'timedOut' }
  | { readonly kind: 'crashed'; readonly code: number | null; readonly signal: NodeJS.Signals | null };

export interface RuntimeApi {
  /** host:port, for AWS_LAMBDA_RUNTIME_API. */
  readonly address: string;
  invoke(event: unknown): Promise<Outcome>;
  /** Ends what runs or waits: the process is gone. */
  endAll(outcome: Outcome): void;
  close(): Promise<void>;
}

interface Invocation {
  readonly id: string;
  readonly event: unknown;
  readonly settle: (outcome: Outcome) => void;
}

export interface RuntimeApiOptions {
  readonly timeoutMs: number;
  /** Called when an invocation took longer than that. */
  readonly onTimeout: () => void;
}

export async function startRuntimeApi({ timeoutMs, onTimeout }: RuntimeApiOptions): Promise<RuntimeApi> {
  const queue: Invocation[] = [];
  let running: (Invocation & { readonly timer: NodeJS.Timeout }) | undefined;
  let idle: ServerResponse | undefined;
  let ended: Outcome | undefined;

  const settleRunning = (outcome: Outcome) => {
    clearTimeout(running?.timer);
    running?.settle(outcome);
    running = undefined;
  };
  const endAll = (outcome: Outcome) => {
    ended ??= outcome;
    settleRunning(ended);
    for (const waiting of queue.splice(0)) waiting.settle(ended);
  };
  const dispatch = () => {
    if (idle === undefined || running !== undefined) return;
    const next = queue.shift();
    if (next === undefined) return;
    const timer = setTimeout(() => {
      settleRunning({ kind: 'timedOut' });
      onTimeout();
    }, timeoutMs);
    running = { ...next, timer };
    idle.writeHead(200, invocationHeaders(next.id, Date.now() + timeoutMs)).end(JSON.stringify(next.event));
    idle = undefined;
  };

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const path = (request.url ?? '').replace('/2018-06-01/runtime/', '');
    if (path === 'invocation/next') {
      idle = response;
      dispatch();
      return;
    }
    const body = await text(request);
    response.writeHead(202, { 'content-type': 'application/json' }).end('{"status":"OK"}');
    if (path === 'init/error') endAll({ kind: 'initError', error: JSON.parse(body) });
    if (path === `invocation/${running?.id}/response`) {
      settleRunning({ kind: 'result', value: body === '' ? undefined : JSON.parse(body) });
    }
    if (path === `invocation/${running?.id}/error`) settleRunning({ kind: 'error', error: JSON.parse(body) });
  };

  const server = createServer((request, response) => void answer(request, response));
  // A frozen process must find its connection as it left it.
  server.keepAliveTimeout = 600_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('no TCP address');

  return {
    address: `127.0.0.1:${bound.port}`,
    endAll,
    invoke: (event) =>
      new Promise((settle) => {
        if (ended !== undefined) return settle(ended);
        queue.push({ id: randomUUID(), event, settle });
        dispatch();
      }),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function invocationHeaders(id: string, deadlineMs: number): Record<string, string> {
  return {
    'content-type': 'application/json',
    'lambda-runtime-aws-request-id': id,
    'lambda-runtime-deadline-ms': String(deadlineMs),
    'lambda-runtime-invoked-function-arn': 'arn:aws:lambda:eu-west-1:123456789012:function:function',
    // Another one each time: the runtime client puts it into the environment of the function.
    'lambda-runtime-trace-id': `Root=1-5bef4de7-${randomBytes(12).toString('hex')};Sampled=0`,
  };
}
