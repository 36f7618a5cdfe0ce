import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { Fault } from '../../doubles/faults.ts';
import type { PrefectDouble } from '../../doubles/prefect/api.ts';
import type { Receiver } from '../../doubles/receiver/receiver.ts';
import { deadlineIn } from '../../lib/deadline.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import {
  arrivedAt,
  budgetMs,
  type Environment,
  exporterFor,
  inject,
  smallWorkspace,
  startPrefect,
  startTestReceiver,
  tickErrorOf,
  tickOnce,
} from './scene.ts';
import { createTickClock } from './tick-clock.ts';

const cloud = {
  apiKey: 'pnu_key',
  accountId: '11111111-1111-4111-8111-111111111111',
  workspaceId: '22222222-2222-4222-8222-222222222222',
  workspaceHandle: 'production',
};

let prefect: PrefectDouble;
let receiver: Receiver;

beforeEach(async () => {
  prefect = await startPrefect(smallWorkspace, { cloud });
  onTestFinished(() => prefect.stop());
  receiver = await startTestReceiver();
});

const environment = (): Environment => ({
  PREFECT_API_URL: prefect.apiUrl,
  PREFECT_API_KEY: cloud.apiKey,
  REMOTE_WRITE_URL: receiver.writeUrl.href,
});

const workspaces = () => new Set(receiver.series().map(({ labels }) => labels.workspace));

const failNaming = (fault: Fault) =>
  inject(prefect.server, ({ path }) => (path === '/api/me/workspaces' ? fault : undefined));

const faults: Readonly<Record<string, Fault>> = {
  '401': { kind: 'status', status: 401 },
  '403': { kind: 'status', status: 403 },
  '500': { kind: 'status', status: 500 },
  'a web page': { kind: 'html' },
  'no workspace': { kind: 'status', status: 200, body: '[]' },
  'no answer': { kind: 'hang' },
  'a reset': { kind: 'reset-mid-body' },
};

describe('the name of a Cloud workspace', () => {
  test('is its handle, on every series', async () => {
    const { report } = await tickOnce(environment());
    expect(report.outcome).toBe('pushed');
    expect(workspaces()).toEqual(new Set(['production']));
  });

  test.each(Object.entries(faults))(
    'when it is asked for and %s comes: nothing is pushed, for the series would be others',
    async (_, fault) => {
      const plan = failNaming(fault);
      const clock = createTickClock();
      const startMs = clock.now();
      const error = await tickErrorOf(tickOnce(environment(), { clock, hung: plan.hung }));
      expect(error.report).toMatchObject({ outcome: 'failed', push: { requests: 0 } });
      expect(error.report.problems).toHaveLength(1);
      expect(receiver.requests).toEqual([]);
      expect(clock.now() - startMs).toBeLessThan(budgetMs);
    },
  );

  test('is known once it was read: later ticks do without', async () => {
    const clock = createTickClock();
    const exporter = exporterFor(environment(), clock);
    const tick = () => clock.settle(exporter.tick(clock.now(), deadlineIn(budgetMs, clock)));
    await tick();
    failNaming({ kind: 'status', status: 500 });
    clock.setNow(clock.now() + 60_000);
    expect(await tick()).toMatchObject({ outcome: 'pushed', workspace: 'production' });
    expect(arrivedAt(receiver, clock.now()).size).toBeGreaterThan(10);
  });

  test('is known from the ledger where it cannot be read: another process goes on', async () => {
    const clock = createTickClock();
    const store = createMemoryStore({ clock });
    const tick = () =>
      clock.settle(
        exporterFor(environment(), clock, { store }).tick(clock.now(), deadlineIn(budgetMs, clock)),
      );
    await tick();
    failNaming({ kind: 'status', status: 401 });
    clock.setNow(clock.now() + 60_000);
    expect(await tick()).toMatchObject({ workspace: 'production', ledger: { waitingTicks: 0 } });
    expect(workspaces()).toEqual(new Set(['production']));
    expect(arrivedAt(receiver, clock.now()).size).toBeGreaterThan(10);
  });

  test('is WORKSPACE where that is set: nobody is asked, and a refused key is told by prefect_up 0', async () => {
    const { report, startMs } = await tickOnce({
      ...environment(),
      WORKSPACE: 'mine',
      PREFECT_API_KEY: 'pnu_another',
    });
    expect(workspaces()).toEqual(new Set(['mine']));
    expect([...(arrivedAt(receiver, startMs).get('prefect_up')?.values() ?? [])]).toEqual([0]);
    expect(report.problems.map(({ slug }) => slug)).toEqual(['prefect-key-refused']);
    expect(prefect.requests().some(({ path }) => path.endsWith('/me/workspaces'))).toBe(false);
  });
});
