// A function whose secrets change while it runs.
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { PrefectDouble } from '../../doubles/prefect/api.ts';
import type { Receiver } from '../../doubles/receiver/receiver.ts';
import { createHandler } from '../../functions/handler.ts';
import { SecretError, SecretsError } from '../../lib/secrets/errors.ts';
import { secretArn } from '../secrets/double-place.ts';
import { createFakeClock, type FakeClock } from '../support/clock.ts';
import {
  arrivedAt,
  type Environment,
  inject,
  smallWorkspace,
  startPrefect,
  startTestReceiver,
  storedInstants,
} from '../tick/scene.ts';
import { createTickClock, type TickClock } from '../tick/tick-clock.ts';

const ten = Date.UTC(2026, 10, 20, 10);
const arn = secretArn('prod');

let prefect: PrefectDouble;
let receiver: Receiver;
let clock: TickClock;
/** Of Prefect and of the receiver. */
let outside: FakeClock;
let written: string[];
/** What Secrets Manager has; undefined: it answers with errors. */
let secret: Record<string, unknown> | undefined;
let reads: number;
/** The keys that both sides take. */
let accepted: { prefect: string; receiver: string };
let handler: ReturnType<typeof createHandler>;

const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`;
const unauthorized = { kind: 'status', status: 401, body: 'Unauthorized' } as const;

const contentFor = (n: number) => ({
  PREFECT_API_KEY: `pnu_${n}`,
  REMOTE_WRITE_USERNAME: `user ${n}`,
  REMOTE_WRITE_PASSWORD: `password ${n}`,
});

/** Both sides take the n-th credentials and no others. */
const accept = (n: number) => {
  accepted = { prefect: `Bearer pnu_${n}`, receiver: basic(`user ${n}:password ${n}`) };
};

beforeEach(async () => {
  outside = createFakeClock();
  prefect = await startPrefect(smallWorkspace, { csrf: {}, clock: outside });
  onTestFinished(() => prefect.stop());
  receiver = await startTestReceiver({ clock: outside });
  clock = createTickClock();
  written = [];
  reads = 0;
  secret = contentFor(1);
  accept(1);
  prefect.server.faults.when(({ headers }) =>
    headers.authorization === accepted.prefect ? undefined : unauthorized,
  );
  inject(receiver, ({ headers }) => (headers.authorization === accepted.receiver ? undefined : unauthorized));
  handler = createFunction();
});

const createFunction = (env: Environment = {}) =>
  createHandler({
    env: {
      PREFECT_API_URL: prefect.apiUrl,
      REMOTE_WRITE_URL: receiver.writeUrl.href,
      WORKSPACE: 'test',
      STORE: 'memory:',
      ALLOW_MEMORY_STORE: 'true',
      SECRET_ARN: arn,
      ...env,
    },
    clock,
    readFile: () => '',
    write: (text) => written.push(text),
    peakMemoryMb: () => 100,
    readSecret: async () => {
      reads += 1;
      if (secret !== undefined) return JSON.stringify(secret);
      throw new SecretError({ slug: 'secret-failed', message: 'Secrets Manager answers 500.' }, true);
    },
  });

/** The tick of a minute after ten. */
function tickAt(minute: number): Promise<unknown> {
  for (const one of [clock, outside]) one.setNow(ten + minute * 60_000);
  const context = { getRemainingTimeInMillis: () => 50_000 };
  return clock.settle(handler({ scheduledTime: new Date(clock.now()).toISOString() }, context));
}

const pushed = expect.objectContaining({ outcome: 'pushed' });
const lines = () => written.map((text) => JSON.parse(text));
const up = (minute: number) => [
  ...(arrivedAt(receiver, ten + minute * 60_000)
    .get('prefect_up')
    ?.values() ?? []),
];
const asked = (path: string) => prefect.requests().filter((request) => request.path === path).length;

describe('a rotation', () => {
  test('between two ticks fails none, and keeps what the container knows', async () => {
    expect(await tickAt(0)).toEqual(pushed);
    secret = contentFor(2);
    accept(2);
    expect(await tickAt(1)).toEqual(pushed);
    expect([up(0), up(1)]).toEqual([[1], [1]]);
    expect(storedInstants(receiver)).toEqual([ten, ten + 60_000]);
    // The secret at the start, and one renewal for each side at most.
    expect(reads).toBeLessThanOrEqual(3);
    expect(asked('/admin/version')).toBe(1);
    expect(lines().map(({ message }) => message)).toEqual(['tick', 'tick']);
  });

  test('in the middle of a tick fails no part of it', async () => {
    let requests = 0;
    prefect.server.faults.when(({ headers }) => {
      requests += 1;
      if (requests === 5) {
        secret = contentFor(2);
        accept(2);
      }
      return headers.authorization === accepted.prefect ? undefined : unauthorized;
    });
    expect(await tickAt(0)).toEqual(pushed);
    expect(lines()).toMatchObject([{ outcome: 'pushed', collectorsFailed: [], problems: [] }]);
    expect(requests).toBeGreaterThan(8);
    expect(reads).toBeLessThanOrEqual(3);
  });

  test('of the receiver alone, in the middle of a push, loses and doubles nothing', async () => {
    handler = createFunction({ REMOTE_WRITE_MAX_SERIES_PER_REQUEST: '20', REMOTE_WRITE_CONCURRENCY: '3' });
    let requests = 0;
    const before = accepted.receiver;
    inject(receiver, ({ headers }) => {
      requests += 1;
      if (requests === 3) {
        secret = { ...contentFor(2), PREFECT_API_KEY: 'pnu_1' };
        accepted.receiver = basic('user 2:password 2');
      }
      return headers.authorization === accepted.receiver ? undefined : unauthorized;
    });
    const result = await tickAt(0);
    expect(result).toEqual(pushed);
    expect(accepted.receiver).not.toBe(before);
    expect(receiver.violations).toEqual([]);
    const samples = receiver.series().reduce((sum, one) => sum + one.samples.length, 0);
    expect(result).toMatchObject({ sent: samples });
  });

  test('of a key in a header fails no tick', async () => {
    const header = (n: number) => ({ ...contentFor(1), REMOTE_WRITE_HEADERS: `{"X-Api-Key":"key ${n}"}` });
    let good = 'key 1';
    inject(receiver, ({ headers }) => (headers['x-api-key'] === good ? undefined : unauthorized));
    secret = header(1);
    expect(await tickAt(0)).toEqual(pushed);
    secret = header(2);
    good = 'key 2';
    expect(await tickAt(1)).toEqual(pushed);
  });

  test('without a refusal is taken over at the first tick after five minutes', async () => {
    prefect.server.faults.clear();
    receiver.faults.clear();
    await tickAt(0);
    secret = contentFor(2);
    for (const minute of [1, 4]) await tickAt(minute);
    const keys = () => new Set(prefect.server.requests.map(({ headers }) => headers.authorization));
    expect(keys()).toEqual(new Set(['Bearer pnu_1']));
    await tickAt(5);
    expect(keys()).toEqual(new Set(['Bearer pnu_1', 'Bearer pnu_2']));
    expect(receiver.requests.at(-1)?.headers.authorization).toBe(basic('user 2:password 2'));
    expect(reads).toBe(2);
  });

  test('of the address, too, is wired anew at the next tick', async () => {
    await tickAt(0);
    const other = await startPrefect(smallWorkspace, { clock: outside });
    onTestFinished(() => other.stop());
    handler = createFunction({ PREFECT_API_URL: '' });
    secret = { ...contentFor(1), PREFECT_API_URL: prefect.apiUrl };
    expect(await tickAt(1)).toEqual(pushed);
    secret = { ...contentFor(1), PREFECT_API_KEY: 'pnu_other', PREFECT_API_URL: other.apiUrl };
    expect(await tickAt(6)).toEqual(pushed);
    expect(other.server.requests[0]?.headers.authorization).toBe('Bearer pnu_other');
    const toOld = prefect.server.requests.map(({ headers }) => headers.authorization);
    expect(toOld).not.toContain('Bearer pnu_other');
  });
});

describe('a wrong key', () => {
  test('of a setting is wired anew, and keeps what the container knows of its ledger', async () => {
    handler = createFunction({ INTERVAL_SECONDS: '600' });
    expect(await tickAt(0)).toEqual(pushed);
    secret = { ...contentFor(1), LOG_LEVEL: 'debug' };
    const again = { scheduledTime: new Date(ten).toISOString() };
    for (const one of [clock, outside]) one.setNow(ten + 6 * 60_000);
    const outcome = handler(again, { getRemainingTimeInMillis: () => 50_000 });
    expect(await clock.settle(outcome)).toMatchObject({ outcome: 'skipped' });
    expect(await tickAt(7)).toEqual(pushed);
    // Another wiring asks for the version again.
    expect(asked('/admin/version')).toBe(2);
    expect(storedInstants(receiver)).toEqual([ten, ten + 7 * 60_000]);
  });

  test('is refused at every tick, and asks for the secret once for each', async () => {
    const refusing = await startPrefect(smallWorkspace, { clock: outside });
    onTestFinished(() => refusing.stop());
    refusing.server.faults.when(() => unauthorized);
    accept(9);
    handler = createFunction({ PREFECT_API_URL: refusing.apiUrl, PREFECT_CSRF_ENABLED: 'false' });
    for (let minute = 0; minute < 4; minute += 1) {
      await expect(tickAt(minute)).rejects.toThrow('401');
    }
    // At the start and once a tick for each of both sides; not once for each request.
    expect(reads).toBe(1 + 4 * 2);
    expect(refusing.server.requests.length).toBeGreaterThan(4 * 5);
  });

  test('of a receiver is told as it was sent last', async () => {
    await tickAt(0);
    secret = { ...contentFor(1), REMOTE_WRITE_USERNAME: 'user 2', REMOTE_WRITE_PASSWORD: 'longer password' };
    accepted.receiver = 'none';
    await expect(tickAt(1)).rejects.toThrow('401');
    expect(lines().at(-1)?.problems).toMatchObject([
      {
        slug: 'receiver-token-refused',
        found: expect.stringContaining('user user 2, password …(15 characters)'),
      },
    ]);
  });

  test('that nobody has filled explains, before anything else, what is missing', async () => {
    secret = {};
    handler = createFunction({ REMOTE_WRITE_USERNAME: 'user 1' });
    await expect(tickAt(0)).rejects.toThrow('nobody has filled it yet');
    expect(lines()[0].problems).toMatchObject([{ slug: 'secret-content' }, { slug: 'missing-value' }]);
  });

  test('that is put right in the secret works at the next tick', async () => {
    accept(2);
    await expect(tickAt(0)).rejects.toThrow('401');
    secret = contentFor(2);
    expect(await tickAt(1)).toEqual(pushed);
  });
});

describe('Secrets Manager', () => {
  test('that fails at the start fails the tick, with a line that says so, and the next one asks again', async () => {
    const content = secret;
    secret = undefined;
    await expect(tickAt(0)).rejects.toBeInstanceOf(SecretsError);
    expect(lines()).toMatchObject([
      {
        level: 'error',
        message: 'the secrets cannot be read',
        problems: [{ slug: 'secret-failed', message: 'SECRET_ARN: Secrets Manager answers 500.' }],
      },
    ]);
    secret = content;
    expect(await tickAt(1)).toEqual(pushed);
  });

  test('that fails later changes nothing but one warning', async () => {
    await tickAt(0);
    secret = undefined;
    for (let minute = 5; minute < 9; minute += 1) expect(await tickAt(minute)).toEqual(pushed);
    const warnings = lines().filter(({ level }) => level === 'warn');
    expect(warnings).toMatchObject([{ slug: 'secret-stale' }]);
  });

  test('is asked anew by a check, and named in its report without any value', async () => {
    const context = { getRemainingTimeInMillis: () => 50_000 };
    await tickAt(0);
    secret = contentFor(2);
    accept(2);
    const report = await clock.settle(handler({ check: true }, context));
    expect(report).toMatchObject({
      exitStatus: 0,
      sections: [
        {
          name: 'secrets',
          status: 'ok',
          facts: [`PREFECT_API_KEY, REMOTE_WRITE_USERNAME, REMOTE_WRITE_PASSWORD from ${arn}`],
        },
        { name: 'configuration' },
        { name: 'prefect', status: 'ok' },
        { name: 'receiver', status: 'ok' },
        { name: 'store' },
      ],
    });
    secret = undefined;
    expect(await clock.settle(handler({ check: true }, context))).toMatchObject({
      exitStatus: 1,
      sections: [{ name: 'secrets', status: 'failed', problems: [{ slug: 'secret-failed' }] }],
    });
  });
});
