import { prefectRequests } from '../prefect-requests.ts';
import { type WorkloadWriter, workloadWriter } from '../workload.ts';
import type { PrefectServer } from './prefect.ts';

/** Where runs come from: a run that the API made, whose flow, deployment, pool and queue copies of it have. */
export interface RunSource {
  readonly templateId: string;
  /** Undefined for runs of a flow alone. */
  readonly deploymentId: string | undefined;
}

export interface FinishingWorkspace {
  readonly writer: WorkloadWriter;
  readonly sources: readonly RunSource[];
  /** Ids of queues that runs are sent to instead of their deployment's. */
  readonly otherQueueIds: readonly string[];
}

const plans = [
  { flow: 'etl', deployment: 'nightly', pool: 'process', queue: 'default' },
  { flow: 'etl', deployment: 'hourly', pool: 'process', queue: 'slow' },
  { flow: 'report', deployment: 'nightly', pool: 'kubernetes', queue: 'default' },
  { flow: 'report', deployment: 'say "now"\\ü', pool: 'kubernetes', queue: 'batch' },
  { flow: 'import', deployment: 'nightly', pool: 'push', queue: 'default' },
  { flow: 'import', deployment: 'unpooled' },
] as const;

/** Three pools, five queues, four flows, six deployments, and a run of each and of two flows alone. */
export async function makeFinishingWorkspace(prefect: PrefectServer): Promise<FinishingWorkspace> {
  const writer = workloadWriter(prefectRequests(prefect.apiUrl));
  await writer.pool('process');
  await writer.pool('kubernetes', { type: 'kubernetes' });
  await writer.pool('push', { type: 'ecs:push' });
  await writer.queue('process', 'slow');
  await writer.queue('kubernetes', 'batch');
  const flowIds = new Map<string, string>();
  for (const name of ['etl', 'report', 'import', 'by hand']) flowIds.set(name, await writer.flow(name));
  const flowId = (name: string): string => flowIds.get(name) ?? '';
  const template = { name: 'template', states: [{ type: 'PENDING' }, { type: 'CANCELLED' }] } as const;
  const sources: RunSource[] = [];
  for (const { flow, deployment, ...place } of plans) {
    const deploymentId = await writer.deployment(flowId(flow), deployment, place);
    sources.push({ deploymentId, templateId: await writer.run({ deploymentId }, template) });
  }
  for (const name of ['by hand', 'etl']) {
    const templateId = await writer.run({ flowId: flowId(name) }, template);
    sources.push({ deploymentId: undefined, templateId });
  }
  const queues = await prefect.sql(`SELECT id FROM work_queue WHERE name IN ('slow', 'batch')`);
  return { writer, sources, otherQueueIds: queues.map(({ id }) => String(id)) };
}
