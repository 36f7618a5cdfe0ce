import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Worker } from 'node:worker_threads';
import { type LoggedTick, parseLogLine } from './logged-tick.ts';

export interface FunctionOptions {
  /** Exports `handler`. */
  readonly bundleUrl: URL;
  /** All of the environment it sees. */
  readonly environment: Readonly<Record<string, string>>;
  /** The function's time limit. */
  readonly timeoutMs: number;
}

/** The built Lambda function with its own environment, invoked as the Lambda runtime does. */
export interface LambdaFunction {
  /** Resolves when the handler has settled; what happened is in the answer. */
  invoke(scheduledTime: string): Promise<Answer>;
  stop(): Promise<void>;
}

export interface Answer {
  /** What the handler rejected with; undefined when it resolved. */
  readonly error: string | undefined;
  /** The log line of the tick; undefined when it wrote none, as with a configuration that cannot be used. */
  readonly logged: LoggedTick | undefined;
}

export interface WorkerSettings {
  readonly bundleUrl: string;
  readonly timeoutMs: number;
}
export interface Invocation {
  readonly event: unknown;
}
export type Settled = { readonly ok: true } | { readonly ok: false; readonly message: string };

export function startFunction({ bundleUrl, environment, timeoutMs }: FunctionOptions): LambdaFunction {
  const workerData: WorkerSettings = { bundleUrl: bundleUrl.href, timeoutMs };
  const worker = new Worker(new URL('./function-worker.ts', import.meta.url), {
    workerData,
    env: { ...environment },
    stdout: true,
    stderr: true,
  });
  // An error outside a handler, as when the bundle cannot be loaded, ends the thread and every invocation.
  const crashed = once(worker, 'error').then(([error]) => Promise.reject(error));
  crashed.catch(() => undefined);
  let logged: LoggedTick | undefined;
  createInterface({ input: worker.stdout }).on('line', (line) => {
    logged = parseLogLine(line) ?? logged;
  });
  return {
    async invoke(scheduledTime) {
      logged = undefined;
      const invocation: Invocation = { event: { scheduledTime } };
      worker.postMessage(invocation);
      // What function-worker.ts answers, typed by the same file.
      const [settled] = (await Promise.race([once(worker, 'message'), crashed])) as [Settled];
      return { error: settled.ok ? undefined : settled.message, logged };
    },
    async stop() {
      await worker.terminate();
    },
  };
}
