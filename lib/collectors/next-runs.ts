import type { FamilyDescriptor } from '../metrics/family.ts';
import { toSeconds } from '../prefect/timestamps.ts';
import { defineCollector } from './collector.ts';
import { deploymentLabelNames, deploymentLabels, selectedDeployments } from './run-labels.ts';
import { known } from './samples.ts';

const nextRun: FamilyDescriptor = {
  name: 'prefect_deployment_next_run_timestamp_seconds',
  help: 'When the next run of the deployment is scheduled.',
  type: 'gauge',
  labels: deploymentLabelNames,
  notes: 'Absent where nothing is scheduled. Reads every future run: many pages in a large workspace.',
  tagged: true,
};

export const nextRuns = defineCollector({
  name: 'next_runs',
  set: 'native',
  byDefault: false,
  needs: ['nextRuns', 'deployments'],
  families: [nextRun],
  collect: ({ nextRuns, deployments }, context) => [
    {
      descriptor: nextRun,
      samples: selectedDeployments(deployments, context).flatMap((deployment) => {
        const next = nextRuns.get(deployment.id);
        const labels = { ...deploymentLabels(deployment), ...context.tagLabels(deployment) };
        return known(labels, next === undefined ? undefined : toSeconds(next));
      }),
    },
  ],
});
