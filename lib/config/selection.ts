import type * as z from 'zod';
import type { SeriesConfig } from './config.ts';
import { commaList, pattern } from './schemas.ts';
import { type OptionalVariable, optional } from './variable.ts';

const namePattern = (
  name: string,
  things: string,
  effect: string,
  example: string,
): OptionalVariable<RegExp> =>
  optional({
    name,
    group: 'Series',
    description: `${things} whose name matches are ${effect}. Searched for anywhere in the name: \`^etl$\` is exactly \`etl\`.`,
    expected: 'a regular expression',
    example,
    schema: pattern,
    verbatim: true,
    unset: effect.startsWith('the only') ? 'all' : 'none',
  });

const only = 'the only ones that are counted';
const not = 'counted nowhere';

export const patternVariables = {
  flowsInclude: namePattern('FLOWS_INCLUDE', 'Flows', only, '^etl-'),
  flowsExclude: namePattern('FLOWS_EXCLUDE', 'Flows', not, '^nightly-\\d+'),
  deploymentsInclude: namePattern('DEPLOYMENTS_INCLUDE', 'Deployments', only, 'prod$'),
  deploymentsExclude: namePattern('DEPLOYMENTS_EXCLUDE', 'Deployments', not, '^test-'),
  workPoolsInclude: namePattern('WORK_POOLS_INCLUDE', 'Work pools', only, '^k8s-'),
  workPoolsExclude: namePattern('WORK_POOLS_EXCLUDE', 'Work pools', not, '^sandbox$'),
};

type MetricSets = SeriesConfig['metricSets'];

const sets: MetricSets = ['native', 'history'];

export const metricSets: z.ZodType<MetricSets, string> = commaList.transform((names, context) => {
  const found = names.flatMap((name) => {
    const set = sets.find((known) => known === name.toLowerCase());
    if (set === undefined) context.addIssue(`has "${name}"; there are ${sets.join(' and ')}`);
    return set ?? [];
  });
  return [...new Set(found)];
});
