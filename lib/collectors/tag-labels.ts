import type { Labels } from '../metrics/family.ts';
import type { NamedDeployment } from '../prefect/resources.ts';
import type { Problem } from '../problem.ts';

/** The label of a promoted tag: `cost-center` becomes `cost_center`. */
export const tagLabelName = (key: string): string => key.replaceAll('-', '_');

/** Values of the tags `key:value`, sorted, each once. */
const tagValues = ({ tags }: NamedDeployment, key: string): readonly string[] =>
  [
    ...new Set(tags.filter((tag) => tag.startsWith(`${key}:`)).map((tag) => tag.slice(key.length + 1))),
  ].sort();

/**
 * Promoted tags as labels, the same names in the same order for every deployment. The first value in sorted order
 * counts; without a value, and without a deployment, the label is empty.
 */
export const createTagLabels =
  (keys: readonly string[]) =>
  (deployment: NamedDeployment | undefined): Labels =>
    Object.fromEntries(
      keys.map((key) => [
        tagLabelName(key),
        deployment === undefined ? '' : (tagValues(deployment, key)[0] ?? ''),
      ]),
    );

/** One warning for each key of which a deployment has several values. */
export function ambiguousTagProblems(
  keys: readonly string[],
  deployments: readonly NamedDeployment[],
): readonly Problem[] {
  return keys.flatMap((key) => {
    const several = deployments
      .filter((deployment) => tagValues(deployment, key).length > 1)
      .map((deployment) => `${deployment.flow}/${deployment.name} (${tagValues(deployment, key).join(', ')})`)
      .sort();
    if (several.length === 0) return [];
    return [
      {
        slug: 'tag-unusable',
        message: `The tag ${key} has several values on ${several.length} deployment(s); the first in order counts.`,
        found: shortList(several),
        expected: `one tag ${key}:… on each deployment`,
      } as const,
    ];
  });
}

/** The first three of a list, and how many more there are. */
export const shortList = (items: readonly string[]): string =>
  items.length <= 3 ? items.join(', ') : `${items.slice(0, 3).join(', ')} and ${items.length - 3} more`;
