import type { FamilyDescriptor } from '../metrics/family.ts';
import type { ConcurrencyLimit } from '../prefect/model.ts';
import { defineCollector } from './collector.ts';
import { deploymentLabelNames, deploymentLabels, selectedDeployments } from './run-labels.ts';
import { known } from './samples.ts';

const limit: FamilyDescriptor = {
  name: 'prefect_deployment_concurrency_limit',
  help: 'How many runs of the deployment may run at a time.',
  type: 'gauge',
  labels: deploymentLabelNames,
  notes: 'Only deployments with a limit that is switched on.',
  tagged: true,
};

const slotsUsed: FamilyDescriptor = {
  name: 'prefect_deployment_concurrency_slots_used',
  help: 'Slots of the concurrency limit of the deployment that are taken.',
  type: 'gauge',
  labels: deploymentLabelNames,
  notes: 'As Prefect counts them: slots of runs that crashed may stay taken.',
  tagged: true,
};

export const deploymentLimits = defineCollector({
  name: 'deployment_limits',
  set: 'native',
  byDefault: true,
  needs: ['deployments'],
  families: [limit, slotsUsed],
  collect({ deployments }, context) {
    const selected = selectedDeployments(deployments, context);
    const family = (descriptor: FamilyDescriptor, value: (limit: ConcurrencyLimit) => number) => ({
      descriptor,
      samples: selected.flatMap((deployment) => {
        const own = deployment.global_concurrency_limit;
        const labels = { ...deploymentLabels(deployment), ...context.tagLabels(deployment) };
        return known(labels, own?.active ? value(own) : undefined);
      }),
    });
    return [family(limit, (own) => own.limit), family(slotsUsed, (own) => own.active_slots)];
  },
});
