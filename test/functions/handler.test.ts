import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { PrefectDouble } from '../../doubles/prefect/api.ts';
import type { Receiver } from '../../doubles/receiver/receiver.ts';
import { createHandler } from '../../functions/handler.ts';
import { ConfigError } from '../../lib/config/errors.ts';
import { TickError } from '../../lib/report.ts';
import {
  arrivedAt,
  type Environment,
  inject,
  smallWorkspace,
  startPrefect,
  startTestReceiver,
} from '../tick/scene.ts';
import { createTickClock, type TickClock } from '../tick/tick-clock.ts';
import { parseEmbeddedMetrics } from './emf.ts';

const ten = Date.UTC(2026, 10, 20, 10);
const event = { scheduledTime: '2026-11-20T10:00:00Z' };

let prefect: PrefectDouble;
let receiver: Receiver;
let clock: TickClock;
let written: string[];

beforeEach(async () => {
  prefect = await startPrefect(smallWorkspace, { csrf: {} });
  onTestFinished(() => prefect.stop());
  receiver = await startTestReceiver();
  clock = createTickClock();
  written = [];
});

const environment = (): Environment => ({
  PREFECT_API_URL: prefect.apiUrl,
  WORKSPACE: 'test',
  REMOTE_WRITE_URL: receiver.writeUrl.href,
  STORE: 'memory:',
  ALLOW_MEMORY_STORE: 'true',
});

const createFunction = (env: Environment = environment()) =>
  createHandler({
    env,
    clock,
    readFile: (path) => {
      throw new Error(`no file ${path}`);
    },
    write: (text) => written.push(text),
    peakMemoryMb: () => 100,
  });

/** An invocation with this much time. */
function invoke(
  handler: ReturnType<typeof createFunction>,
  invocation: unknown = event,
  { timeoutMs = 60_000, hung = (): number => 0 } = {},
): Promise<unknown> {
  const endMs = clock.now() + timeoutMs;
  const context = { getRemainingTimeInMillis: () => endMs - clock.now() };
  return clock.settle(handler(invocation, context), hung);
}

const errorOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

/** What was written, one object a line. */
const lines = () =>
  written.map((text) => {
    expect(text).toMatch(/^\{[^\n]*\}\n$/);
    return JSON.parse(text);
  });

describe('a tick', () => {
  test('pushes, answers with a summary and writes one line', async () => {
    const answer = await invoke(createFunction());
    const series = [...arrivedAt(receiver, ten).values()].reduce((sum, { size }) => sum + size, 0);
    const sent = receiver.series().reduce((sum, { samples }) => sum + samples.length, 0);
    expect(answer).toEqual({ outcome: 'pushed', series, sent });
    expect(lines()).toEqual([
      expect.objectContaining({
        timestamp: '2026-11-20T10:00:00.000Z',
        level: 'info',
        message: 'tick',
        outcome: 'pushed',
        instant: '2026-11-20T10:00:00.000Z',
        workspace: 'test',
        series,
        collectorsFailed: [],
        problems: [],
      }),
    ]);
  });

  test('without a time in the event takes the time of the invocation', async () => {
    clock.setNow(ten + 12_345);
    await invoke(createFunction(), {});
    expect(arrivedAt(receiver, ten).size).toBeGreaterThan(10);
  });

  test('takes the time of the event, which may be some seconds old', async () => {
    clock.setNow(ten + 61_000);
    expect(await invoke(createFunction(), { time: '2026-11-20T10:00:30Z' })).toMatchObject({
      outcome: 'pushed',
    });
    expect(arrivedAt(receiver, ten).size).toBeGreaterThan(10);
  });

  test('that is too late does nothing, and says so', async () => {
    clock.setNow(ten + 120_000);
    expect(await invoke(createFunction())).toEqual({ outcome: 'skipped', series: 0, sent: 0 });
    expect(lines()).toMatchObject([
      { level: 'info', outcome: 'skipped', skipped: expect.stringContaining('120 s') },
    ]);
    expect(prefect.requests()).toEqual([]);
  });

  test('of which a part is missing resolves, with a warning that names it', async () => {
    prefect.fail('/flows/filter', { kind: 'status', status: 403, body: 'no' });
    expect(await invoke(createFunction())).toMatchObject({ outcome: 'partial' });
    const [line] = lines();
    expect(line).toMatchObject({ level: 'warn', message: 'tick', outcome: 'partial' });
    expect(line.collectorsFailed.map(({ collector }: { collector: string }) => collector)).toContain('flows');
    expect(written.join()).toContain('status 403, no');
  });

  test('resolves when all of Prefect is down: prefect_up is 0', async () => {
    await prefect.stop();
    expect(await invoke(createFunction())).toMatchObject({ outcome: 'partial' });
    expect([...(arrivedAt(receiver, ten).get('prefect_up')?.values() ?? [])]).toEqual([0]);
  });

  test('resolves when samples are refused, with a warning', async () => {
    receiver.faults.when(() => ({ kind: 'status', status: 400, body: 'out of bounds' }));
    expect(await invoke(createFunction())).toMatchObject({ outcome: 'partial', sent: 0 });
    expect(lines()).toMatchObject([{ level: 'warn', push: { refusals: ['400: out of bounds'] } }]);
  });

  test('rejects when the receiver is down, after one line with everything in it', async () => {
    receiver.faults.when(() => ({ kind: 'status', status: 503, body: 'overloaded' }));
    const error = await errorOf(invoke(createFunction()));
    expect(error).toBeInstanceOf(TickError);
    expect(lines()).toMatchObject([
      {
        level: 'error',
        message: 'tick failed',
        outcome: 'failed',
        error: expect.stringContaining('status 503, overloaded'),
        causes: [expect.stringContaining('PushError'), expect.stringContaining('HttpStatusError')],
        problems: [{ slug: 'receiver-failed' }],
      },
    ]);
  });

  test('ends before the function does, whatever hangs', async () => {
    const plan = inject(receiver, () => ({ kind: 'hang' }));
    const reading = inject(prefect.server, ({ path }) =>
      path.endsWith('/filter') ? { kind: 'hang' } : undefined,
    );
    const error = await errorOf(
      invoke(createFunction(), event, { timeoutMs: 30_000, hung: () => plan.hung() + reading.hung() }),
    );
    expect(error).toBeInstanceOf(TickError);
    expect(clock.now() - ten).toBe(28_500);
    expect(lines()).toHaveLength(1);
  });
});

describe('wiring', () => {
  test('happens once: one CSRF token and one question for the version serve two ticks', async () => {
    const handler = createFunction();
    await invoke(handler);
    clock.setNow(ten + 60_000);
    await invoke(handler, { scheduledTime: '2026-11-20T10:01:00Z' });
    const asked = (path: string) => prefect.requests().filter((request) => request.path === path).length;
    expect([asked('/csrf-token'), asked('/admin/version'), asked('/flows/filter')]).toEqual([1, 1, 2]);
    expect(lines().map(({ outcome }) => outcome)).toEqual(['pushed', 'pushed']);
  });

  test('an event that comes twice is done once', async () => {
    const handler = createFunction();
    await invoke(handler);
    const { length } = receiver.requests;
    expect(await invoke(handler)).toMatchObject({ outcome: 'skipped', sent: 0 });
    expect(receiver.requests).toHaveLength(length);
  });

  test('a wrong configuration is an error of each invocation, with all that is wrong', async () => {
    const handler = createFunction({ MAX_RETRIES: 'x', PREFECT_API_UR: 'y' });
    for (let count = 0; count < 2; count += 1) {
      const error = await errorOf(invoke(handler));
      expect(error).toBeInstanceOf(ConfigError);
      for (const name of ['PREFECT_API_URL', 'REMOTE_WRITE_URL', 'MAX_RETRIES', 'PREFECT_API_UR ']) {
        expect((error as ConfigError).message).toContain(name.trim());
      }
    }
    const [line] = lines();
    expect(line).toMatchObject({ level: 'error', message: 'the configuration cannot be used' });
    expect(line.problems.map(({ slug }: { slug: string }) => slug).sort()).toEqual([
      'invalid-value',
      'missing-value',
      'sink-choice',
      'store-missing',
      'unknown-variable',
    ]);
    expect(written).toHaveLength(2);
  });

  test('warnings are written once, before the first tick', async () => {
    const handler = createFunction({ ...environment(), PUSHGATEWAY_JOB: 'unused' });
    await invoke(handler);
    clock.setNow(ten + 60_000);
    await invoke(handler, {});
    expect(lines().map(({ level, message }) => `${level} ${message}`)).toEqual([
      expect.stringContaining('warn PUSHGATEWAY_JOB'),
      'info tick',
      'info tick',
    ]);
  });

  test('LOG_LEVEL=error leaves out what went well', async () => {
    await invoke(createFunction({ ...environment(), LOG_LEVEL: 'error' }));
    expect(written).toEqual([]);
  });
});

describe('embedded metrics', () => {
  const metrics = { EMF: 'true', AWS_LAMBDA_FUNCTION_NAME: 'push' };
  const withMetrics = () => createFunction({ ...environment(), ...metrics });

  test('are not written unless they are asked for', async () => {
    await invoke(createFunction());
    expect(written.join()).not.toContain('_aws');
  });

  test('have a dimension that CloudWatch takes, whatever the workspace is called', async () => {
    await invoke(createFunction({ ...environment(), ...metrics, WORKSPACE: 'wörk✓' }));
    expect(parseEmbeddedMetrics(written[1] ?? '').dimensions).toMatchObject({ Workspace: 'w?rk?' });
  });

  test('follow the log line, and keep to the format', async () => {
    await invoke(withMetrics());
    expect(written).toHaveLength(2);
    const { timestampMs, dimensions, values, fields } = parseEmbeddedMetrics(written[1] ?? '');
    expect([timestampMs, dimensions]).toEqual([ten, { FunctionName: 'push', Workspace: 'test' }]);
    // The two that alarms look at, and no more: each costs.
    expect(values).toEqual({ TickSuccess: 1, CursorLagSeconds: 0 });
    expect(fields).toEqual({
      TickSuccess: 1,
      TickDuration: 0,
      SeriesPushed: lines()[0].push.samplesSent,
      SamplesDropped: 0,
      PrefectRequests: lines()[0].prefect.requests,
      CollectorsFailed: 0,
      CursorLagSeconds: 0,
    });
  });

  test('count what failed', async () => {
    prefect.fail('/work_queues/filter', { kind: 'status', status: 403 });
    receiver.faults.when(() => ({ kind: 'status', status: 400, body: 'out of bounds' }));
    await invoke(withMetrics());
    const { series, collectorsFailed, push } = lines()[0];
    expect(collectorsFailed.length).toBeGreaterThan(2);
    expect(push.samplesDropped.too_old).toBeGreaterThanOrEqual(series);
    expect(parseEmbeddedMetrics(written[1] ?? '').fields).toMatchObject({
      TickSuccess: 0,
      SeriesPushed: 0,
      SamplesDropped: push.samplesDropped.too_old,
      CollectorsFailed: collectorsFailed.length,
    });
  });

  test('call a tick a success of which a part was refused, or all is there already', async () => {
    const success = () => parseEmbeddedMetrics(written.at(-1) ?? '').values.TickSuccess;
    let requests = 0;
    receiver.faults.when(() => {
      requests += 1;
      return requests > 1
        ? undefined
        : { kind: 'status', status: 400, body: 'err-mimir-max-series-per-user' };
    });
    await invoke(createFunction({ ...environment(), ...metrics, REMOTE_WRITE_MAX_SERIES_PER_REQUEST: '20' }));
    expect(lines()[0].push.samplesDropped).toEqual({ limit: expect.any(Number) });
    expect(success()).toBe(1);
    receiver.faults.when(() => ({ kind: 'status', status: 400, body: 'duplicate sample for timestamp' }));
    await invoke(withMetrics());
    expect(lines().at(-2).push).toMatchObject({
      samplesSent: 0,
      samplesDropped: { already_stored: expect.any(Number) },
    });
    expect(success()).toBe(1);
  });

  test('say that a tick failed', async () => {
    await receiver.stop();
    await errorOf(invoke(withMetrics()));
    expect(parseEmbeddedMetrics(written[1] ?? '').fields).toMatchObject({ TickSuccess: 0, SeriesPushed: 0 });
  });

  test('are of WORKSPACE also where the tick failed before it read anything', async () => {
    const STORE = 'file:/dev/null/nowhere/ledger.json.gz';
    await errorOf(invoke(createFunction({ ...environment(), ...metrics, STORE })));
    const { dimensions, values } = parseEmbeddedMetrics(written.at(-1) ?? '');
    expect([dimensions.Workspace, values.TickSuccess]).toEqual(['test', 0]);
  });

  test('say nothing of a tick that was skipped', async () => {
    clock.setNow(ten + 120_000);
    await invoke(withMetrics());
    expect(written).toHaveLength(1);
  });
});

describe('the event {"check": true}', () => {
  test('gives back the report of the doctor and pushes nothing', async () => {
    const answer = await invoke(createFunction(), { check: true });
    expect(answer).toMatchObject({
      exitStatus: 0,
      sections: [
        { name: 'configuration', status: 'ok' },
        { name: 'prefect', status: 'ok' },
        { name: 'receiver', status: 'ok' },
        { name: 'store', status: 'ok' },
      ],
    });
    expect(receiver.series()).toEqual([]);
    expect(JSON.parse(JSON.stringify(answer))).toEqual(answer);
  });

  test('resolves with what is wrong outside', async () => {
    receiver.faults.when(() => ({ kind: 'status', status: 401, body: 'who?' }));
    const answer = await invoke(createFunction(), { check: true });
    expect(answer).toMatchObject({ exitStatus: 1 });
    expect(JSON.stringify(answer)).toContain('receiver-token-refused');
  });

  test('resolves with what is wrong in the configuration', async () => {
    const answer = await invoke(createFunction({ MAX_RETRIES: 'x' }), { check: true });
    expect(answer).toMatchObject({ exitStatus: 2, sections: [{ name: 'configuration', status: 'failed' }] });
    expect(JSON.stringify(answer)).toContain('MAX_RETRIES');
    expect(JSON.stringify(answer)).toContain('PREFECT_API_URL');
  });
});
