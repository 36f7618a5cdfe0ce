import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { PrefectDouble } from '../../doubles/prefect/api.ts';
import { removeDeployment } from '../../doubles/prefect/workspace.ts';
import { type Pushgateway, startPushgateway } from '../../doubles/pushgateway/pushgateway.ts';
import { deadlineIn } from '../../lib/deadline.ts';
import { createFakeClock } from '../support/clock.ts';
import {
  budgetMs,
  type Environment,
  exporterFor,
  inject,
  smallWorkspace,
  startPrefect,
  tickErrorOf,
  tickOnce,
} from './scene.ts';
import { createTickClock } from './tick-clock.ts';

let prefect: PrefectDouble;
let gateway: Pushgateway;

beforeEach(async () => {
  prefect = await startPrefect(smallWorkspace);
  gateway = await startPushgateway({ clock: createFakeClock() });
  onTestFinished(async () => {
    await prefect.stop();
    await gateway.stop();
  });
});

const environment = (): Environment => ({
  PREFECT_API_URL: prefect.apiUrl,
  WORKSPACE: 'my workspace/1',
  PUSHGATEWAY_URL: gateway.url.href,
});

const families = () => gateway.groups().flatMap((group) => group.families);

const deployments = () =>
  families()
    .find(({ name }) => name === 'prefect_deployment_info')
    ?.samples.map(({ labels }) => `${labels.flow}/${labels.deployment}`);

describe('a tick to a Pushgateway', () => {
  test('puts nothing in the last five seconds of its interval: the next tick may have put its own by then', async () => {
    const tickSecondsLate = async (seconds: number) => {
      const clock = createTickClock();
      const instantMs = clock.now();
      clock.setNow(instantMs + seconds * 1_000);
      const exporter = exporterFor(environment(), clock);
      return clock.settle(exporter.tick(instantMs, deadlineIn(budgetMs, clock)));
    };
    expect(await tickSecondsLate(54)).toMatchObject({ outcome: 'pushed' });
    expect(gateway.requests).toHaveLength(1);
    const error = await tickErrorOf(tickSecondsLate(56));
    expect(error.report).toMatchObject({ outcome: 'failed', push: { requests: 0 } });
    expect(gateway.requests).toHaveLength(1);
  });

  test('puts the complete set into one group, with the workspace in its key', async () => {
    const { report } = await tickOnce({ ...environment(), PUSHGATEWAY_GROUPING: '{"cluster":"eu"}' });
    expect(report).toMatchObject({ outcome: 'pushed', push: { requests: 1, samplesSent: report.series } });
    expect(gateway.groups().map(({ key }) => key)).toEqual([
      { job: 'prefect-exporter', cluster: 'eu', workspace: 'my workspace/1' },
    ]);
    expect(gateway.requests.map(({ method }) => method)).toEqual(['PUT']);
    const samples = families().flatMap((family) => family.samples);
    expect(samples).toHaveLength(report.series);
    expect(new Set(samples.map(({ labels }) => labels.workspace))).toEqual(new Set(['my workspace/1']));
    const types = families().map(({ name, type }) => [name, type]);
    expect(types).toEqual(
      types.map(([name]) => [name, name?.endsWith('_total') === true ? 'counter' : 'gauge']),
    );
    expect(families().every(({ help }) => help !== '')).toBe(true);
  });

  test('a deployment that is gone from Prefect is gone from the group', async () => {
    const clock = createTickClock();
    const exporter = exporterFor(environment(), clock);
    const tick = () => clock.settle(exporter.tick(clock.now(), deadlineIn(budgetMs, clock)));
    await tick();
    expect(deployments()).toContain('ml/hourly');
    const gone = [...prefect.workspace.deployments.values()].at(-1);
    if (gone !== undefined) removeDeployment(prefect.workspace, gone);
    clock.setNow(clock.now() + 60_000);
    await tick();
    expect(deployments()).toHaveLength(3);
    expect(deployments()).not.toContain('ml/hourly');
    expect(gateway.requests.map(({ path }) => path)).toEqual(
      Array(2).fill(gateway.requests[0]?.path ?? 'none'),
    );
  });

  test('families that could not be read are gone, too, and what stays says so', async () => {
    await tickOnce(environment());
    prefect.fail('/deployments/filter', { kind: 'status', status: 403 });
    const { report } = await tickOnce(environment());
    expect(report.outcome).toBe('partial');
    expect(deployments()).toBeUndefined();
    const success = families().find(({ name }) => name === 'prefect_exporter_collector_success');
    expect(success?.samples.find(({ labels }) => labels.collector === 'deployments')?.value).toBe(0);
  });

  test('500, then 200: the same bytes again', async () => {
    gateway.faults.next(1, { kind: 'status', status: 500 });
    const { report } = await tickOnce(environment());
    expect(report).toMatchObject({ outcome: 'pushed', push: { requests: 2 } });
    const [first, second] = gateway.requests;
    expect(second?.body.equals(first?.body ?? Buffer.of())).toBe(true);
  });

  test('what it finds inconsistent is refused as a whole, once', async () => {
    const body = 'pushed metrics are invalid or inconsistent with existing metrics: something';
    gateway.faults.when(() => ({ kind: 'status', status: 400, body }));
    const { report } = await tickOnce(environment());
    expect(report.outcome).toBe('partial');
    expect(report.push).toMatchObject({ requests: 1, samplesDropped: { invalid: report.series } });
    expect(report.problems.map(({ slug }) => slug)).toEqual(['receiver-refused-data']);
  });

  test('a wrong address fails the tick, and so does one that never answers', async () => {
    const wrong = { ...environment(), PUSHGATEWAY_URL: `${gateway.url.href}somewhere` };
    const error = await tickErrorOf(tickOnce(wrong));
    expect(error.report.problems.map(({ slug }) => slug)).toEqual(['receiver-url-without-path']);
    const plan = inject(gateway, () => ({ kind: 'hang' }));
    const clock = createTickClock();
    const startMs = clock.now();
    await tickErrorOf(tickOnce(environment(), { hung: plan.hung, clock }));
    expect(clock.now() - startMs).toBeLessThanOrEqual(budgetMs);
    expect(gateway.groups()).toEqual([]);
  });
});
