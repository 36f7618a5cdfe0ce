// Several workspaces from one deployment, on this machine: each has its schedule, its secret and its ledger, and the one
// function of the built zip keeps them apart.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalServer, ReceivedRequest } from '../../doubles/server.ts';
import { systemClock as clock } from '../../lib/clock.ts';
import { type AskAws, createAskAws } from '../support/aws/ask.ts';
import { comparedCalls } from '../support/aws/called-by-roles.ts';
import { type DeployedFunction, deployedFunction } from '../support/aws/deployed-function.ts';
import type { StackResources } from '../support/aws/stack.ts';
import { startForwarder } from '../support/forwarder.ts';
import { prepareService, type Service } from '../support/real/deployment.ts';
import { type LocalAws, startLocalAws } from '../support/real/ministack.ts';
import { type PrefectServer, startPrefect } from '../support/real/prefect.ts';
import { type PrometheusServer, startPrometheus } from '../support/real/prometheus.ts';
import { requireServer } from '../support/real/require-server.ts';

const required = {
  ministack: await requireServer('ministack'),
  prefect: await requireServer('prefect-3'),
  prometheus: await requireServer('prometheus-3'),
};
const isMissing = Object.values(required).some(({ missing }) => missing);

/** Deployed as test/infra/stages/two-workspaces.yml, but for the addresses of this machine. */
const deployedStage = 'two-workspaces';
const workspaces = ['production', 'staging'] as const;
const secretIds = { production: 'SecretProduction', staging: 'SecretStaging' } as const;

/** For ticks that no schedule brings. */
const shortIntervalMs = 15_000;

/** Lines are in the log a while after the answer. */
const logged = { timeout: 20_000, interval: 200 };

const authorization = (name: string) => `Basic ${Buffer.from(`exporter:of-${name}`).toString('base64')}`;
const shown = (requests: readonly ReceivedRequest[]) => [
  ...new Set(requests.map(({ headers }) => headers.authorization)),
];

describe.skipIf(isMissing)('a deployment of two workspaces', () => {
  let local: LocalAws;
  let prefect: PrefectServer;
  let prometheus: PrometheusServer;
  /** What each workspace asks: it takes that workspace's password only. */
  let guards: Readonly<Record<(typeof workspaces)[number], LocalServer>>;
  let aws: AskAws;
  let service: Service;
  let resources: StackResources;
  let lambda: DeployedFunction;

  beforeAll(async () => {
    [local, prefect, prometheus] = await Promise.all([
      startLocalAws(required.ministack),
      startPrefect(required.prefect),
      startPrometheus(required.prometheus),
    ]);
    const guardOf = (name: string) =>
      startForwarder({
        target: () => new URL(prefect.apiUrl),
        instead: ({ headers }) =>
          headers.authorization === authorization(name)
            ? undefined
            : { status: 401, headers: {}, body: '{}' },
      });
    guards = { production: await guardOf('production'), staging: await guardOf('staging') };
    service = await prepareService(deployedStage, parameters());
    aws = createAskAws(local.proxy.url, local.region, local.credentials.accessKeyId);
    resources = await service.deploy(local, aws);
    lambda = deployedFunction(aws, service.functionName);
    for (const name of workspaces) await putPassword(name, `of-${name}`);
  }, 180_000);

  afterAll(() =>
    Promise.all([local, prefect, prometheus, ...Object.values(guards ?? {})].map((one) => one?.stop())),
  );

  /** Of the stage file; with more for one workspace. */
  const parameters = (ofProduction: object = {}) => ({
    region: local.region,
    environment: { REMOTE_WRITE_URL: `${prometheus.url}/api/v1/write` },
    workspaces: Object.fromEntries(
      workspaces.map((name) => [
        name,
        {
          environment: { PREFECT_API_URL: `${guards[name].url.href}api` },
          ...(name === 'production' ? ofProduction : {}),
        },
      ]),
    ),
  });

  async function putPassword(name: (typeof workspaces)[number], password: string): Promise<void> {
    const SecretString = JSON.stringify({ PREFECT_API_AUTH_STRING: `exporter:${password}` });
    const SecretId = resources[secretIds[name]];
    await aws.json('secretsmanager', 'secretsmanager.PutSecretValue', { SecretId, SecretString });
  }

  const tickOf = async (workspace: string): Promise<number | undefined> => {
    const promql = `prefect_exporter_tick_timestamp_seconds{workspace="${workspace}"}`;
    return (await prometheus.queryInstant(promql, clock.now()))[0]?.value;
  };

  /** An event for the beginning of a short interval that no tick was for, the schedules' neither. */
  async function freshEvent(): Promise<{ readonly scheduledTime: string }> {
    const instantMs = () => Math.floor(clock.now() / shortIntervalMs) * shortIntervalMs;
    const newestMs = 1_000 * Math.max(...(await Promise.all(workspaces.map(tickOf))).map((one) => one ?? 0));
    // The next one that begins: one that is nearly over would be late by the time a container has started.
    const beforeMs = Math.max(newestMs, instantMs());
    await expect.poll(instantMs, { timeout: 30_000, interval: 100 }).toBeGreaterThan(beforeMs);
    return { scheduledTime: new Date(instantMs()).toISOString() };
  }

  /** What the function says of one workspace's tick. */
  const linesOf = async (name: string, { scheduledTime }: { readonly scheduledTime: string }) =>
    (await lambda.lines()).filter(
      ({ workspace, instant }) => workspace === name && instant === scheduledTime,
    );

  it('has a schedule for each, whose event names it', { timeout: 100_000 }, async () => {
    const all = () => Promise.all(workspaces.map(tickOf));
    await expect.poll(all, { timeout: 95_000, interval: 500 }).not.toContain(undefined);
  });

  it('shows each Prefect the credentials of its own secret only', () => {
    for (const name of workspaces) expect(shown(guards[name].requests)).toEqual([authorization(name)]);
  });

  it('keeps a ledger for each', async () => {
    for (const name of workspaces) {
      const path = `/${resources.LedgerBucket}/${name}/ledger.json.gz`;
      await expect(aws.accepted({ service: 's3', method: 'GET', path })).resolves.not.toBe('');
    }
  });

  it('fails for one alone, and says which', { timeout: 60_000 }, async () => {
    await putPassword('staging', 'wrong');
    // New containers, which read the secrets again, and an instant that no tick was for yet.
    await lambda.setVariables({ INTERVAL_SECONDS: String(shortIntervalMs / 1_000) });
    const event = await freshEvent();
    const [production] = await Promise.all(
      workspaces.map((workspace) => lambda.invoke({ ...event, workspace })),
    );
    expect(production).toMatchObject({ value: { outcome: 'pushed' } });
    await expect
      .poll(() => linesOf('staging', event), logged)
      .toContainEqual(
        expect.objectContaining({
          problems: expect.arrayContaining([expect.objectContaining({ slug: 'prefect-auth-kind' })]),
        }),
      );
  });

  it('refuses an event that names none of them', { timeout: 60_000 }, async () => {
    const { error } = await lambda.invoke({ scheduledTime: new Date(clock.now()).toISOString() });
    expect(error).toContain('workspace-unknown');
  });

  it('asked for what is listed as recorded, and it is allowed by what was packaged', async () => {
    const { made, listed, denied } = await comparedCalls(deployedStage, local, resources);
    expect(denied).toEqual([]);
    expect(made).toEqual(listed);
  });

  it('lets go of a secret that the stage names as its own, and loses neither it nor the ledger', {
    timeout: 60_000,
  }, async () => {
    const arn = resources.SecretProduction;
    const secretValue = async () =>
      (await aws.json('secretsmanager', 'secretsmanager.GetSecretValue', { SecretId: arn })).SecretString;
    const value = await secretValue();
    await service.change(parameters({ secret: { arn } }));
    const after = await service.deploy(local, aws);
    expect(Object.keys(after)).not.toContain('SecretProduction');
    expect(after).toMatchObject({
      LedgerBucket: resources.LedgerBucket,
      SecretStaging: resources.SecretStaging,
    });
    expect(await secretValue()).toBe(value);
    await lambda.setVariables({ INTERVAL_SECONDS: String(shortIntervalMs / 1_000) });
    const event = await freshEvent();
    expect(await lambda.invoke({ ...event, workspace: 'production' })).toMatchObject({
      value: { outcome: 'pushed' },
    });
    await expect
      .poll(() => linesOf('production', event), logged)
      .toContainEqual(
        expect.objectContaining({ outcome: 'pushed', ledger: expect.objectContaining({ created: false }) }),
      );
  });
});
