import { describe, expect, it } from 'vitest';
import type { Collector } from '../../lib/collectors/collector.ts';
import { concurrencyLimits } from '../../lib/collectors/concurrency-limits.ts';
import { flows } from '../../lib/collectors/flows.ts';
import { workPoolSlots } from '../../lib/collectors/work-pool-slots.ts';
import { workPools } from '../../lib/collectors/work-pools.ts';
import { workQueueHealth } from '../../lib/collectors/work-queue-health.ts';
import { workQueueLateRuns } from '../../lib/collectors/work-queue-late-runs.ts';
import { workQueueSlots } from '../../lib/collectors/work-queue-slots.ts';
import { workQueues } from '../../lib/collectors/work-queues.ts';
import { workers } from '../../lib/collectors/workers.ts';
import { history } from '../../lib/compat/history.ts';
import type { SeriesConfig } from '../../lib/config/config.ts';
import type { FlowRun } from '../../lib/prefect/model.ts';
import type { Resources } from '../../lib/prefect/resources.ts';
import {
  aContext,
  aLimit,
  aPool,
  aQueue,
  aRun,
  aWorker,
  aWorkspace,
  noResources,
} from '../support/fixtures.ts';

/** Family name to its values by the first label of the family (or `""`). */
function valuesOf(collector: Collector, resources: Partial<Resources>, config: Partial<SeriesConfig> = {}) {
  const families = collector.collect({ ...noResources, ...resources }, aContext(config));
  return Object.fromEntries(
    families.map(({ descriptor, samples }) => {
      const label = descriptor.labels.at(-1) ?? '';
      return [
        descriptor.name,
        Object.fromEntries(samples.map((one) => [one.labels[label] ?? '', one.value])),
      ];
    }),
  );
}

const onlyK8s = { workPools: { include: /^k8s$/, exclude: undefined } };
const exceptEtl = { flows: { include: undefined, exclude: /etl/ } };

const runIn = (state_type: string, fields: Partial<FlowRun> = {}): FlowRun =>
  aRun({ state_type, work_pool_name: 'k8s', work_queue_id: 'queue-default', ...fields });

describe('slots', () => {
  const activeRuns = ['PENDING', 'RUNNING', 'PAUSED', 'CANCELLING'].map((state) => runIn(state));

  it('are taken by the pending and the running, in pools without a limit too', () => {
    const pools = [aPool('k8s'), aPool('idle')];
    expect(valuesOf(workPoolSlots, { activeRuns, workPools: pools })).toEqual({
      prefect_work_pool_slots_used: { k8s: 2, idle: 0 },
    });
    const queues = [aQueue('k8s', 'default'), aQueue('k8s', 'other')];
    expect(valuesOf(workQueueSlots, { activeRuns, workQueues: queues })).toEqual({
      prefect_work_queue_slots_used: { default: 2, other: 0 },
    });
  });

  it('are counted for all flows, whatever FLOWS_EXCLUDE says', () => {
    const resources = { activeRuns, workPools: [aPool()], workQueues: [aQueue()] };
    expect(valuesOf(workPoolSlots, resources, exceptEtl)).toEqual({
      prefect_work_pool_slots_used: { k8s: 2 },
    });
    expect(valuesOf(workQueueSlots, resources, exceptEtl)).toEqual({
      prefect_work_queue_slots_used: { default: 2 },
    });
  });

  it('queues of one name in two pools are told apart', () => {
    const queues = [aQueue('a', 'default', { id: 'q1' }), aQueue('b', 'default', { id: 'q2' })];
    const runs = [runIn('RUNNING', { work_queue_id: 'q2' })];
    const [family] = workQueueSlots.collect({ workQueues: queues, activeRuns: runs }, aContext());
    expect(family?.samples.map(({ labels, value }) => [labels.work_pool, value])).toEqual([
      ['a', 0],
      ['b', 1],
    ]);
  });
});

describe('late runs', () => {
  const dueRuns = [
    runIn('SCHEDULED', { state_name: 'Late' }),
    runIn('SCHEDULED', { state_name: 'AwaitingRetry' }),
    runIn('SCHEDULED', { state_name: 'Late', work_queue_id: null }),
  ];

  it('are those with the state Late, by queue, zero where there are none', () => {
    const workQueues = [aQueue(), aQueue('k8s', 'calm')];
    expect(valuesOf(workQueueLateRuns, { workQueues, dueRuns })).toEqual({
      prefect_work_queue_late_runs: { default: 1, calm: 0 },
    });
  });
});

describe('queue health', () => {
  const healthy = (fields: Parameters<typeof aQueue>[2], dueRuns: readonly FlowRun[] = []) =>
    valuesOf(workQueueHealth, { workQueues: [aQueue('k8s', 'default', fields)], dueRuns })
      .prefect_work_queue_healthy?.default;

  it.each([
    ['2026-11-20T11:59:00.000000Z', 1],
    ['2026-11-20T11:58:59.999000Z', 0],
    ['2026-11-20T12:00:30.000000Z', 1],
    [null, 0],
  ])('last polled at %s: %d', (last_polled, expected) => {
    expect(healthy({ last_polled })).toBe(expected);
  });

  it('ends with the first late run', () => {
    expect(healthy({}, [runIn('SCHEDULED', { state_name: 'Late' })])).toBe(0);
    expect(healthy({}, [runIn('SCHEDULED', { state_name: 'Late', work_queue_id: 'another' })])).toBe(1);
  });
});

describe('pools, queues and workers', () => {
  it('that are not selected are in no family and not in the counts', () => {
    expect(valuesOf(workPools, aWorkspace, onlyK8s).prefect_work_pools).toEqual({ '': 1 });
    expect(valuesOf(workQueues, aWorkspace, onlyK8s).prefect_work_queues).toEqual({ '': 2 });
    expect(
      Object.keys(valuesOf(workQueueSlots, aWorkspace, onlyK8s).prefect_work_queue_slots_used ?? {}),
    ).toEqual(['default', 'high']);
    expect(valuesOf(workPoolSlots, aWorkspace, onlyK8s).prefect_work_pool_slots_used).toEqual({ k8s: 4 });
    expect(valuesOf(workers, aWorkspace, onlyK8s).prefect_work_pool_workers_online).toEqual({ k8s: 1 });
    expect(valuesOf(flows, aWorkspace, exceptEtl).prefect_flows).toEqual({ '': 2 });
  });

  it('what Prefect does not say is absent, a limit of 0 is not', () => {
    const values = valuesOf(workPools, { workPools: [aPool('a', { status: null, concurrency_limit: 0 })] });
    expect(values.prefect_work_pool_ready).toEqual({});
    expect(values.prefect_work_pool_concurrency_limit).toEqual({ a: 0 });
  });

  it('a pool without workers has none online and no heartbeat; of several the newest counts', () => {
    const values = valuesOf(workers, {
      workers: [
        { work_pool: 'idle', workers: [] },
        { work_pool: 'never', workers: [aWorker('a', { last_heartbeat_time: null, status: 'OFFLINE' })] },
        {
          work_pool: 'k8s',
          workers: [
            aWorker('a', { last_heartbeat_time: '2026-11-20T11:00:00Z' }),
            aWorker('b', { last_heartbeat_time: '2026-11-20T13:30:00+02:00' }),
          ],
        },
      ],
    });
    expect(values.prefect_work_pool_workers_online).toEqual({ idle: 0, never: 0, k8s: 2 });
    expect(values.prefect_work_pool_last_heartbeat_timestamp_seconds).toEqual({
      k8s: Date.UTC(2026, 10, 20, 11, 30) / 1000,
    });
  });

  it('limits of deployments are not listed, a tag and a global limit of one name are two', () => {
    const limits = ['db', 'tag:db', 'deployment:1234', 'tag:'].map((name) => aLimit(name));
    const [family] = concurrencyLimits.collect({ concurrencyLimits: limits }, aContext());
    expect(family?.samples.map(({ labels }) => labels)).toEqual([
      { concurrency_limit: 'db', kind: 'global' },
      { concurrency_limit: 'db', kind: 'tag' },
      { concurrency_limit: '', kind: 'tag' },
    ]);
  });
});

describe('history', () => {
  it('without zero-fill has only states with runs, and an average only of runs', () => {
    const bucket = (count_runs: number) => ({
      interval_start: '2026-11-20T11:59:00Z',
      states: [
        {
          state_type: 'FAILED',
          state_name: 'Failed',
          count_runs,
          sum_estimated_run_time: 5,
          sum_estimated_lateness: 1,
        },
      ],
    });
    const values = valuesOf(history, { flowRunHistory: [bucket(0), bucket(2)] }, { zeroFill: false });
    expect(values).toEqual({
      prefect_flow_runs_total: { FAILED: 2 },
      prefect_flow_run_duration_seconds_avg: { FAILED: 5 },
      prefect_flow_runs_run_time_seconds: { FAILED: 10 },
      prefect_flow_runs_lateness_seconds: { FAILED: 2 },
    });
    expect(valuesOf(history, { flowRunHistory: [bucket(0)] }).prefect_flow_run_duration_seconds_avg).toEqual(
      {},
    );
  });
});
