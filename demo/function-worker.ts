// The other side of function.ts, in a thread with the function's environment: imports the bundle, hands it one event
// at a time, and answers when the handler has settled.
import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../lib/clock.ts';
import type { Invocation, Settled, WorkerSettings } from './function.ts';

if (parentPort === null) throw new Error('function-worker.ts runs in a worker thread only');
const port = parentPort;
// What function.ts hands over, typed by the same file.
const { bundleUrl, timeoutMs } = workerData as WorkerSettings;
// The bundle exports `handler`, as Lambda expects it: functions/push-metrics.ts.
const { handler } = (await import(bundleUrl)) as {
  handler(event: unknown, context: { getRemainingTimeInMillis(): number }): Promise<unknown>;
};

port.on('message', ({ event }: Invocation) => void invoke(event));

async function invoke(event: unknown): Promise<void> {
  const endMs = systemClock.monotonic() + timeoutMs;
  let settled: Settled;
  try {
    await handler(event, { getRemainingTimeInMillis: () => endMs - systemClock.monotonic() });
    settled = { ok: true };
  } catch (error) {
    settled = {
      ok: false,
      message: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
    };
  }
  // After the log line: both go through the same pipe of the thread, in order.
  process.stdout.write('', () => port.postMessage(settled));
}
