// The built function under Lambda's own runtime client, between doubles of Prefect and of a receiver.
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { failure, startAmazonPrometheus } from '../../doubles/amazon-prometheus/amazon-prometheus.ts';
import {
  type PrefectDouble,
  type PrefectDoubleOptions,
  startPrefectDouble,
} from '../../doubles/prefect/api.ts';
import { type Receiver, startReceiver } from '../../doubles/receiver/receiver.ts';
import { startS3Double } from '../../doubles/s3/s3.ts';
import { startStsDouble } from '../../doubles/sts/sts.ts';
import { systemClock as clock } from '../../lib/clock.ts';
import type { Bundles } from '../../scripts/build-bundles.ts';
import { parseEmbeddedMetrics } from '../functions/emf.ts';
import { buildForTest, unpack } from '../support/bundle.ts';
import type { Lambda, LambdaOptions } from '../support/lambda.ts';
import { type Nat, startNat } from '../support/nat.ts';
import { ordinaryWorkspace } from '../support/ordinary-workspace.ts';
import { storedInstants } from '../tick/scene.ts';
import { linesOf, startFunction } from './scene.ts';

let bundles: Bundles;
let taskRoot: string;
let prefect: PrefectDouble;
let receiver: Receiver;

beforeAll(async () => {
  bundles = await buildForTest('run');
  taskRoot = await unpack(bundles.zipFile);
});

afterAll(() => rm(taskRoot, { recursive: true }));

beforeEach(async () => {
  await startPrefect();
  receiver = await startReceiver();
  return async () => {
    await prefect.stop();
    await receiver.stop();
  };
});

async function startPrefect(options: Partial<PrefectDoubleOptions> = {}): Promise<void> {
  await prefect?.stop();
  prefect = await startPrefectDouble({ clock, workspace: ordinaryWorkspace(clock), ...options });
}

/** Ticks of the last minutes are not late with this one. */
const intervalSeconds = 240;

async function start(options: Partial<LambdaOptions> = {}): Promise<Lambda> {
  const env = {
    PREFECT_API_URL: prefect.apiUrl,
    REMOTE_WRITE_URL: receiver.writeUrl.href,
    STORE: 'memory:',
    ALLOW_MEMORY_STORE: 'true',
    INTERVAL_SECONDS: String(intervalSeconds),
    WORKSPACE: 'production',
    ...options.env,
  };
  return startFunction({ taskRoot, ...options, env });
}

/** The start of a minute, that many minutes ago. */
const minutesAgo = (minutes: number): number => (Math.floor(clock.now() / 60_000) - minutes) * 60_000;
const iso = (ms: number): string => new Date(ms).toISOString();

/** Values of a family by a label, at one instant. */
function stored(name: string, label = '__name__', atMs?: number): Record<string, number> {
  const found = receiver.series().filter(({ labels }) => labels.__name__ === name);
  return Object.fromEntries(
    found.flatMap(({ labels, samples }) =>
      samples
        .filter(({ timestampMs }) => atMs === undefined || timestampMs === atMs)
        .map(({ value }) => [labels[label] ?? '', value]),
    ),
  );
}

const timestamps = (): readonly number[] => storedInstants(receiver);

describe('a tick', () => {
  it('stores its samples at the instant of the event and says so in one line', async () => {
    const instantMs = minutesAgo(1);
    const lambda = await start();
    const outcome = await lambda.invoke({ scheduledTime: iso(instantMs + 7_000) });
    const series = receiver.series().length;
    const sent = receiver.series().reduce((sum, { samples }) => sum + samples.length, 0);
    expect(outcome).toEqual({ kind: 'result', value: { outcome: 'pushed', series, sent } });
    expect(series).toBeGreaterThan(60);
    expect(timestamps()).toEqual([instantMs]);
    expect(receiver.violations).toEqual([]);
    expect(prefect.violations).toEqual([]);
    expect(stored('prefect_deployments')).toEqual({ prefect_deployments: 2 });
    const labels = receiver.series().find((one) => one.labels.__name__ === 'prefect_up')?.labels;
    expect(labels).toMatchObject({ workspace: 'production', job: 'prefect-exporter' });

    const [line, ...others] = await linesOf(lambda, 1);
    expect(others).toEqual([]);
    expect(line).toMatchObject({
      level: 'info',
      message: 'tick',
      outcome: 'pushed',
      instant: iso(instantMs),
      series,
      problems: [],
    });
  });

  it.each([
    ["our schedule's", (ms: number) => ({ scheduledTime: iso(ms) })],
    ["an EventBridge rule's", (ms: number) => ({ 'detail-type': 'Scheduled Event', time: iso(ms) })],
  ])('knows its instant from %s event', async (_, eventAt) => {
    const instantMs = minutesAgo(2);
    const lambda = await start();
    expect(await lambda.invoke(eventAt(instantMs))).toMatchObject({ kind: 'result' });
    expect(timestamps()).toEqual([instantMs]);
  });

  it('without an event is for now', async () => {
    const beforeMs = minutesAgo(0);
    const lambda = await start();
    expect(await lambda.invoke({})).toMatchObject({ kind: 'result' });
    const [onlyMs = 0, ...others] = timestamps();
    expect(others).toEqual([]);
    expect(onlyMs).toBeGreaterThanOrEqual(beforeMs);
    expect(onlyMs).toBeLessThanOrEqual(clock.now());
  });

  it('for an instant long ago does nothing and succeeds', async () => {
    const lambda = await start();
    const outcome = await lambda.invoke({ scheduledTime: iso(minutesAgo(6)) });
    expect(outcome).toMatchObject({ kind: 'result', value: { outcome: 'skipped' } });
    expect(receiver.requests).toHaveLength(0);
    expect(prefect.requests()).toHaveLength(0);
  });

  it('follows another in the same process, with connections of its own', async () => {
    const lambda = await start();
    const instants = [minutesAgo(2), minutesAgo(1)];
    for (const instantMs of instants) {
      expect(await lambda.invoke({ scheduledTime: iso(instantMs) })).toMatchObject({
        value: { outcome: 'pushed' },
      });
    }
    expect(timestamps()).toEqual(instants);
    expect(receiver.connections()).toBeGreaterThanOrEqual(2);
    // The version of the server is remembered, the rest is read again.
    const paths = prefect.requests().map(({ path }) => path);
    expect(paths.filter((path) => path === '/admin/version')).toHaveLength(1);
    expect(paths.filter((path) => path === '/flows/filter')).toHaveLength(2);
  });

  it('writes embedded metrics that CloudWatch can read', async () => {
    const lambda = await start({ env: { EMF: 'true' } });
    await lambda.invoke({ scheduledTime: iso(minutesAgo(1)) });
    const emf = (await linesOf(lambda, 2)).find((line) => '_aws' in line);
    const { dimensions, values } = parseEmbeddedMetrics(`${JSON.stringify(emf)}\n`);
    expect(dimensions).toMatchObject({ FunctionName: expect.stringMatching(/./), Workspace: 'production' });
    expect(values).toMatchObject({ TickSuccess: 1 });
  });
});

describe('a check', () => {
  it('answers with the report, also where the configuration is wrong', async () => {
    const lambda = await start();
    const outcome = await lambda.invoke({ check: true });
    expect(outcome).toMatchObject({
      kind: 'result',
      value: {
        exitStatus: 0,
        sections: [
          { name: 'configuration' },
          { name: 'prefect', status: 'ok' },
          { name: 'receiver', status: 'ok' },
          { name: 'store', status: 'ok' },
        ],
      },
    });
    expect(receiver.series()).toEqual([]);

    const wrong = await start({ env: { PREFECT_API_URL: 'prefect:4200', INTERVAL_SECONDS: 'soon' } });
    expect(await wrong.invoke({ check: true })).toMatchObject({
      kind: 'result',
      value: {
        exitStatus: 2,
        sections: [{ problems: [{ slug: 'invalid-value' }, { slug: 'invalid-value' }] }],
      },
    });
  });
});

describe('a ledger in S3', () => {
  it('is read with the SDK of the bundle and the credentials of the function', async () => {
    const s3 = await startS3Double({ buckets: ['ledgers'] });
    onTestFinished(() => s3.stop());
    const lambda = await start({
      env: { STORE: 's3://ledgers/prod/ledger.json.gz', S3_ENDPOINT: s3.url.href },
    });
    expect(await lambda.invoke({ check: true })).toMatchObject({
      kind: 'result',
      value: {
        exitStatus: 0,
        sections: [
          {},
          {},
          {},
          { name: 'store', status: 'ok', facts: [expect.stringContaining('new'), expect.any(String)] },
        ],
      },
    });
    expect(s3.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /ledgers/prod/ledger.json.gz?x-id=GetObject',
    ]);
    expect(s3.requests[0]?.headers.authorization).toContain('Credential=AKIDTEST/');
    expect(s3.requests[0]?.headers.authorization).toContain('/eu-west-1/s3/');
  });
});

describe('a ledger in S3 without s3:ListBucket', () => {
  const env = (endpoint: URL) => ({ STORE: 's3://ledgers/prod/ledger.json.gz', S3_ENDPOINT: endpoint.href });

  it('is made by the first tick and goes on in other containers', async () => {
    const s3 = await startS3Double({ buckets: ['ledgers'], list: false });
    onTestFinished(() => s3.stop());
    const first = await start({ env: env(s3.url) });
    expect(await first.invoke({ check: true })).toMatchObject({ value: { exitStatus: 0 } });
    expect(s3.objects.size).toBe(0);
    for (const minutes of [3, 2]) {
      expect(await first.invoke({ scheduledTime: iso(minutesAgo(minutes)) })).toMatchObject({
        value: { outcome: 'pushed' },
      });
    }
    const second = await start({ env: env(s3.url) });
    expect(await second.invoke({ scheduledTime: iso(minutesAgo(1)) })).toMatchObject({
      value: { outcome: 'pushed' },
    });
    // The first container has a document that is not the newest any more.
    expect(await first.invoke({ scheduledTime: iso(minutesAgo(0)) })).toMatchObject({
      value: { outcome: 'pushed' },
    });
    const [created] = Object.entries(stored('prefect_exporter_ledger_created_timestamp_seconds'));
    expect(created?.[1]).toBe(minutesAgo(3) / 1_000);
    expect(receiver.violations).toEqual([]);
  });

  it('that may not be read is neither overwritten nor sent from', async () => {
    const s3 = await startS3Double({ buckets: ['ledgers'], list: false });
    onTestFinished(() => s3.stop());
    const first = await start({ env: env(s3.url) });
    await first.invoke({ scheduledTime: iso(minutesAgo(2)) });
    const kept = s3.objects.get('ledgers/prod/ledger.json.gz');
    const requests = receiver.requests.length;
    s3.permissions.get = false;
    const second = await start({ env: env(s3.url) });
    expect(await second.invoke({ scheduledTime: iso(minutesAgo(1)) })).toMatchObject({ kind: 'error' });
    const denied = { slug: 'store-denied', found: expect.stringContaining('does not allow s3:GetObject') };
    expect((await linesOf(second, 1))[0]).toMatchObject({ problems: [denied] });
    expect(s3.objects.get('ledgers/prod/ledger.json.gz')).toEqual(kept);
    expect(receiver.requests).toHaveLength(requests);
  });
});

describe('signed remote write', () => {
  const credentials = {
    accessKeyId: 'AKIDTEST',
    secretAccessKey: 'test-secret',
    sessionToken: 'test-token',
  };
  const settings = { region: 'eu-west-1', service: 'aps', workspace: 'ws-1', clock };

  it('is signed by the bundle with the credentials of the function', async () => {
    const { writeUrl } = receiver;
    const amazon = await startAmazonPrometheus({ ...settings, credentials: [credentials], writeUrl });
    onTestFinished(() => amazon.stop());
    const REMOTE_WRITE_URL = amazon.remoteWriteUrl.href;
    const lambda = await start({ env: { REMOTE_WRITE_URL, REMOTE_WRITE_SIGV4: 'true' } });
    expect(await lambda.invoke({})).toMatchObject({ kind: 'result', value: { outcome: 'pushed' } });
    expect(stored('prefect_deployments')).toEqual({ prefect_deployments: 2 });
    expect(receiver.violations).toEqual([]);
    expect(await lambda.invoke({ check: true })).toMatchObject({
      value: { exitStatus: 0, sections: [{}, {}, { name: 'receiver', status: 'ok' }, {}] },
    });
  });

  it('has all that it takes read at the start, a role among it', async () => {
    const sts = await startStsDouble(clock);
    const assumed = { accessKeyId: 'ASIA1', secretAccessKey: 'secret', sessionToken: 'token of ASIA1' };
    const { writeUrl } = receiver;
    const amazon = await startAmazonPrometheus({ ...settings, credentials: [assumed], writeUrl });
    const ownRoot = await unpack(bundles.zipFile);
    onTestFinished(async () => {
      await Promise.all([sts.stop(), amazon.stop(), rm(ownRoot, { recursive: true })]);
    });
    const env = {
      REMOTE_WRITE_URL: amazon.remoteWriteUrl.href,
      REMOTE_WRITE_SIGV4: 'true',
      REMOTE_WRITE_SIGV4_ROLE_ARN: 'arn:aws:iam::123456789012:role/metrics',
      AWS_ENDPOINT_URL_STS: sts.url.origin,
    };
    const lambda = await start({ taskRoot: ownRoot, env });
    // Answered once the function has started.
    expect(await lambda.invoke({ workspace: 'none' })).toMatchObject({ kind: 'error' });
    expect(sts.requests).toHaveLength(0);
    const parts = (await readdir(ownRoot)).filter((name) => name.startsWith('part-'));
    await Promise.all(parts.map((name) => rm(join(ownRoot, name))));
    expect(await lambda.invoke({})).toMatchObject({ kind: 'result', value: { outcome: 'pushed' } });
    expect(sts.requests).toHaveLength(1);
  });

  it('that is refused names the permission, and no part of the credentials', async () => {
    const { writeUrl } = receiver;
    const amazon = await startAmazonPrometheus({ ...settings, credentials: [credentials], writeUrl });
    onTestFinished(() => amazon.stop());
    const message = 'User: arn:aws:sts::1:assumed-role/r/f is not authorized to perform: aps:RemoteWrite';
    const { body = '', headers = {} } = failure(403, 'AccessDeniedException', message);
    amazon.faults.when(() => ({ kind: 'status', status: 403, body: body.toString(), headers }));
    const REMOTE_WRITE_URL = amazon.remoteWriteUrl.href;
    const lambda = await start({ env: { REMOTE_WRITE_URL, REMOTE_WRITE_SIGV4: 'true' } });
    expect(await lambda.invoke({})).toMatchObject({ kind: 'error', error: { errorType: 'TickError' } });
    expect((await linesOf(lambda, 1))[0]).toMatchObject({ problems: [{ slug: 'receiver-permission' }] });
    expect(lambda.logs()).not.toMatch(/test-secret|test-token|Signature=/);
  });
});

describe('what fails', () => {
  it('is an error of the invocation when nothing could be pushed', async () => {
    receiver.faults.when(() => ({ kind: 'status', status: 401, body: 'Unauthorized' }));
    const lambda = await start();
    const outcome = await lambda.invoke({ scheduledTime: iso(minutesAgo(1)) });
    expect(outcome).toMatchObject({
      kind: 'error',
      error: { errorType: 'TickError', errorMessage: expect.stringContaining('status 401, Unauthorized') },
    });
    const written = await linesOf(lambda, 2);
    expect(written[0]).toMatchObject({
      level: 'error',
      message: 'tick failed',
      outcome: 'failed',
      problems: [{ slug: 'receiver-token-refused' }],
    });
    // The process lives on: the next tick is not a cold start.
    receiver.faults.clear();
    expect(await lambda.invoke({})).toMatchObject({ kind: 'result', value: { outcome: 'pushed' } });
  });

  it('is a success with less when a part of Prefect cannot be read', async () => {
    prefect.fail('/work_pools/filter', { kind: 'status', status: 403 });
    const lambda = await start();
    expect(await lambda.invoke({})).toMatchObject({ kind: 'result', value: { outcome: 'partial' } });
    expect(stored('prefect_exporter_collector_success', 'collector')).toMatchObject({
      work_pools: 0,
      deployments: 1,
    });
    expect(stored('prefect_work_pools')).toEqual({});
  });

  it('does not outlast the function: Prefect hangs, and what is known is pushed', async () => {
    prefect.server.faults.when(() => ({ kind: 'hang' }));
    const lambda = await start({ timeoutMs: 5_000 });
    expect(await lambda.invoke({})).toMatchObject({ kind: 'result', value: { outcome: 'partial' } });
    expect(stored('prefect_up')).toEqual({ prefect_up: 0 });
    const { workspace, ...others } = stored('prefect_exporter_collector_success', 'collector');
    expect(new Set(Object.values(others))).toEqual(new Set([0]));
    expect(workspace).toBe(1); // a server goes by its host: nothing is asked
    expect(stored('prefect_deployments')).toEqual({});
    expect((await linesOf(lambda, 1))[0]).toMatchObject({
      level: 'warn',
      problems: [{ slug: 'prefect-unreachable' }],
    });
  });

  it('does not outlast the function: both sides hang, and the line is written', async () => {
    prefect.server.faults.when(() => ({ kind: 'hang' }));
    receiver.faults.when(() => ({ kind: 'hang' }));
    const lambda = await start({ timeoutMs: 5_000 });
    expect(await lambda.invoke({})).toMatchObject({ kind: 'error', error: { errorType: 'TickError' } });
    const slugs = (await linesOf(lambda, 1))[0]?.problems;
    expect(slugs).toMatchObject([{ slug: 'prefect-unreachable' }, { slug: 'receiver-unreachable' }]);
  });

  it('is an error of the invocation, with every problem, when the configuration is wrong', async () => {
    const env = { PREFECT_API_URL: '', REMOTE_WRITE_TIMEOUT_MS: '-1', REMOTE_WRITE_PASWORD: 'hunter2' };
    const lambda = await start({ env });
    for (const _ of ['cold', 'warm']) {
      const outcome = await lambda.invoke({});
      expect(outcome).toMatchObject({ kind: 'error', error: { errorType: 'ConfigError' } });
      const message = outcome.kind === 'error' ? outcome.error.errorMessage : '';
      for (const name of Object.keys(env)) expect(message).toContain(name);
    }
    const [line] = await linesOf(lambda, 2);
    expect(line).toMatchObject({ level: 'error', problems: { length: 3 } });
    expect(lambda.logs()).not.toContain('hunter2');
  });

  it('is an error of the initialisation when the bundle is broken', async () => {
    const broken = await unpack(bundles.zipFile);
    onTestFinished(() => rm(broken, { recursive: true }));
    const file = join(broken, 'index.mjs');
    await writeFile(file, (await readFile(file, 'utf8')).slice(0, -1_000));
    const lambda = await start({ taskRoot: broken });
    const outcome = await lambda.invoke({});
    expect(outcome).toMatchObject({
      kind: 'initError',
      error: { errorType: 'Runtime.UserCodeSyntaxError' },
    });
  });
});

describe('a frozen function', () => {
  let nats: readonly [Nat, Nat];

  async function startBehindNat(env: Record<string, string> = {}): Promise<Lambda> {
    nats = [await startNat(new URL(prefect.apiUrl)), await startNat(receiver.writeUrl)];
    onTestFinished(async () => {
      await Promise.all(nats.map((nat) => nat.stop()));
    });
    const addresses = { PREFECT_API_URL: nats[0].url.href, REMOTE_WRITE_URL: nats[1].url.href };
    return start({ env: { ...addresses, ...env } });
  }

  it('leaves no connection behind that could die meanwhile', async () => {
    const lambda = await startBehindNat({ MAX_RETRIES: '0' });
    expect(await lambda.invoke({ scheduledTime: iso(minutesAgo(2)) })).toMatchObject({
      value: { outcome: 'pushed' },
    });
    lambda.freeze();
    await expect.poll(() => nats.map((nat) => nat.open())).toEqual([0, 0]);
    for (const nat of nats) nat.forget();
    prefect.server.dropConnections();
    receiver.dropConnections();
    lambda.thaw();
    expect(await lambda.invoke({ scheduledTime: iso(minutesAgo(1)) })).toMatchObject({
      value: { outcome: 'pushed' },
    });
  });

  it('in the middle of a tick goes on with new connections', async () => {
    const lambda = await startBehindNat();
    // The answer that the tick waits for is lost while the function is frozen.
    prefect.server.faults.when(() => ({ kind: 'hang' }));
    const instantMs = minutesAgo(1);
    const outcome = lambda.invoke({ scheduledTime: iso(instantMs) });
    await prefect.server.received(1);
    lambda.freeze();
    prefect.server.faults.clear();
    prefect.server.dropConnections();
    lambda.thaw();
    expect(await outcome).toMatchObject({ kind: 'result', value: { outcome: 'pushed' } });
    expect(timestamps()).toEqual([instantMs]);
  });
});

describe('memory', () => {
  it.runIf(process.platform === 'linux')('stays below 256 MB with 600 deployments', async () => {
    await startPrefect({ workspace: ordinaryWorkspace(clock, { deployments: 600 }) });
    const lambda = await start({ memoryMb: 256, env: { PREFECT_API_URL: prefect.apiUrl } });
    const outcome = await lambda.invoke({});
    expect(outcome).toMatchObject({ kind: 'result', value: { outcome: 'pushed' } });
    expect(receiver.series().length).toBeGreaterThan(5_000);
    const status = await readFile(`/proc/${lambda.pid}/status`, 'utf8');
    const peakMb = Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1_024;
    expect(peakMb).toBeGreaterThan(40);
    expect(peakMb).toBeLessThan(256);
  });
});

describe('the zip', () => {
  it('holds the handler, what it imports on first use, and source maps, nothing else', async () => {
    const content = unzipSync(await readFile(bundles.zipFile));
    const names = Object.keys(content);
    expect(names.filter((name) => !/^part-[A-Z0-9]{8}\.mjs(?:\.map)?$/.test(name))).toEqual([
      'index.mjs',
      'index.mjs.map',
    ]);
    const text = Buffer.from(content['index.mjs'] ?? []).toString('utf8');
    expect(text === (await readFile(`${bundles.functionFolder}/index.mjs`, 'utf8'))).toBe(true);
    expect(/\bexport\{\S+ as handler\};/.test(text)).toBe(true);
  });

  it('has the same bytes whenever and wherever it is built', async () => {
    const again = await buildForTest('again/elsewhere');
    expect((await readFile(again.zipFile)).equals(await readFile(bundles.zipFile))).toBe(true);
  });
});
