import type { RunPlan, StatePlan, WorkloadWriter } from './workload.ts';

export interface LargeWorkloadOptions {
  readonly nowMs: number;
  readonly major: 2 | 3;
  /** At least this many runs; about three requests each. Default 300. */
  readonly runs?: number;
  /** Prefix of every name, so that several workloads fit on one server. */
  readonly prefix?: string;
}

export interface LargeWorkload {
  readonly flowIds: readonly string[];
  readonly deploymentIds: readonly string[];
  readonly runIds: readonly string[];
}

const poolTypes = ['kubernetes', 'process', 'ecs:push', 'prefect-agent'] as const;
const queueNames = ['critical', 'batch', 'slow'] as const;
const deploymentNames = ['nightly', 'hourly', 'backfill', 'staging'] as const;
const flowCount = 10;

/**
 * 4 pools with 16 queues, 10 flows with 4 deployments each (the same names for every flow), and runs of every kind
 * for every deployment and for flows alone.
 */
export async function makeLargeWorkload(
  writer: WorkloadWriter,
  options: LargeWorkloadOptions,
): Promise<LargeWorkload> {
  const { prefix = '', major, runs = 300 } = options;
  await makePools(writer, prefix);
  const flowIds: string[] = [];
  const deploymentIds: string[] = [];
  for (let index = 0; index < flowCount; index += 1) {
    const flowId = await writer.flow(`${prefix}flow-${index}`);
    flowIds.push(flowId);
    for (const [place, name] of deploymentNames.entries()) {
      const pool = `${prefix}pool-${(index + place) % poolTypes.length}`;
      const queue = queueNames[(index * deploymentNames.length + place) % (queueNames.length + 1)];
      const deployment = await writer.deployment(flowId, `${prefix}${name}`, {
        pool,
        ...(queue !== undefined && { queue }),
        tags: [`team:${index % 3}`, 'env:prod'],
        paused: index === 3,
        ...(place < 2 && { schedule: 3600 }),
        ...(major === 3 && place === 0 && { concurrencyLimit: 2 }),
      });
      deploymentIds.push(deployment);
    }
  }
  const runIds = await makeRuns(writer, { flowIds, deploymentIds, prefix, runs, nowMs: options.nowMs });
  return { flowIds, deploymentIds, runIds };
}

async function makePools(writer: WorkloadWriter, prefix: string): Promise<void> {
  for (const [index, type] of poolTypes.entries()) {
    const pool = `${prefix}pool-${index}`;
    await writer.pool(pool, { type, ...(index === 0 && { concurrencyLimit: 20 }) });
    for (const [place, queue] of queueNames.entries()) {
      await writer.queue(pool, queue, place === 0 ? { concurrencyLimit: 5 } : {});
    }
    if (index < 2) await writer.heartbeat(pool, `${pool}-worker`, 30);
  }
}

interface RunsToMake {
  readonly flowIds: readonly string[];
  readonly deploymentIds: readonly string[];
  readonly prefix: string;
  readonly runs: number;
  readonly nowMs: number;
}

async function makeRuns(writer: WorkloadWriter, plan: RunsToMake): Promise<string[]> {
  const runIds: string[] = [];
  for (let index = 0; index < plan.runs; index += 1) {
    const kinds = everyKind(plan.nowMs, index);
    const states = kinds[index % kinds.length];
    if (states === undefined) throw new Error('there are kinds of runs');
    const deploymentId = plan.deploymentIds[index % plan.deploymentIds.length] ?? '';
    const flowId = plan.flowIds[index % plan.flowIds.length] ?? '';
    const owner = index % 9 === 8 ? { flowId } : { deploymentId };
    runIds.push(await writer.run(owner, { name: `${plan.prefix}run-${index}`, states }));
  }
  return runIds;
}

/** The ways a run can have gone so far; scheduled times differ from run to run. */
function everyKind(nowMs: number, index: number): readonly RunPlan['states'][] {
  const at = (offsetSeconds: number) => new Date(nowMs + offsetSeconds * 1000).toISOString();
  const scheduled: StatePlan = { type: 'SCHEDULED', scheduledTime: at(-60 - index) };
  const future: StatePlan = { type: 'SCHEDULED', scheduledTime: at(3600 + 60 * (index % 50)) };
  const pending: StatePlan = { type: 'PENDING' };
  const running: StatePlan = { type: 'RUNNING' };
  return [
    [future],
    [{ ...scheduled, name: 'Late' }],
    [scheduled],
    [scheduled, running, { ...future, name: 'AwaitingRetry' }],
    [scheduled, running, { ...scheduled, name: 'AwaitingRetry' }],
    [scheduled, pending, { ...future, name: 'AwaitingConcurrencySlot' }],
    [scheduled, pending],
    [scheduled, { type: 'PENDING', name: 'InfrastructurePending' }],
    [scheduled, pending, running],
    [scheduled, running, { type: 'RUNNING', name: 'Retrying' }],
    [scheduled, running, { type: 'PAUSED' }],
    [scheduled, running, { type: 'PAUSED', name: 'Suspended' }],
    [scheduled, running, { type: 'CANCELLING' }],
    [scheduled, running, { type: 'CANCELLED' }],
    [scheduled, { type: 'CANCELLED' }],
    [scheduled, running, { type: 'COMPLETED' }],
    [scheduled, running, { type: 'COMPLETED', name: 'Skipped' }],
    [scheduled, running, { type: 'FAILED' }],
    [scheduled, running, { type: 'FAILED', name: 'TimedOut' }],
    [scheduled, running, { type: 'CRASHED' }],
  ];
}
