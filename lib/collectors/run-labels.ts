import type { Labels } from '../metrics/family.ts';
import type { NamedDeployment, NamedFinishedRun, NamedRun } from '../prefect/resources.ts';
import type { CollectContext, Selection } from './collector.ts';

/** The label names every run family starts with. */
export const runLabelNames = ['flow', 'deployment', 'work_pool', 'work_queue'] as const;

/** The label names every deployment family starts with. */
export const deploymentLabelNames = ['flow', 'deployment'] as const;

/** A run of a deployment that is gone: not ad hoc, and without a name. */
const deletedDeployment = '_deleted';

/** What runs of every resource have in common. */
type AnyNamedRun = Pick<
  NamedRun & NamedFinishedRun,
  'flow' | 'deployment' | 'deployment_id' | 'work_pool_name' | 'work_queue_name'
>;

const deploymentName = (run: AnyNamedRun): string =>
  run.deployment?.name ?? (run.deployment_id === null ? '' : deletedDeployment);

export const selectsRun = (selection: Selection, run: AnyNamedRun): boolean =>
  selection.flow(run.flow) &&
  selection.deployment(deploymentName(run)) &&
  selection.workPool(run.work_pool_name ?? '');

/** What a run is counted under, without the labels of the family and the promoted tags. */
export const runLabels = (run: AnyNamedRun): Labels => ({
  flow: run.flow,
  deployment: deploymentName(run),
  work_pool: run.work_pool_name ?? '',
  work_queue: run.work_queue_name ?? '',
});

/** What runs of the deployment are counted under, unless they were sent to another pool or queue. */
export const deploymentRunLabels = (deployment: NamedDeployment): Labels => ({
  flow: deployment.flow,
  deployment: deployment.name,
  work_pool: deployment.work_pool_name ?? '',
  work_queue: deployment.work_queue_name ?? '',
});

export const deploymentLabels = ({ flow, name }: NamedDeployment): Labels => ({ flow, deployment: name });

export const selectedDeployments = (
  deployments: readonly NamedDeployment[],
  { selection }: Pick<CollectContext, 'selection'>,
): readonly NamedDeployment[] =>
  deployments.filter(
    ({ flow, name, work_pool_name }) =>
      selection.flow(flow) && selection.deployment(name) && selection.workPool(work_pool_name ?? ''),
  );
