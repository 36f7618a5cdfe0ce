// Runs a Lambda function as AWS does: its Node.js runtime client, in a process of its own, on Node 24.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { findNode24 } from '../../scripts/node24.mjs';
import { heapFlags, watchMemory } from './lambda-memory.ts';
import { type Outcome, startRuntimeApi } from './lambda-runtime-api.ts';
import { guardProcess } from './real/watchdog.ts';

export interface LambdaOptions {
  /** Directory of the unpacked bundle. */
  readonly taskRoot: string;
  /** As in the function's configuration: file.export */
  readonly handler: string;
  /** The function's own variables. */
  readonly env?: Readonly<Record<string, string>>;
  readonly memoryMb?: number;
  /** Linux only: the process is killed when it holds more than `memoryMb`, as Lambda does. */
  readonly enforceMemory?: boolean;
  readonly timeoutMs?: number;
}

export interface Lambda {
  readonly pid: number;
  /** One invocation at a time, in the order of the calls. */
  invoke(event: unknown): Promise<Outcome>;
  /** Stops the process where it is, as Lambda does between two invocations. */
  freeze(): void;
  thaw(): void;
  /** All that the function printed. */
  logs(): string;
  /** Resolves when the process has ended. */
  stop(): Promise<void>;
}

const runtimeClient = fileURLToPath(import.meta.resolve('aws-lambda-ric'));
const rapidClient = fileURLToPath(new URL('lambda-rapid-client.cjs', import.meta.url));

/** Starts a function; its initialisation runs at once, and its outcome shows in the first invocation's. */
export async function startLambda(options: LambdaOptions): Promise<Lambda> {
  const { taskRoot, handler, memoryMb = 256, timeoutMs = 3_000 } = options;
  const kill = () => child.kill('SIGKILL');
  const api = await startRuntimeApi({ timeoutMs, onTimeout: kill });
  const program = [...heapFlags(memoryMb), '--require', rapidClient, runtimeClient, handler];
  const child = spawn(findNode24(), program, {
    cwd: taskRoot,
    env: { ...runtimeEnvironment(taskRoot, handler, memoryMb, api.address), ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let logs = '';
  const keep = (chunk: string) => {
    logs += chunk;
  };
  child.stdout.setEncoding('utf8').on('data', keep);
  child.stderr.setEncoding('utf8').on('data', keep);
  child.on('exit', (code, signal) => api.endAll({ kind: 'crashed', code, signal }));
  // 'close' comes after 'exit', when the last output was read.
  const closed = once(child, 'close');
  await once(child, 'spawn');
  if (child.pid === undefined) throw new Error('the function has no pid');
  // A frozen function would outlive this process.
  const release = guardProcess(child.pid);
  const memory = watchMemory(child.pid, options.enforceMemory === true ? memoryMb : Infinity, kill);

  return {
    pid: child.pid,
    invoke: api.invoke,
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    logs: () => logs,
    async stop() {
      memory.stop();
      kill();
      await closed;
      release();
      await api.close();
    },
  };
}

/** https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html: defined runtime variables. */
function runtimeEnvironment(
  taskRoot: string,
  handler: string,
  memoryMb: number,
  address: string,
): Record<string, string | undefined> {
  return {
    PATH: process.env.PATH,
    TZ: ':UTC',
    LANG: 'en_US.UTF-8',
    _HANDLER: handler,
    LAMBDA_TASK_ROOT: taskRoot,
    AWS_LAMBDA_RUNTIME_API: address,
    AWS_REGION: 'eu-west-1',
    AWS_DEFAULT_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'AKIDTEST',
    AWS_SECRET_ACCESS_KEY: 'test-secret',
    AWS_SESSION_TOKEN: 'test-token',
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_NAME: 'function',
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMb),
    AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/function',
    AWS_LAMBDA_LOG_STREAM_NAME: 'stream',
    AWS_LAMBDA_LOG_FORMAT: 'JSON',
  };
}
