import { describe, expect, onTestFinished, test } from 'vitest';
import {
  addDeployment,
  addFlow,
  addRun,
  addWorkPool,
  addWorkQueue,
  moveRun,
} from '../../doubles/prefect/additions.ts';
import type { PrefectRequest } from '../../doubles/prefect/api.ts';
import {
  createWorkspace,
  removeDeployment,
  removeWorkQueue,
  type Workspace,
} from '../../doubles/prefect/workspace.ts';
import type { FakeClock } from '../support/clock.ts';
import {
  type Arrived,
  arrivedAt,
  collectorSuccess,
  everything,
  startPrefect,
  startTestReceiver,
  tickOnce,
} from './scene.ts';

const second = 1_000_000;

interface Change {
  readonly workspace: Workspace;
  readonly path: string;
  /** Of the requests with this path and body, from 1. */
  readonly nth: number;
  readonly request: PrefectRequest;
}

/** One tick, pages of four, while `change` is called before each answer. */
async function tickWhile(
  makeWorkspace: (clock: FakeClock) => Workspace,
  change: (change: Change) => void,
): Promise<Arrived> {
  const counts = new Map<string, number>();
  const prefect = await startPrefect(makeWorkspace, {
    pageLimit: 4,
    beforeAnswer: (request) => {
      const nth = (counts.get(request.path) ?? 0) + 1;
      counts.set(request.path, nth);
      change({ workspace: prefect.workspace, path: request.path, nth, request });
    },
  });
  onTestFinished(() => prefect.stop());
  const receiver = await startTestReceiver();
  const { startMs } = await tickOnce({
    ...everything,
    PAGINATION_LIMIT: '4',
    PREFECT_API_URL: prefect.apiUrl,
    REMOTE_WRITE_URL: receiver.writeUrl.href,
  });
  return arrivedAt(receiver, startMs);
}

const labelled = (arrived: Arrived, name: string) =>
  [...(arrived.get(name) ?? [])].map(([labels, value]) => ({ labels: JSON.parse(labels), value }));

const total = (arrived: Arrived, name: string): number =>
  labelled(arrived, name).reduce((sum, { value }) => sum + value, 0);

/** Ten deployments of one flow, each made a second after the one before. */
function tenDeployments(clock: FakeClock): Workspace {
  const workspace = createWorkspace({ clock });
  const flow = addFlow(workspace, { name: 'etl' });
  for (let number = 0; number < 10; number += 1) {
    const createdUs = workspace.nowUs() - (100 - number) * second;
    addDeployment(workspace, { name: `deployment-${number}`, flow, createdUs });
  }
  return workspace;
}

const deploymentNames = (workspace: Workspace) =>
  [...workspace.deployments.values()].map(({ name }) => name).sort();

const namesSaid = (arrived: Arrived) =>
  labelled(arrived, 'prefect_deployment_info')
    .map(({ labels }) => labels.deployment)
    .sort();

function removeNamed(workspace: Workspace, name: string): void {
  const found = [...workspace.deployments.values()].find((deployment) => deployment.name === name);
  if (found !== undefined) removeDeployment(workspace, found);
}

function insert(workspace: Workspace, name: string): void {
  const [flow] = workspace.flows.values();
  if (flow !== undefined) addDeployment(workspace, { name, flow });
}

describe('deployments that change between two pages', () => {
  const changes: Readonly<Record<string, (workspace: Workspace) => void>> = {
    // Newest first: 9 and 8 are on the first page, 1 and 0 on the last.
    'one that was read is deleted': (workspace) => removeNamed(workspace, 'deployment-9'),
    'the last of the page is deleted': (workspace) => removeNamed(workspace, 'deployment-6'),
    'one that was not read is deleted': (workspace) => removeNamed(workspace, 'deployment-1'),
    'a new one comes first': (workspace) => insert(workspace, 'new'),
  };

  test.each(Object.entries(changes))('%s: exactly what is there', async (_, change) => {
    let after: string[] = [];
    const arrived = await tickWhile(tenDeployments, ({ workspace, path, nth }) => {
      if (path !== '/deployments/filter' || nth !== 2) return;
      change(workspace);
      after = deploymentNames(workspace);
    });
    expect(after).not.toEqual([]);
    expect(namesSaid(arrived)).toEqual(after);
    expect(total(arrived, 'prefect_deployments')).toBe(after.length);
    expect(collectorSuccess(arrived).deployments).toBe(1);
  });

  test('one that was read is deleted and a new one comes: what was there at the start', async () => {
    let before: string[] = [];
    const arrived = await tickWhile(tenDeployments, ({ workspace, path, nth }) => {
      if (path !== '/deployments/filter' || nth !== 2) return;
      before = deploymentNames(workspace);
      removeNamed(workspace, 'deployment-8');
      insert(workspace, 'new');
    });
    expect(namesSaid(arrived)).toEqual(before);
    expect(total(arrived, 'prefect_deployments')).toBe(10);
  });

  test('before every page: no number of them, and all others', async () => {
    const arrived = await tickWhile(tenDeployments, ({ workspace, path, nth }) => {
      if (path === '/deployments/filter') insert(workspace, `new-${nth}`);
    });
    const failed = Object.entries(collectorSuccess(arrived))
      .filter(([, success]) => success === 0)
      .map(([name]) => name);
    expect(failed.sort()).toEqual([
      'deployment_limits',
      'deployment_objectives',
      'deployment_versions',
      'deployments',
      'finished_runs',
      'last_runs',
      'next_runs',
      'open_runs',
      'start_delays',
    ]);
    expect([...arrived.keys()].filter((name) => name.startsWith('prefect_deployment'))).toEqual([]);
    expect(total(arrived, 'prefect_flows')).toBe(1);
  });
});

const dueCount = 14;
const activeCount = 9;

/** Runs without deployment: due ones and active ones, each at a time of its own. */
function openRunsOnly(clock: FakeClock): Workspace {
  const workspace = createWorkspace({ clock });
  const flow = addFlow(workspace, { name: 'etl' });
  const nowUs = workspace.nowUs();
  for (let number = 0; number < dueCount; number += 1) {
    const scheduledUs = nowUs - (number + 10) * second;
    addRun(workspace, { flow, createdUs: nowUs - 3600 * second, state: { type: 'SCHEDULED', scheduledUs } });
  }
  for (let number = 0; number < activeCount; number += 1) {
    const createdUs = nowUs - (number + 100) * second;
    moveRun(workspace, addRun(workspace, { flow, createdUs }), {
      type: 'RUNNING',
      timestampUs: createdUs + 1,
    });
  }
  return workspace;
}

const inState = (workspace: Workspace, type: string) =>
  [...workspace.runs.values()].filter(({ state }) => state.type === type);

describe('runs that move between two pages', () => {
  test.each(['first', 'last'] as const)(
    'the %s due run starts before each page: every run is counted once',
    async (which) => {
      let started = 0;
      const arrived = await tickWhile(openRunsOnly, ({ workspace, path }) => {
        const run = inState(workspace, 'SCHEDULED').at(which === 'first' ? 0 : -1);
        if (path !== '/flow_runs/filter' || run === undefined) return;
        started += 1;
        moveRun(workspace, run, { type: 'PENDING' }, { type: 'RUNNING' });
      });
      expect(started).toBeGreaterThan(5);
      expect(total(arrived, 'prefect_flow_runs_open')).toBe(dueCount + activeCount);
      expect(collectorSuccess(arrived).open_runs).toBe(1);
    },
  );

  test('a run starts again behind the back of both lists: it is counted once', async () => {
    // Last of the due runs by its next attempt, first of the active ones by its first.
    const withRetry = (clock: FakeClock) => {
      const workspace = openRunsOnly(clock);
      const [flow] = workspace.flows.values();
      const nowUs = workspace.nowUs();
      if (flow === undefined) return workspace;
      const createdUs = nowUs - 3600 * second;
      const run = addRun(workspace, { flow, name: 'again', createdUs, state: { type: 'RUNNING' } });
      moveRun(workspace, run, { type: 'SCHEDULED', name: 'AwaitingRetry', scheduledUs: nowUs - second });
      return workspace;
    };
    let activePages = 0;
    const arrived = await tickWhile(withRetry, ({ workspace, path, request }) => {
      if (path !== '/flow_runs/filter' || !JSON.stringify(request.body).includes('RUNNING')) return;
      activePages += 1;
      const run = [...workspace.runs.values()].find(({ name }) => name === 'again');
      if (activePages === 2 && run !== undefined) moveRun(workspace, run, { type: 'RUNNING' });
    });
    expect(activePages).toBeGreaterThan(1);
    expect(total(arrived, 'prefect_flow_runs_open')).toBe(dueCount + activeCount + 1);
  });

  test('an active run ends before each page: those that go on are counted once', async () => {
    let ended = 0;
    const arrived = await tickWhile(openRunsOnly, ({ workspace, path }) => {
      const [run] = inState(workspace, 'RUNNING');
      if (path !== '/flow_runs/filter' || run === undefined || ended === 5) return;
      ended += 1;
      moveRun(workspace, run, { type: 'COMPLETED' });
    });
    expect(ended).toBe(5);
    const open = total(arrived, 'prefect_flow_runs_open');
    expect(open).toBeGreaterThanOrEqual(dueCount + activeCount - ended);
    expect(open).toBeLessThanOrEqual(dueCount + activeCount);
    expect(collectorSuccess(arrived).open_runs).toBe(1);
  });

  test('new runs come before each page: those that were there are counted once', async () => {
    let came = 0;
    const arrived = await tickWhile(openRunsOnly, ({ workspace, path }) => {
      const [flow] = workspace.flows.values();
      if (path !== '/flow_runs/filter' || flow === undefined) return;
      came += 1;
      moveRun(workspace, addRun(workspace, { flow }), { type: 'RUNNING' });
    });
    expect(came).toBeGreaterThan(5);
    const open = total(arrived, 'prefect_flow_runs_open');
    expect(open).toBeGreaterThanOrEqual(dueCount + activeCount);
    expect(open).toBeLessThanOrEqual(dueCount + activeCount + came);
  });
});

/** Three pools with three queues each; the names of queues are in the pools' order. */
function nineQueues(clock: FakeClock): Workspace {
  const workspace = createWorkspace({ clock });
  for (const name of ['a', 'b', 'c']) {
    const pool = addWorkPool(workspace, { name });
    for (const suffix of ['high', 'low']) {
      addWorkQueue(workspace, { name: `${name}-${suffix}`, workPoolId: pool.id });
    }
  }
  return workspace;
}

const queueNames = (workspace: Workspace) =>
  [...workspace.workQueues.values()]
    .map(({ name, workPoolId }) => `${workspace.workPools.get(workPoolId)?.name}/${name}`)
    .sort();

const queuesSaid = (arrived: Arrived) =>
  labelled(arrived, 'prefect_work_queue_paused')
    .map(({ labels }) => `${labels.work_pool}/${labels.work_queue}`)
    .sort();

describe('queues that change between two pages', () => {
  test.each(['a-low', 'b-low', 'c-low'])('%s is deleted: exactly what is there', async (name) => {
    let after: string[] = [];
    const arrived = await tickWhile(nineQueues, ({ workspace, path, nth }) => {
      if (path !== '/work_queues/filter' || nth !== 2) return;
      const queue = [...workspace.workQueues.values()].find((one) => one.name === name);
      if (queue !== undefined) removeWorkQueue(workspace, queue);
      after = queueNames(workspace);
    });
    expect(after).toHaveLength(8);
    expect(queuesSaid(arrived)).toEqual(after);
  });

  test('before each page: pool by pool, and still exactly what is there', async () => {
    let after: string[] = [];
    const arrived = await tickWhile(nineQueues, ({ workspace, path, nth }) => {
      const [pool] = workspace.workPools.values();
      if (path !== '/work_queues/filter' || pool === undefined || nth > 12) return;
      addWorkQueue(workspace, { name: `0-${String(99 - nth)}`, workPoolId: pool.id });
      after = queueNames(workspace);
    });
    expect(after.length).toBeGreaterThan(12);
    expect(queuesSaid(arrived)).toEqual(after);
    expect(collectorSuccess(arrived).work_queues).toBe(1);
  });

  test('a pool that is deleted before its workers are asked for is left out', async () => {
    const arrived = await tickWhile(nineQueues, ({ workspace, path }) => {
      if (!path.endsWith('/workers/filter')) return;
      const gone = [...workspace.workPools.values()].find(({ name }) => name === 'b');
      if (gone !== undefined) workspace.workPools.delete(gone.id);
    });
    expect(collectorSuccess(arrived).workers).toBe(1);
    const pools = labelled(arrived, 'prefect_work_pool_workers_online').map(({ labels }) => labels.work_pool);
    expect(pools.sort()).toEqual(['a', 'c']);
  });
});
