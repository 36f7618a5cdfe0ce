import type { FamilyDescriptor } from '../metrics/family.ts';
import { defineCollector } from './collector.ts';
import { deploymentLabelNames, deploymentLabels, selectedDeployments } from './run-labels.ts';

const version: FamilyDescriptor = {
  name: 'prefect_deployment_version_info',
  help: 'Version and entrypoint of the deployment; always 1.',
  type: 'gauge',
  labels: [...deploymentLabelNames, 'version', 'entrypoint'],
  notes: 'A new series at every change of the version.',
  tagged: true,
};

export const deploymentVersions = defineCollector({
  name: 'deployment_versions',
  set: 'native',
  byDefault: false,
  needs: ['deployments'],
  families: [version],
  collect: ({ deployments }, context) => [
    {
      descriptor: version,
      samples: selectedDeployments(deployments, context).map((deployment) => ({
        labels: {
          ...deploymentLabels(deployment),
          version: deployment.version ?? '',
          entrypoint: deployment.entrypoint ?? '',
          ...context.tagLabels(deployment),
        },
        value: 1,
      })),
    },
  ],
});
