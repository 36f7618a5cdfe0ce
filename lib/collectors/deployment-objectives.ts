import type { FamilyDescriptor } from '../metrics/family.ts';
import type { NamedDeployment } from '../prefect/resources.ts';
import { defineCollector } from './collector.ts';
import { parseObjectives } from './objective-tags.ts';
import { deploymentLabelNames, deploymentLabels, selectedDeployments } from './run-labels.ts';
import { shortList } from './tag-labels.ts';

const objective: FamilyDescriptor = {
  name: 'prefect_deployment_objective_seconds',
  help: 'What the deployment should keep to, from its tags: freshness, duration, start-delay.',
  type: 'gauge',
  labels: [...deploymentLabelNames, 'objective'],
  notes:
    'Tags `slo.freshness:26h`, `slo.duration:2h`, `slo.start-delay:10m`; units s, m, h, d, w. Rules compare with ' +
    'it where it is there and with a default where not. Of two tags for one objective the stricter counts.',
  tagged: true,
};

export const deploymentObjectives = defineCollector({
  name: 'deployment_objectives',
  set: 'native',
  byDefault: true,
  needs: ['deployments'],
  families: [objective],
  collect: ({ deployments }, context) => [
    {
      descriptor: objective,
      samples: selectedDeployments(deployments, context).flatMap((deployment) =>
        [...parseObjectives(deployment.tags).seconds].map(([name, value]) => ({
          labels: { ...deploymentLabels(deployment), objective: name, ...context.tagLabels(deployment) },
          value,
        })),
      ),
    },
  ],
  problems({ deployments }, context) {
    const unusable = selectedDeployments(deployments, context).flatMap(unusableTags).sort();
    if (unusable.length === 0) return [];
    return [
      {
        slug: 'tag-unusable',
        message: `${unusable.length} objective tag(s) cannot be read and are left out.`,
        found: shortList(unusable),
        expected: 'slo.freshness:26h, slo.duration:2h or slo.start-delay:10m, with the units s, m, h, d, w',
      },
    ];
  },
});

const unusableTags = ({ flow, name, tags }: NamedDeployment): readonly string[] =>
  parseObjectives(tags).unusable.map((tag) => `${flow}/${name}: ${tag}`);
