import type { FamilyDescriptor } from '../metrics/family.ts';
import type { NamedDeployment } from '../prefect/resources.ts';
import { toSeconds } from '../prefect/timestamps.ts';
import { defineCollector } from './collector.ts';
import {
  deploymentLabelNames,
  deploymentLabels,
  deploymentRunLabels,
  runLabelNames,
  selectedDeployments,
} from './run-labels.ts';
import { flag, known, ready } from './samples.ts';
import { ambiguousTagProblems } from './tag-labels.ts';

const ofDeployment = { type: 'gauge', labels: deploymentLabelNames, tagged: true } as const;

const info: FamilyDescriptor = {
  ...ofDeployment,
  name: 'prefect_deployment_info',
  help: 'The deployment, with the ids that lead to its page in Prefect; always 1.',
  labels: [...runLabelNames, 'deployment_id', 'flow_id'],
  notes:
    'Without version and entrypoint, which change at every deploy: see `prefect_deployment_version_info`.',
};

const isReady: FamilyDescriptor = {
  ...ofDeployment,
  name: 'prefect_deployment_ready',
  help: 'Whether something polls for the runs of the deployment.',
  notes:
    'Nothing polls for push and managed pools, whose `type` in `prefect_work_pool_info` ends in `:push` or `:managed`. ' +
    'The pool of a deployment is in `prefect_deployment_info`.',
  lean: false,
};

const paused: FamilyDescriptor = {
  ...ofDeployment,
  name: 'prefect_deployment_paused',
  help: 'Whether the deployment is paused.',
  lean: false,
};

const schedulesActive: FamilyDescriptor = {
  ...ofDeployment,
  name: 'prefect_deployment_schedules_active',
  help: 'Active schedules of the deployment; 0 while it is paused.',
};

const created: FamilyDescriptor = {
  ...ofDeployment,
  name: 'prefect_deployment_created_timestamp_seconds',
  help: 'When the deployment was created.',
};

const count: FamilyDescriptor = {
  name: 'prefect_deployments',
  help: 'Deployments.',
  type: 'gauge',
  labels: [],
};

export const deployments = defineCollector({
  name: 'deployments',
  set: 'native',
  byDefault: true,
  needs: ['deployments'],
  families: [info, isReady, paused, schedulesActive, created, count],
  collect({ deployments }, context) {
    const selected = selectedDeployments(deployments, context);
    const family = (descriptor: FamilyDescriptor, value: (deployment: NamedDeployment) => number | null) => ({
      descriptor,
      samples: selected.flatMap((deployment) =>
        known({ ...deploymentLabels(deployment), ...context.tagLabels(deployment) }, value(deployment)),
      ),
    });
    return [
      {
        descriptor: info,
        samples: selected.map((deployment) => ({
          labels: {
            ...deploymentRunLabels(deployment),
            deployment_id: deployment.id,
            flow_id: deployment.flow_id,
            ...context.tagLabels(deployment),
          },
          value: 1,
        })),
      },
      family(isReady, ({ status }) => ready(status)),
      family(paused, (deployment) => flag(deployment.paused)),
      family(schedulesActive, activeSchedules),
      family(created, (deployment) => toSeconds(deployment.created)),
      { descriptor: count, samples: [{ labels: {}, value: selected.length }] },
    ];
  },
  problems: ({ deployments }, context) =>
    ambiguousTagProblems(context.tagKeys, selectedDeployments(deployments, context)),
});

const activeSchedules = ({ paused, schedules }: NamedDeployment): number =>
  paused ? 0 : schedules.filter(({ active }) => active).length;
