import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { type Certificates, createCertificates } from '../../doubles/certificates.ts';
import type { Fault } from '../../doubles/faults.ts';
import type { PrefectDouble } from '../../doubles/prefect/api.ts';
import { startProxy } from '../../doubles/proxy.ts';
import type { Receiver, ReceiverOptions } from '../../doubles/receiver/receiver.ts';
import { reportFields, type TickError } from '../../lib/report.ts';
import {
  arrivedAt,
  budgetMs,
  type Environment,
  inject,
  ledgerAfter,
  smallWorkspace,
  startPrefect,
  startTestReceiver,
  storeWith,
  type Ticked,
  tickErrorOf,
  tickOnce,
} from './scene.ts';
import { createTickClock, type TickClock } from './tick-clock.ts';

let prefect: PrefectDouble;
let receiver: Receiver;
let clock: TickClock;
/** Of a process that has been running: every series was born, so one tick is one request. */
let ledger: Uint8Array;

beforeAll(async () => {
  prefect = await startPrefect(smallWorkspace);
  ledger = await ledgerAfter(environmentOf, [3, 2, 1]);
});

afterAll(() => prefect.stop());

beforeEach(async () => {
  receiver = await startTestReceiver();
  clock = createTickClock();
});

const environmentOf = ({ writeUrl }: Receiver): Environment => ({
  PREFECT_API_URL: prefect.apiUrl,
  WORKSPACE: 'test',
  REMOTE_WRITE_URL: writeUrl.href,
});

async function tick(extra: Environment = {}, options: { hung?: () => number; files?: Environment } = {}) {
  const environment = { ...environmentOf(receiver), ...extra };
  const store = await storeWith(ledger, environment, options.files);
  return tickOnce(environment, { clock, store, ...options });
}

/** A tick that fails; it too ends before its deadline. */
async function failingTick(...args: Parameters<typeof tick>): Promise<TickError> {
  const startMs = clock.now();
  const error = await tickErrorOf(tick(...args));
  expect(clock.now() - startMs).toBeLessThanOrEqual(budgetMs);
  expect(error.report.outcome).toBe('failed');
  expect(error.report.series).toBeGreaterThan(0);
  return error;
}

const slugs = ({ problems }: { problems: readonly { readonly slug: string }[] }) =>
  problems.map(({ slug }) => slug);

/** What the receiver says at its address for queries. The configuration refuses that address where it is plain. */
const askForQuery = async ({ url }: Receiver) => {
  const response = await fetch(new URL('/api/v1/query', url), { method: 'POST' });
  expect(response.status).toBe(400);
  return { body: await response.text() };
};

const storedCount = () => [...arrivedAt(receiver).values()].reduce((sum, { size }) => sum + size, 0);

function expectAllStored({ report, tookMs }: Ticked): void {
  expect(report).toMatchObject({ outcome: 'pushed', problems: [] });
  expect(report.push).toMatchObject({ samplesSent: report.series, samplesDropped: {}, refusals: [] });
  expect(storedCount()).toBe(report.series);
  expect(receiver.violations).toEqual([]);
  expect(tookMs).toBeLessThan(budgetMs);
}

describe('what passes', () => {
  const passing: Readonly<Record<string, Fault>> = {
    '500': { kind: 'status', status: 500 },
    '503': { kind: 'status', status: 503 },
    '408': { kind: 'status', status: 408 },
    'a reset before the answer': { kind: 'reset-before-answer' },
    'a lost answer': { kind: 'reset-before-answer', handled: true },
  };

  test.each(Object.entries(passing))('%s, then 204: the same bytes again', async (_, fault) => {
    receiver.faults.next(1, fault);
    const ticked = await tick();
    expectAllStored(ticked);
    const [first, second, third] = receiver.requests;
    expect(second?.body.equals(first?.body ?? Buffer.of())).toBe(true);
    expect(second?.headers['retry-attempt']).toBe('1');
    expect(third).toBeUndefined();
    expect(ticked.report.push.requests).toBe(2);
  });

  test('429 with Retry-After in seconds', async () => {
    receiver.faults.next(1, { kind: 'status', status: 429, headers: { 'retry-after': '9' } });
    const ticked = await tick();
    expectAllStored(ticked);
    expect(ticked.tookMs).toBe(9_000);
  });

  test('429 with Retry-After as a date, by the clock of the receiver', async () => {
    const theirs = Date.UTC(2026, 10, 20, 11, 0, 0);
    const date = new Date(theirs).toUTCString();
    const headers = { date, 'retry-after': new Date(theirs + 12_000).toUTCString() };
    receiver.faults.next(1, { kind: 'status', status: 429, headers });
    const ticked = await tick();
    expectAllStored(ticked);
    expect(ticked.tookMs).toBe(12_000);
  });

  test('one hanging request: the next attempt arrives', async () => {
    let requests = 0;
    const plan = inject(receiver, () => {
      requests += 1;
      return requests === 1 ? { kind: 'hang' } : undefined;
    });
    const ticked = await tick({}, { hung: plan.hung });
    expectAllStored(ticked);
    expect(ticked.tookMs).toBeGreaterThanOrEqual(10_000);
  });

  test('413 is halved until it fits', async () => {
    receiver = await startTestReceiver({ maxBodyBytes: 1_500 });
    const ticked = await tick();
    expectAllStored(ticked);
    const sizes = receiver.requests.map(({ body }) => body.byteLength);
    expect(sizes[0]).toBeGreaterThan(1_500);
    expect(sizes.filter((size) => size <= 1_500).length).toBeGreaterThan(1);
    expect(ticked.report.push.requests).toBe(sizes.length);
  });
});

describe('data that is refused', () => {
  const refusals: readonly (readonly [number, string, string, string])[] = [
    [400, 'out of order sample', 'already_stored', 'two-writers'],
    [409, 'duplicate sample for timestamp 1', 'already_stored', 'two-writers'],
    [400, 'out of bounds', 'too_old', 'receiver-refused-data'],
    [400, 'out of bounds: timestamp is too far in the future', 'too_new', 'clock'],
    [
      400,
      'per-user series limit of 10 exceeded (err-mimir-max-series-per-user)',
      'limit',
      'receiver-refused-data',
    ],
    [400, 'invalid label value', 'invalid', 'receiver-refused-data'],
    [409, 'store locally: conflict', 'rejected', 'receiver-refused-data'],
  ];

  test.each(refusals)(
    '%i %s: counted as %s, told, and not sent again',
    async (status, body, reason, slug) => {
      receiver.faults.when(() => ({ kind: 'status', status, body }));
      const { report, tookMs } = await tick();
      expect(receiver.requests).toHaveLength(1);
      expect(report.outcome).toBe('partial');
      expect(report.push).toMatchObject({
        samplesSent: 0,
        samplesDropped: { [reason]: report.series },
        refusals: [`${status}: ${body}`],
      });
      expect(slugs(report)).toEqual([slug]);
      expect(JSON.stringify(reportFields(report))).toContain(body);
      expect(tookMs).toBe(0);
    },
  );

  test('one of several requests: the others are stored', async () => {
    receiver.faults.next(1, { kind: 'status', status: 400, body: 'out of bounds' });
    const { report } = await tick({ REMOTE_WRITE_MAX_SERIES_PER_REQUEST: '50' });
    expect(report.push.samplesDropped).toEqual({ too_old: 50 });
    expect(report.push.samplesSent).toBe(report.series - 50);
    expect(storedCount()).toBe(report.series - 50);
  });

  test('a series that is too large for the receiver, alone: dropped, and said', async () => {
    receiver = await startTestReceiver({ maxBodyBytes: 120 });
    const { report } = await tick();
    const dropped = report.push.samplesDropped.limit ?? 0;
    expect(dropped).toBeGreaterThan(0);
    expect(storedCount()).toBe(report.series - dropped);
    expect(slugs(report)).toEqual(['receiver-refused-data']);
  });
});

describe('what a person has to mend', () => {
  const answers: readonly (readonly [string, Fault, string])[] = [
    ['401', { kind: 'status', status: 401, body: 'Unauthorized' }, 'receiver-token-refused'],
    ['403', { kind: 'status', status: 403, body: 'Forbidden' }, 'receiver-token-refused'],
    ['401 no org id', { kind: 'status', status: 401, body: 'no org id' }, 'receiver-tenant'],
    ['404', { kind: 'status', status: 404, body: '404 page not found' }, 'receiver-url-without-path'],
    ['405', { kind: 'status', status: 405 }, 'receiver-url-without-path'],
    ['a redirect', { kind: 'redirect', location: 'http://127.0.0.1:9/login?secret' }, 'receiver-failed'],
    ['another 400', { kind: 'status', status: 400, body: 'I do not like you' }, 'receiver-failed'],
    ['400 as a web page', { kind: 'html', status: 400 }, 'receiver-failed'],
  ];

  test.each(answers)('%s: the tick fails at once and nothing counts as dropped', async (_, fault, slug) => {
    receiver.faults.when(() => fault);
    const error = await failingTick();
    expect(receiver.requests).toHaveLength(1);
    expect(error.report.push).toMatchObject({ requests: 1, samplesSent: 0, samplesDropped: {} });
    expect(slugs(error.report)).toEqual([slug]);
    expect(clock.slept).toEqual([]);
  });

  test('the address for queries, which answers 400', async () => {
    const { body } = await askForQuery(receiver);
    receiver.faults.when(() => ({ kind: 'status', status: 400, body }));
    const error = await failingTick();
    expect(error.report.push).toMatchObject({ requests: 1, samplesSent: 0, samplesDropped: {} });
    expect(slugs(error.report)).toEqual(['receiver-url-is-for-queries']);
  });

  test('nobody who listens', async () => {
    await receiver.stop();
    const error = await failingTick();
    expect(slugs(error.report)).toEqual(['receiver-unreachable']);
    expect(error.report.collectors.every(({ success }) => success)).toBe(true);
  });
});

describe('a receiver that does not recover', () => {
  test.each([
    ['hangs', { kind: 'hang' }],
    ['answers 503', { kind: 'status', status: 503 }],
    ['wants an hour', { kind: 'status', status: 429, headers: { 'retry-after': '3600' } }],
    ['resets', { kind: 'reset-before-answer' }],
  ] as const)('%s: the tick fails before its deadline', async (_, fault: Fault) => {
    const plan = inject(receiver, () => fault);
    const error = await failingTick({}, { hung: plan.hung });
    expect(error.report.push).toMatchObject({ samplesSent: 0, samplesDropped: {} });
    expect(receiver.requests.length).toBeLessThanOrEqual(4);
  });

  test('hangs after Prefect took all the time for reading: the push still has its ten seconds', async () => {
    const slow = inject(prefect.server, ({ path }) =>
      path.endsWith('/flows/filter') ? { kind: 'hang' } : undefined,
    );
    onTestFinished(() => prefect.server.faults.clear());
    const stuck = inject(receiver, () => ({ kind: 'hang' }));
    const startMs = clock.now();
    const error = await failingTick({}, { hung: () => slow.hung() + stuck.hung() });
    expect(error.report.durationMs).toEqual({ read: 45_000, push: 10_000, total: 55_000 });
    expect(clock.now() - startMs).toBe(budgetMs);
    expect(receiver.requests).toHaveLength(1);
  });

  test('after one of several requests: what was stored is said', async () => {
    receiver.faults.when(() => (receiver.requests.length > 1 ? { kind: 'status', status: 503 } : undefined));
    const error = await failingTick({
      REMOTE_WRITE_MAX_SERIES_PER_REQUEST: '50',
      REMOTE_WRITE_CONCURRENCY: '1',
      MAX_RETRIES: '0',
    });
    expect(error.report.push).toMatchObject({ samplesSent: 50, samplesDropped: {} });
    expect(storedCount()).toBe(50);
  });
});

describe('the way to the receiver', () => {
  let certificates: Certificates;

  beforeAll(async () => {
    certificates = await createCertificates();
  });

  const useReceiver = async (options: ReceiverOptions) => {
    receiver = await startTestReceiver(options);
  };

  test('a private authority: CA_FILE', async () => {
    await useReceiver({ tls: certificates.server });
    const files = { '/ca.pem': certificates.ca.cert };
    expectAllStored(await tick({ CA_FILE: '/ca.pem' }, { files }));
    const error = await failingTick();
    expect(slugs(error.report)).toEqual(['receiver-unreachable']);
    expect(error.report.problems[0]?.do).toContain('CA_FILE');
    expect(error.report.push.requests).toBe(1);
  });

  test('mutual TLS: CLIENT_CERT_FILE and CLIENT_KEY_FILE', async () => {
    await useReceiver({ tls: certificates.server, clientCa: certificates.ca.cert });
    const { ca, client } = certificates;
    const files = { '/ca.pem': ca.cert, '/client.pem': client.cert, '/client.key': client.key };
    const own = { CLIENT_CERT_FILE: '/client.pem', CLIENT_KEY_FILE: '/client.key' };
    expectAllStored(await tick({ CA_FILE: '/ca.pem', ...own }, { files }));
    await failingTick({ CA_FILE: '/ca.pem', MAX_RETRIES: '0' }, { files });
  });

  test('a proxy with a password, for both sides', async () => {
    const proxy = await startProxy({ userColonPassword: 'user:proxy-password' });
    onTestFinished(() => proxy.stop());
    const address = `http://user:proxy-password@${proxy.url.host}`;
    expectAllStored(await tick({ http_proxy: address }));
    const hosts = new Set(proxy.requests.map(({ target }) => new URL(target).host));
    expect(hosts).toEqual(new Set([new URL(prefect.apiUrl).host, receiver.url.host]));
  });

  test('a proxy that refuses', async () => {
    const proxy = await startProxy({ userColonPassword: 'user:proxy-password' });
    onTestFinished(() => proxy.stop());
    const error = await failingTick({
      http_proxy: proxy.url.href,
      NO_PROXY: new URL(prefect.apiUrl).host,
      MAX_RETRIES: '0',
    });
    expect(error.report.problems.length).toBeGreaterThan(0);
    expect(receiver.requests).toHaveLength(0);
  });

  test('user and password, bearer token, tenant and headers of one’s own', async () => {
    await useReceiver({ authorization: `Basic ${Buffer.from('12:word').toString('base64')}` });
    expectAllStored(await tick({ REMOTE_WRITE_USERNAME: '12', REMOTE_WRITE_PASSWORD: 'word' }));
    await useReceiver({ authorization: 'Bearer token' });
    expectAllStored(
      await tick({
        REMOTE_WRITE_BEARER_TOKEN: 'token',
        REMOTE_WRITE_TENANT: 'team',
        REMOTE_WRITE_HEADERS: '{"X-More":"more"}',
      }),
    );
    expect(receiver.requests[0]?.headers).toMatchObject({ 'x-scope-orgid': 'team', 'x-more': 'more' });
  });
});
