import { expect, test } from 'vitest';
import { parseTimestamp } from '../../doubles/prefect/timestamps.ts';
import { listOf, names, type SceneOf, sceneQuestions } from './prefect-scene.ts';

/** Aggregated history. */
export function historyCases(sceneOf: SceneOf): void {
  const { rows, soon } = sceneQuestions(sceneOf);

  test('history: buckets of expected starts by state now; the last one runs past the end', async () => {
    const window = { history_start: soon(-900), history_end: soon(7000), history_interval_seconds: 600 };
    const buckets = await rows('/flow_runs/history', { ...window, history_interval: 600 });
    expect(buckets.length).toBe(14);
    expect(parseTimestamp(String(buckets.at(-1)?.interval_end))).toBe(
      (sceneOf().workload.nowMs + 7_500_000) * 1000,
    );
    const counted = buckets.flatMap((bucket) => listOf(bucket.states)).map((row) => Number(row.count_runs));
    expect(counted.reduce((sum, count) => sum + count, 0)).toBe(sceneOf().workload.runs.size);
    const names = (index: number) => listOf(buckets[index]?.states).map((row) => row.state_name);
    expect(names(0)).toContain('AwaitingRetry');
    expect(names(0)).not.toContain('Late');
    expect(names(1)).toContain('Late');
  });

  test('history: at most 500 buckets, the oldest', async () => {
    const window = { history_start: soon(0), history_end: soon(3000), history_interval_seconds: 1 };
    const buckets = await rows('/flow_runs/history', window);
    expect(buckets.length).toBe(500);
    expect(parseTimestamp(String(buckets[0]?.interval_start))).toBe(sceneOf().workload.nowMs * 1000);
  });
}

/** Deployments, pools, queues, workers and limits. */
export function objectCases(sceneOf: SceneOf, major: 2 | 3): void {
  const { rows } = sceneQuestions(sceneOf);

  test('deployments of one name belong to different flows', async () => {
    const found = await rows('/deployments/filter', { deployments: { name: { any_: ['nightly'] } } });
    const { etl, ml } = sceneOf().workload.flows;
    expect(new Set(found.map((row) => row.flow_id))).toEqual(new Set([etl, ml]));
    const nightly = found.find((row) => row.flow_id === etl);
    expect([nightly?.version, nightly?.entrypoint, nightly?.paused, nightly?.status]).toEqual([
      '1.2',
      'flows/etl.py:etl',
      false,
      'NOT_READY',
    ]);
    expect(listOf(nightly?.schedules).map((row) => row.active)).toEqual([true]);
  });

  test.skipIf(major === 2)(
    'a deployment with a limit carries it, and it is in the list of limits',
    async () => {
      const limits = await rows('/v2/concurrency_limits/filter', {});
      const name = `deployment:${sceneOf().workload.deployments['etl/nightly']}`;
      expect(limits.map((row) => [row.name, row.limit, row.active_slots])).toEqual([
        ['db', 3, 1],
        [name, 1, 0],
        ['tag:heavy', 2, 0],
      ]);
      const id = sceneOf().workload.deployments['etl/nightly'];
      const [row] = await rows('/deployments/filter', { deployments: { id: { any_: [id] } } });
      expect(row?.global_concurrency_limit).toEqual(limits[1]);
    },
  );

  test('pools and queues: order, priorities, pauses, and slots only where there is a limit', async () => {
    const pools = await rows('/work_pools/filter', {});
    expect(pools.map((row) => [row.name, row.type, row.is_paused, row.status])).toEqual([
      ['agents', 'prefect-agent', false, null],
      ['k8s', 'kubernetes', false, 'READY'],
      ['local', 'process', false, 'NOT_READY'],
      ['push', 'ecs:push', true, 'PAUSED'],
    ]);
    const queues = await rows('/work_pools/k8s/queues/filter', {});
    expect(queues.map((row) => [row.name, row.priority, row.concurrency_limit])).toEqual([
      ['high', 1, 2],
      ['default', 2, null],
      ['low', 3, null],
    ]);
    // Prefect 2 does not count slots in lists.
    expect(pools.map((row) => row.active_slots)).toEqual(
      major === 2 ? Array(4).fill(undefined) : [null, 1, null, null],
    );
    expect(names(await rows('/work_queues/filter', {})).sort()).toEqual([
      ...Array(4).fill('default'),
      'high',
      'high',
      'low',
    ]);
  });

  test('workers: newest heartbeat first', async () => {
    const workers = await rows('/work_pools/k8s/workers/filter', {});
    expect(workers.map((row) => [row.name, row.status, row.heartbeat_interval_seconds])).toEqual([
      ['worker-2', 'ONLINE', null],
      ['worker-1', 'ONLINE', 30],
    ]);
    const other = await sceneOf().api.send('POST', '/work_pools/none/workers/filter', {});
    expect([other.status, other.json]).toEqual([404, { detail: 'Work pool "none" not found.' }]);
  });
}
