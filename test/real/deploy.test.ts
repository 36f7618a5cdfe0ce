// The whole way on this machine: osls deploys to a local AWS that enforces the roles' policies, the schedule fires, the
// function of the built zip reads a real Prefect and writes to a real Prometheus. The tests are steps: each goes on where
// the one before ended.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock as clock } from '../../lib/clock.ts';
import { callsOfFunction, comparedCalls } from '../support/aws/called-by-roles.ts';
import type { LogLine } from '../support/aws/deployed-function.ts';
import { servicesWith } from '../support/aws/left-over.ts';
import { prefectRequests } from '../support/prefect-requests.ts';
import {
  type DeployedScene,
  deployedStage,
  startDeployedScene,
  userName,
} from '../support/real/deployed-scene.ts';
import { requireServer } from '../support/real/require-server.ts';
import { contradictions } from '../support/values-sent.ts';
import { workloadWriter } from '../support/workload.ts';

const required = {
  ministack: await requireServer('ministack'),
  prefect: await requireServer('prefect-3'),
  prometheus: await requireServer('prometheus-3'),
};
const isMissing = Object.values(required).some(({ missing }) => missing);

/** The schedule is of a minute; afterwards ticks follow each other faster. */
const shortIntervalSeconds = 5;

const minuteMs = 60_000;
const pushed = { value: { outcome: 'pushed' } };

describe.skipIf(isMissing)('a deployment', () => {
  let scene: DeployedScene;
  let deploymentId: string;

  beforeAll(async () => {
    scene = await startDeployedScene(required);
    const writer = workloadWriter(prefectRequests(scene.prefect.apiUrl));
    await writer.pool('process');
    deploymentId = await writer.deployment(await writer.flow('etl'), 'nightly', { pool: 'process' });
    scene.setPassword('first');
    await scene.putSecret({ PREFECT_API_AUTH_STRING: `${userName}:first` });
  }, 180_000);

  afterAll(() => scene?.stop());

  /** One value of a family that has one series. */
  const numberOf = async (promql: string): Promise<number | undefined> =>
    (await scene.prometheus.queryInstant(promql, clock.now()))[0]?.value;

  const finishRun = () =>
    workloadWriter(prefectRequests(scene.prefect.apiUrl)).run(
      { deploymentId },
      { name: 'run', states: [{ type: 'PENDING' }, { type: 'RUNNING' }, { type: 'COMPLETED' }] },
    );

  /** Statuses of requests for one action since a number of calls. */
  const statuses = (action: string, since = 0): number[] =>
    callsOfFunction(scene.local)
      .slice(since)
      .filter((call) => call.action === action)
      .map(({ status }) => status)
      .sort();

  const linesAfter = async (earlier: readonly LogLine[]): Promise<LogLine[]> =>
    (await scene.lambda.lines()).slice(earlier.length);

  /** In short intervals since the epoch. */
  let lastInstant = 0;
  /** The event of a schedule for an instant that no tick was for yet, as soon as it has come. */
  const nextEvent = async (): Promise<{ readonly scheduledTime: string }> => {
    const step = shortIntervalSeconds * 1_000;
    const instant = () => Math.floor(clock.now() / step);
    // The next one that begins: one that is nearly over would be late by the time a container has started.
    const before = Math.max(lastInstant, instant());
    await expect.poll(instant, { timeout: 10_000, interval: 100 }).toBeGreaterThan(before);
    lastInstant = Math.floor(clock.now() / step);
    return { scheduledTime: new Date(lastInstant * step).toISOString() };
  };
  const tick = async () => scene.lambda.invoke(await nextEvent());

  it('the schedule fires: what Prefect has is in Prometheus, at the minute', {
    timeout: 100_000,
  }, async () => {
    const stamp = () => numberOf('prefect_exporter_tick_timestamp_seconds');
    await expect.poll(stamp, { timeout: 95_000, interval: 500 }).toBeDefined();
    const instantMs = 1_000 * ((await stamp()) ?? 0);
    expect(instantMs % minuteMs).toBe(0);
    lastInstant = instantMs / 1_000 / shortIntervalSeconds;
    expect(clock.now() - instantMs).toBeLessThan(2 * minuteMs);
    expect(await numberOf('prefect_deployments{workspace="production"}')).toBe(1);
    // Prometheus may have it before the line is in the log.
    await expect
      .poll(async () => (await scene.lambda.lines()).find(({ message }) => message === 'tick'), {
        timeout: 20_000,
        interval: 200,
      })
      .toMatchObject({ level: 'info', outcome: 'pushed', ledger: { created: true } });
    // Its secret, and a ledger that was not there: nobody may list the bucket.
    expect(statuses('GetSecretValue')).toEqual([200]);
    expect(statuses('GetObject')).toEqual([403]);
    expect(statuses('PutObject')).toEqual([200]);
  });

  it('a run that ends is counted once', { timeout: 60_000 }, async () => {
    await scene.setSchedule('DISABLED');
    await scene.lambda.setVariables({ INTERVAL_SECONDS: String(shortIntervalSeconds) });
    await finishRun();
    expect(await tick()).toMatchObject(pushed);
    expect(await tick()).toMatchObject(pushed);
    const total = 'sum(prefect_flow_runs_finished_total{deployment="nightly",state_type="COMPLETED"})';
    expect(await numberOf(total)).toBe(1);
  });

  it('the secret is rotated while it runs, and no tick fails', { timeout: 60_000 }, async () => {
    const before = await scene.lambda.lines();
    const since = callsOfFunction(scene.local).length;
    scene.setPassword('second');
    await scene.putSecret({ PREFECT_API_AUTH_STRING: `${userName}:second` });
    const asked = scene.guard.requests.length;
    expect(await tick()).toMatchObject(pushed);
    expect(await tick()).toMatchObject(pushed);
    const shown = scene.guard.requests.slice(asked).map(({ headers }) => headers.authorization);
    expect(new Set(shown).size).toBe(2); // the old one, refused, and then the new one
    expect(statuses('GetSecretValue', since)).toEqual([200]);
    const ticks = (await linesAfter(before)).filter(({ message }) => message.startsWith('tick'));
    expect(ticks).toMatchObject([{ outcome: 'pushed' }, { outcome: 'pushed' }]);
  });

  it('without permission for the secret what is cached serves on', { timeout: 60_000 }, async () => {
    await scene.denySecret();
    const since = callsOfFunction(scene.local).length;
    expect(await tick()).toMatchObject(pushed);
    expect(statuses('GetSecretValue', since)).toEqual([]);
  });

  it('a new container without permission says which one is missing', { timeout: 60_000 }, async () => {
    await scene.lambda.setVariables({ LOG_LEVEL: 'info' });
    const before = await scene.lambda.lines();
    const since = callsOfFunction(scene.local).length;
    const { error } = await tick();
    expect(statuses('GetSecretValue', since)).toEqual([400]);
    expect(error).toContain('secretsmanager:GetSecretValue');
    expect(error).toContain(scene.resources.SecretProduction);
    const [line] = await linesAfter(before);
    expect(line).toMatchObject({ level: 'error', problems: [{ slug: 'secret-denied' }] });
  });

  it('an event that fails is kept in the failure queue', { timeout: 60_000 }, async () => {
    const event = await nextEvent();
    await scene.lambda.send(event);
    await expect.poll(() => scene.failures(), { timeout: 30_000 }).toContain(event.scheduledTime);
    await scene.allowSecret();
    expect(await tick()).toMatchObject(pushed);
  });

  it('a ledger that was deleted is begun again, and that is said', { timeout: 60_000 }, async () => {
    const created = 'prefect_exporter_ledger_created_timestamp_seconds';
    const first = await numberOf(created);
    const before = await scene.lambda.lines();
    await scene.deleteLedger();
    expect(await tick()).toMatchObject(pushed);
    const lines = await linesAfter(before);
    expect(lines.filter(({ message }) => message === 'tick')).toMatchObject([
      { outcome: 'pushed', ledger: { created: true } },
    ]);
    expect(await numberOf(created)).toBeGreaterThan(first ?? Number.POSITIVE_INFINITY);
  });

  it('of two invocations at once one commits', { timeout: 60_000 }, async () => {
    // Both have read the ledger before either has read Prefect, one of them after a cold start.
    scene.guard.faults.when(({ path }) =>
      path.endsWith('/flow_runs/filter') ? { kind: 'slow-headers', delayMs: 3_000 } : undefined,
    );
    const since = callsOfFunction(scene.local).length;
    const event = await nextEvent();
    const both = await Promise.all([1, 2].map(() => scene.lambda.invoke(event)));
    scene.guard.faults.clear();
    expect(both.map(({ value }) => Object(value).outcome).sort()).toEqual(['pushed', 'skipped']);
    expect(statuses('PutObject', since)).toEqual([200, 412]);
  });

  it('nothing was sent with two values', () => {
    expect(scene.receiver.requests.length).toBeGreaterThan(8);
    expect(contradictions(scene.receiver.requests)).toEqual([]);
  });

  it('the code asked for what is listed as recorded, and it is allowed by what was packaged', async () => {
    const { made, listed, denied } = await comparedCalls(deployedStage, scene.local, scene.resources);
    expect(denied).toEqual([]);
    expect(made).toEqual(listed);
  });

  it('removed, it leaves the bucket of the ledger, the secret, and nothing else', {
    timeout: 60_000,
  }, async () => {
    const { aws, local, service, resources } = scene;
    const secret = resources.SecretProduction ?? '';
    expect(await servicesWith(aws, secret)).toEqual(['lambda', 'secrets']);
    expect((await servicesWith(aws, service.stackName)).sort()).toEqual(
      [
        ...['alarms', 'buckets', 'lambda', 'logGroups', 'queues', 'roles'],
        ...['scheduleGroups', 'schedules', 'secrets'],
      ].sort(),
    );
    await service.remove(local);
    expect(await servicesWith(aws, secret)).toEqual(['secrets']);
    expect((await servicesWith(aws, service.stackName)).sort()).toEqual(['buckets', 'secrets']);
    expect(await servicesWith(aws, resources.LedgerBucket ?? '')).toEqual(['buckets']);
    expect(await servicesWith(aws, resources.ServerlessDeploymentBucket ?? '')).toEqual([]);
  });
});
