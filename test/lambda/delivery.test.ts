// What Lambda does to a function besides calling it: little time, the same event again, a freeze, a kill.
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock as clock } from '../../lib/clock.ts';
import type { Lambda } from '../support/lambda.ts';
import { startNat } from '../support/nat.ts';
import { ordinaryWorkspace } from '../support/ordinary-workspace.ts';
import { contradictions } from '../support/values-sent.ts';
import { storedInstants } from '../tick/scene.ts';
import {
  bodiesOf,
  eventAgo,
  linesOf,
  type Surroundings,
  startFunction,
  startSurroundings,
  useBundle,
} from './scene.ts';

const taskRoot = useBundle('delivery');

const start = ({ env }: Surroundings, others: Readonly<Record<string, string>> = {}, timeoutMs = 20_000) =>
  startFunction({ taskRoot: taskRoot(), env: { ...env, ...others }, timeoutMs });

const pushed = { kind: 'result', value: { outcome: 'pushed' } };
const skipped = { kind: 'result', value: { outcome: 'skipped' } };

const storedFamily = ({ receiver }: Surroundings, name: string) =>
  receiver.series().filter(({ labels }) => labels.__name__ === name);

/** Writes of the ledger. */
const saves = ({ s3 }: Surroundings) => s3.requests.filter(({ method }) => method === 'PUT');

describe('with three seconds', () => {
  it('a slow Prefect costs what is slow: the rest is stored, pushed and logged in time', async () => {
    const around = await startSurroundings();
    const lambda = await start(around, {}, 3_000);
    const slow = { kind: 'slow-headers', delayMs: 30_000 } as const;
    around.prefect.fail('/flow_runs/filter', slow);
    around.prefect.fail('/work_pools/filter', slow);
    expect(await lambda.invoke(eventAgo(1))).toMatchObject({ kind: 'result', value: { outcome: 'partial' } });
    expect(storedFamily(around, 'prefect_deployments')).toHaveLength(1);
    expect(storedFamily(around, 'prefect_work_pools')).toHaveLength(0);
    expect(saves(around)).toHaveLength(1);
    const [line] = await linesOf(lambda, 1);
    expect(line).toMatchObject({ level: 'warn', message: 'tick', outcome: 'partial' });
    // It was not killed meanwhile: this is the same process, and what was slow is there.
    around.prefect.fail('/flow_runs/filter', undefined);
    around.prefect.fail('/work_pools/filter', undefined);
    expect(await lambda.invoke(eventAgo(0))).toMatchObject(pushed);
    expect(storedFamily(around, 'prefect_work_pools')).toHaveLength(1);
  });

  it('a store that hangs is an error that says so, and not a kill', async () => {
    const around = await startSurroundings();
    around.s3.faults.when(() => ({ kind: 'hang' }));
    const lambda = await start(around, {}, 3_000);
    expect(await lambda.invoke(eventAgo(1))).toMatchObject({
      kind: 'error',
      error: { errorType: 'TickError' },
    });
    expect((await linesOf(lambda, 1))[0]).toMatchObject({ problems: [{ slug: 'store-unreachable' }] });
    expect(around.receiver.requests).toHaveLength(0);
  });
});

describe('the same event again', () => {
  it('after a tick that was done does nothing, and says so', async () => {
    const around = await startSurroundings();
    const lambda = await start(around);
    const event = eventAgo(1);
    expect(await lambda.invoke(event)).toMatchObject(pushed);
    const before = [around.prefect.requests().length, around.receiver.requests.length];
    expect(await lambda.invoke(event)).toMatchObject(skipped);
    expect([around.prefect.requests().length, around.receiver.requests.length]).toEqual(before);
    const [, second] = await linesOf(lambda, 2);
    expect(second).toMatchObject({
      level: 'info',
      outcome: 'skipped',
      skipped: 'this tick was already done',
    });
  });

  it('in another container sends what nobody noted as answered, byte for byte', async () => {
    const around = await startSurroundings();
    const event = eventAgo(1);
    expect(await (await start(around)).invoke(event)).toMatchObject(pushed);
    const first = around.receiver.requests.slice();
    expect(await (await start(around)).invoke(event)).toMatchObject(skipped);
    const again = around.receiver.requests.slice(first.length);
    expect(bodiesOf(again)).toEqual(bodiesOf(first));
    expect(new Set(storedInstants(around.receiver)).size).toBe(1);
  });

  it('after an invocation that could not send does the tick once, with the same values', async () => {
    const around = await startSurroundings();
    around.receiver.faults.when(() => ({ kind: 'status', status: 503 }));
    const event = eventAgo(1);
    const failing = await start(around, { MAX_RETRIES: '0' }, 8_000);
    expect(await failing.invoke(event)).toMatchObject({ kind: 'error', error: { errorType: 'TickError' } });
    const asked = around.prefect.requests().length;
    const refused = around.receiver.requests.slice();
    expect(refused.length).toBeGreaterThan(0);
    around.receiver.faults.clear();
    for (const lambda of [failing, await start(around)]) {
      expect(await lambda.invoke(event)).toMatchObject(skipped);
    }
    // Nothing was read again; what arrives is what was refused.
    expect(around.prefect.requests().length).toBe(asked);
    expect(contradictions(around.receiver.requests)).toEqual([]);
    const again = new Set(bodiesOf(around.receiver.requests.slice(refused.length)));
    expect(bodiesOf(refused).filter((body) => !again.has(body))).toEqual([]);
    expect(storedFamily(around, 'prefect_deployments')).toMatchObject([{ samples: [{}] }]);
  });

  it('after an invocation that could not store does the whole tick', async () => {
    const around = await startSurroundings();
    around.s3.faults.when(({ method }) => (method === 'PUT' ? { kind: 'status', status: 403 } : undefined));
    const event = eventAgo(1);
    const lambda = await start(around);
    expect(await lambda.invoke(event)).toMatchObject({ kind: 'error' });
    expect(around.receiver.requests).toHaveLength(0);
    around.s3.faults.clear();
    expect(await lambda.invoke(event)).toMatchObject(pushed);
    expect(new Set(storedInstants(around.receiver)).size).toBe(1);
  });
});

describe('a freeze', () => {
  const behindNat = async () => {
    const around = await startSurroundings();
    const nat = await startNat(around.s3.url);
    onTestFinished(() => nat.stop());
    const lambda = await start(around, { S3_ENDPOINT: nat.url.href, MAX_RETRIES: '0' });
    return { around, nat, lambda };
  };

  it('finds no connection to S3 open that could die meanwhile', async () => {
    const { around, nat, lambda } = await behindNat();
    expect(await lambda.invoke(eventAgo(2))).toMatchObject(pushed);
    lambda.freeze();
    await expect.poll(nat.open).toBe(0);
    nat.forget();
    lambda.thaw();
    expect(await lambda.invoke(eventAgo(1))).toMatchObject(pushed);
    expect(saves(around)).toHaveLength(2);
  });

  it('in the middle of a tick, with the connection to S3 dead afterwards, costs a second try', async () => {
    const { around, nat, lambda } = await behindNat();
    await freezeWhileReading(around, lambda, () => {
      expect(nat.forget()).toBe(1);
    });
    expect(contradictions(around.receiver.requests)).toEqual([]);
    expect(saves(around)).toHaveLength(1);
  });

  /** The ledger is read by then, and is stored afterwards. */
  async function freezeWhileReading(around: Surroundings, lambda: Lambda, meanwhile: () => void) {
    around.prefect.fail('/flow_runs/filter', { kind: 'slow-headers', delayMs: 1_000 });
    const outcome = lambda.invoke(eventAgo(1));
    await around.prefect.server.received(1);
    lambda.freeze();
    meanwhile();
    lambda.thaw();
    expect(await outcome).toMatchObject(pushed);
  }
});

describe.runIf(process.platform === 'linux')('128 MB', () => {
  it('are too little for a large workspace: killed, with the reason in the log before', async () => {
    const workspace = ordinaryWorkspace(clock, { deployments: 600 });
    const { env } = await startSurroundings({ workspace });
    const lambda = await startFunction({ taskRoot: taskRoot(), env, memoryMb: 128, enforceMemory: true });
    expect(await lambda.invoke(eventAgo(1))).toEqual({ kind: 'crashed', code: null, signal: 'SIGKILL' });
    const [line] = await linesOf(lambda, 1);
    expect(line).toMatchObject({
      level: 'warn',
      slug: 'memory-short',
      message: expect.stringContaining('signal: killed'),
      found: '128 MB',
    });
  });

  it('are shown with each tick, and so is how much of them it takes', async () => {
    const { env } = await startSurroundings();
    const lambda = await startFunction({ taskRoot: taskRoot(), env, memoryMb: 256, enforceMemory: true });
    expect(await lambda.invoke(eventAgo(1))).toMatchObject(pushed);
    const [line, ...others] = await linesOf(lambda, 1);
    expect(others).toEqual([]);
    const { peak, limit } = Object(line?.memoryMb);
    expect(limit).toBe(256);
    expect(peak).toBeGreaterThan(60);
    expect(peak).toBeLessThan(230);
  });
});
