// One function for several Prefect workspaces.
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { PrefectDouble } from '../../doubles/prefect/api.ts';
import type { Receiver } from '../../doubles/receiver/receiver.ts';
import { createHandler } from '../../functions/handler.ts';
import { ConfigError } from '../../lib/config/errors.ts';
import { TickError } from '../../lib/report.ts';
import { secretArn } from '../secrets/double-place.ts';
import { createFakeClock, type FakeClock } from '../support/clock.ts';
import { type Environment, smallWorkspace, startPrefect, startTestReceiver } from '../tick/scene.ts';
import { createTickClock, type TickClock } from '../tick/tick-clock.ts';
import { parseEmbeddedMetrics } from './emf.ts';

const ten = Date.UTC(2026, 10, 20, 10);

let prod: PrefectDouble;
let dev: PrefectDouble;
let receiver: Receiver;
let clock: TickClock;
/** Of Prefect and of the receiver. */
let outside: FakeClock;
let written: string[];
let handler: ReturnType<typeof createHandler>;

const secrets = new Map<string, Environment>([
  [secretArn('prod'), { PREFECT_API_KEY: 'pnu_prod' }],
  [secretArn('dev'), { PREFECT_API_KEY: 'pnu_dev' }],
]);

beforeEach(async () => {
  outside = createFakeClock();
  prod = await startPrefect(smallWorkspace, { clock: outside });
  dev = await startPrefect(smallWorkspace, { clock: outside });
  onTestFinished(async () => {
    await Promise.all([prod.stop(), dev.stop()]);
  });
  receiver = await startTestReceiver({ clock: outside });
  clock = createTickClock();
  written = [];
  handler = createFunction({
    prod: { PREFECT_API_URL: prod.apiUrl, SECRET_ARN: secretArn('prod') },
    dev: { PREFECT_API_URL: dev.apiUrl, SECRET_ARN: secretArn('dev'), WORKSPACE: 'development' },
    broken: { PREFECT_API_URL: 'prefect', MAX_RETRIES: 'x' },
  });
});

const createFunction = (workspaces: object | undefined, env: Environment = {}) =>
  createHandler({
    env: {
      REMOTE_WRITE_URL: receiver.writeUrl.href,
      STORE: 'memory:',
      ALLOW_MEMORY_STORE: 'true',
      EMF: 'true',
      ...(workspaces === undefined ? {} : { WORKSPACES: JSON.stringify(workspaces) }),
      ...env,
    },
    clock,
    readFile: () => '',
    write: (text) => written.push(text),
    peakMemoryMb: () => 100,
    readSecret: async ({ arn }) => JSON.stringify(secrets.get(arn)),
  });

const invoke = (event: object): Promise<unknown> =>
  clock.settle(handler(event, { getRemainingTimeInMillis: () => 50_000 }));

const tick = (workspace: string | undefined, minute = 0): Promise<unknown> => {
  for (const one of [clock, outside]) one.setNow(ten + minute * 60_000);
  const scheduledTime = new Date(clock.now()).toISOString();
  return invoke(workspace === undefined ? { scheduledTime } : { scheduledTime, workspace });
};

const pushed = expect.objectContaining({ outcome: 'pushed' });
const lines = () => written.map((text) => JSON.parse(text)).filter((line) => !('_aws' in line));
const labels = () => [...new Set(receiver.series().map((one) => one.labels.workspace))].sort();
const keys = (double: PrefectDouble) =>
  new Set(double.server.requests.map(({ headers }) => headers.authorization));

describe('several workspaces', () => {
  test('are each read with their own key and have their own label', async () => {
    expect(await tick('prod')).toEqual(pushed);
    expect(await tick('dev')).toEqual(pushed);
    expect(labels()).toEqual(['development', 'prod']);
    expect([keys(prod), keys(dev)]).toEqual([new Set(['Bearer pnu_prod']), new Set(['Bearer pnu_dev'])]);
  });

  test('are each wired once', async () => {
    for (const minute of [0, 1]) {
      for (const name of ['prod', 'dev']) await tick(name, minute);
    }
    const versions = (double: PrefectDouble) =>
      double.requests().filter(({ path }) => path === '/admin/version').length;
    expect([versions(prod), versions(dev)]).toEqual([1, 1]);
  });

  test('are in the log and in the metrics for CloudWatch', async () => {
    await tick('prod');
    await tick('dev');
    expect(lines()).toMatchObject([
      { message: 'tick', workspace: 'prod' },
      { message: 'tick', workspace: 'development' },
    ]);
    const metrics = written.filter((text) => text.includes('_aws')).map(parseEmbeddedMetrics);
    // By the name that alarms know, whatever the label is, which may even be in the secret.
    expect(metrics.map(({ dimensions }) => dimensions.Workspace)).toEqual(['prod', 'dev']);
  });

  test('fail alone: what is wrong with one is an error of its own ticks', async () => {
    await expect(tick('broken')).rejects.toBeInstanceOf(ConfigError);
    expect(lines()).toMatchObject([
      { level: 'error', message: 'the configuration cannot be used', workspace: 'broken' },
    ]);
    expect(lines()[0].problems).toHaveLength(2);
    expect(await tick('prod')).toEqual(pushed);
    await expect(tick('broken', 1)).rejects.toBeInstanceOf(ConfigError);
  });

  test('are in the log and the metrics by their names where the label is not known yet', async () => {
    const STORE = 'file:/dev/null/nowhere/ledger.json.gz';
    handler = createFunction({ prod: { PREFECT_API_URL: prod.apiUrl, WORKSPACE: 'production', STORE } });
    await expect(tick('prod')).rejects.toThrow('/dev/null/nowhere');
    const failed = lines().filter(({ level }) => level === 'error');
    expect(failed).toMatchObject([{ message: 'tick failed', workspace: 'prod' }]);
    const metrics = written.filter((text) => text.includes('_aws')).map(parseEmbeddedMetrics);
    expect(metrics).toMatchObject([{ dimensions: { Workspace: 'prod' }, values: { TickSuccess: 0 } }]);
  });
});

describe('a ledger', () => {
  test('that two secrets name is refused to the second one', async () => {
    const STORE = 'file:/dev/null/nowhere/ledger.json.gz';
    const before = new Map(secrets);
    onTestFinished(() => {
      for (const [arn, content] of before) secrets.set(arn, content);
    });
    for (const [arn, content] of before) secrets.set(arn, { ...content, STORE });
    const workspaces = {
      prod: { PREFECT_API_URL: prod.apiUrl, SECRET_ARN: secretArn('prod') },
      dev: { PREFECT_API_URL: dev.apiUrl, SECRET_ARN: secretArn('dev') },
    };
    handler = createFunction(workspaces, { STORE: '' });
    // There is no such file: the first one comes as far as that.
    for (const minute of [0, 1]) {
      await expect(tick('prod', minute)).rejects.toThrow('/dev/null/nowhere');
      await expect(tick('dev', minute)).rejects.toThrow('"dev" has the same STORE as "prod"');
    }
  });

  test('that a workspace has left is free for another', async () => {
    const at = (name: string) => ({ STORE: `file:/dev/null/${name}/ledger.json.gz` });
    const before = new Map(secrets);
    onTestFinished(() => {
      for (const [arn, content] of before) secrets.set(arn, content);
    });
    secrets.set(secretArn('prod'), at('one'));
    secrets.set(secretArn('dev'), at('two'));
    const workspaces = {
      prod: { PREFECT_API_URL: prod.apiUrl, SECRET_ARN: secretArn('prod') },
      dev: { PREFECT_API_URL: dev.apiUrl, SECRET_ARN: secretArn('dev') },
    };
    handler = createFunction(workspaces, { STORE: '' });
    await expect(tick('prod')).rejects.toThrow('/dev/null/one');
    await expect(tick('dev')).rejects.toThrow('/dev/null/two');
    secrets.set(secretArn('prod'), at('three'));
    await expect(tick('prod', 6)).rejects.toThrow('/dev/null/three');
    secrets.set(secretArn('dev'), at('one'));
    // As far as the file that is not there, and not refused for the workspace that had it.
    await expect(tick('dev', 12)).rejects.toBeInstanceOf(TickError);
  });
});

describe('an event', () => {
  test.each([
    [undefined, 'The event does not say which workspace of WORKSPACES it is for'],
    ['staging', 'The event asks for the workspace "staging"'],
  ])('for %s is refused, with the names there are', async (workspace, message) => {
    await expect(tick(workspace)).rejects.toThrow(message);
    expect(lines()).toMatchObject([
      {
        level: 'error',
        problems: [{ slug: 'workspace-unknown', expected: 'one of "prod", "dev", "broken"' }],
      },
    ]);
  });

  test('for a workspace is refused where there is only one', async () => {
    handler = createFunction(undefined, { PREFECT_API_URL: prod.apiUrl });
    await expect(tick('prod')).rejects.toThrow('WORKSPACES is not set');
    expect(await tick(undefined)).toEqual(pushed);
  });

  test('for a check asks one workspace', async () => {
    expect(await invoke({ check: true, workspace: 'prod' })).toMatchObject({ exitStatus: 0 });
    expect(prod.requests().length).toBeGreaterThan(5);
    expect(dev.requests()).toHaveLength(0);
    expect(receiver.series()).toEqual([]);
  });

  test('for a check that names none is told how to ask', async () => {
    const [section] = Object(await invoke({ check: true })).sections;
    expect(section.problems).toMatchObject([{ do: '{"check":true,"workspace":"prod"}' }]);
  });

  test.each([
    [{ check: true }, 'workspace-unknown'],
    [{ check: true, workspace: 'broken' }, 'invalid-value'],
  ])('%j resolves with what is wrong', async (event, slug) => {
    expect(await invoke(event)).toMatchObject({
      exitStatus: 2,
      sections: [
        {
          name: 'configuration',
          status: 'failed',
          problems: expect.arrayContaining([expect.objectContaining({ slug })]),
        },
      ],
    });
  });
});
