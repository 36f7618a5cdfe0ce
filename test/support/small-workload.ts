import type { RunPlan, StatePlan, WorkloadWriter } from './workload.ts';

/** One of everything that an exporter can meet, by names that tell what it is. */
export interface SmallWorkload {
  /** Whole seconds; scheduled times are relative to it. */
  readonly nowMs: number;
  readonly flows: Readonly<Record<'etl' | 'ml' | 'Report_1', string>>;
  readonly deployments: Readonly<Record<'etl/nightly' | 'ml/nightly' | 'ml/train' | 'etl/local', string>>;
  /** Run name to id. */
  readonly runs: ReadonlyMap<string, string>;
}

export async function makeSmallWorkload(
  writer: WorkloadWriter,
  options: { nowMs: number; major: 2 | 3 },
): Promise<SmallWorkload> {
  const nowMs = Math.floor(options.nowMs / 1000) * 1000;
  await makePools(writer);
  const flows = {
    etl: await writer.flow('etl', ['prod', 'team:data']),
    ml: await writer.flow('ml'),
    Report_1: await writer.flow('Report_1', ['prod']),
  };
  const deployments = await makeDeployments(writer, flows, options.major);
  const runs = new Map<string, string>();
  for (const [owner, plans] of runPlans(nowMs, flows, deployments)) {
    for (const plan of plans) runs.set(plan.name, await writer.run(owner, plan));
  }
  await writer.limit('db', 3, 1);
  await writer.limit('tag:heavy', 2);
  return { nowMs, flows, deployments, runs };
}

async function makePools(writer: WorkloadWriter): Promise<void> {
  await writer.pool('k8s', { type: 'kubernetes', concurrencyLimit: 10 });
  await writer.pool('local');
  await writer.pool('agents', { type: 'prefect-agent' });
  await writer.pool('push', { type: 'ecs:push', paused: true });
  await writer.queue('k8s', 'high', { concurrencyLimit: 2, priority: 1 });
  await writer.queue('k8s', 'low');
  await writer.queue('local', 'high');
  await writer.heartbeat('k8s', 'worker-1', 30);
  await writer.heartbeat('k8s', 'worker-2');
}

async function makeDeployments(
  writer: WorkloadWriter,
  flows: SmallWorkload['flows'],
  major: 2 | 3,
): Promise<SmallWorkload['deployments']> {
  return {
    'etl/nightly': await writer.deployment(flows.etl, 'nightly', {
      pool: 'k8s',
      queue: 'high',
      tags: ['team:data', 'env:prod'],
      schedule: 3600,
      version: '1.2',
      entrypoint: 'flows/etl.py:etl',
      ...(major === 3 && { concurrencyLimit: 1 }),
    }),
    'ml/nightly': await writer.deployment(flows.ml, 'nightly', { pool: 'k8s', tags: ['env:prod'] }),
    'ml/train': await writer.deployment(flows.ml, 'train', {
      pool: 'local',
      queue: 'high',
      paused: true,
      schedule: 600,
      scheduleActive: false,
    }),
    'etl/local': await writer.deployment(flows.etl, 'local'),
  };
}

const states = (...all: [StatePlan, ...StatePlan[]]): RunPlan['states'] => all;
const pending: StatePlan = { type: 'PENDING' };
const running: StatePlan = { type: 'RUNNING' };

type Owner = Parameters<WorkloadWriter['run']>[0];

function runPlans(
  nowMs: number,
  flows: SmallWorkload['flows'],
  deployments: SmallWorkload['deployments'],
): readonly (readonly [Owner, readonly RunPlan[]])[] {
  const at = (offsetSeconds: number) => new Date(nowMs + offsetSeconds * 1000).toISOString();
  return [
    [{ deploymentId: deployments['etl/nightly'] }, finishedPlans(at)],
    [{ deploymentId: deployments['ml/nightly'] }, waitingPlans(at)],
    [{ deploymentId: deployments['ml/train'] }, openPlans(at)],
    [
      { flowId: flows.Report_1 },
      [
        { name: 'adhoc-completed', states: states(pending, running, { type: 'COMPLETED' }), tags: ['adhoc'] },
        { name: 'adhoc-running', states: states(running), tags: ['adhoc', 'slow'], idempotencyKey: 'key-1' },
      ],
    ],
  ];
}

function finishedPlans(at: (offsetSeconds: number) => string): readonly RunPlan[] {
  const scheduled: StatePlan = { type: 'SCHEDULED', scheduledTime: at(-600) };
  return [
    { name: 'completed', states: states(scheduled, pending, running, { type: 'COMPLETED' }) },
    { name: 'skipped', states: states(scheduled, running, { type: 'COMPLETED', name: 'Skipped' }) },
    { name: 'failed', states: states(scheduled, running, { type: 'FAILED', message: 'no disk' }) },
    { name: 'timed-out', states: states(scheduled, running, { type: 'FAILED', name: 'TimedOut' }) },
    { name: 'crashed', states: states(scheduled, pending, { type: 'CRASHED' }) },
    { name: 'never-started', states: states(scheduled, { type: 'CANCELLED' }) },
    {
      name: 'corrected',
      states: states(scheduled, running, { type: 'COMPLETED' }, { type: 'FAILED', name: 'Rejected' }),
    },
    { name: 'reopened', states: states(scheduled, running, { type: 'FAILED' }, running) },
  ];
}

function waitingPlans(at: (offsetSeconds: number) => string): readonly RunPlan[] {
  const waiting = (offsetSeconds: number, name?: string): StatePlan => ({
    type: 'SCHEDULED',
    scheduledTime: at(offsetSeconds),
    ...(name !== undefined && { name }),
  });
  return [
    { name: 'late', states: states(waiting(-300), waiting(-300, 'Late')) },
    { name: 'retrying', states: states(waiting(-900), running, waiting(3000, 'AwaitingRetry')) },
    { name: 'no-slot', states: states(waiting(-60), pending, waiting(3030, 'AwaitingConcurrencySlot')) },
    { name: 'future-a', states: states(waiting(3600)) },
    { name: 'future-b', states: states(waiting(3600)) },
    { name: 'future-c', states: states(waiting(7200)) },
  ];
}

function openPlans(at: (offsetSeconds: number) => string): readonly RunPlan[] {
  const scheduled: StatePlan = { type: 'SCHEDULED', scheduledTime: at(-120) };
  return [
    { name: 'running', states: states(scheduled, pending, running) },
    { name: 'second-attempt', states: states(scheduled, running, { type: 'RUNNING', name: 'Retrying' }) },
    { name: 'pending', states: states(scheduled, pending) },
    { name: 'submitting', states: states(scheduled, { type: 'PENDING', name: 'Submitting' }) },
    { name: 'paused', states: states(scheduled, running, { type: 'PAUSED' }) },
    { name: 'suspended', states: states(scheduled, running, { type: 'PAUSED', name: 'Suspended' }) },
    { name: 'cancelling', states: states(scheduled, running, { type: 'CANCELLING' }) },
    { name: 'cancelled', states: states(scheduled, running, { type: 'CANCELLED' }) },
  ];
}
