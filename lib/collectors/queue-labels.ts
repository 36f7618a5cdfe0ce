import type { Labels } from '../metrics/family.ts';
import type { WorkQueue } from '../prefect/model.ts';
import type { CollectContext } from './collector.ts';

export const queueLabelNames = ['work_pool', 'work_queue'] as const;

/** A queue without a pool (Prefect 2 agents) has `work_pool=""`. */
export const queueLabels = ({ work_pool_name, name }: WorkQueue): Labels => ({
  work_pool: work_pool_name ?? '',
  work_queue: name,
});

export const selectedQueues = (
  queues: readonly WorkQueue[],
  { selection }: Pick<CollectContext, 'selection'>,
): readonly WorkQueue[] => queues.filter(({ work_pool_name }) => selection.workPool(work_pool_name ?? ''));
