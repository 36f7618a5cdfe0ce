import { type KnownCollector, readCollectors } from './collectors.ts';
import type { NamePatterns, SeriesConfig } from './config.ts';
import { labelNameIssue, labels } from './labels.ts';
import { pushgatewayVariables } from './pushgateway.ts';
import type { Reader } from './reader.ts';
import { commaList, oneOf, onOff, pattern, wholeNumber } from './schemas.ts';
import { metricSets, patternVariables } from './selection.ts';
import { invalid } from './value-problems.ts';
import { defaulted, optional } from './variable.ts';

const group = 'Series';

export const seriesVariables = {
  externalLabels: defaulted({
    name: 'EXTERNAL_LABELS',
    group,
    description:
      'Labels on every series. `job` is `prefect-exporter` unless it is here. Our own label names may not be used.',
    expected: 'name=value,name=value, or a JSON object of label names and values',
    example: 'env=prod,team=data',
    schema: labels,
    default: 'job=prefect-exporter',
  }),
  deploymentTagLabels: optional({
    name: 'DEPLOYMENT_TAG_LABELS',
    group,
    description:
      'Tags `key:value` of deployments that become labels, by key: `team` makes `team:etl` the label `team="etl"`. `-` becomes `_`.',
    expected: 'keys of tags between commas',
    example: 'team,cost-center',
    schema: commaList,
    unset: 'none',
  }),
  maxSeries: defaulted({
    name: 'MAX_SERIES',
    group,
    description: 'Above it, series are folded together, largest families first, and the report says so.',
    expected: 'a whole number from 1 to 1000000',
    example: '20000',
    schema: wholeNumber(1, 1_000_000),
    default: '20000',
  }),
  detail: defaulted({
    name: 'DETAIL',
    group,
    description:
      'How fine series are: all families, histograms without deployment (`flow`), or only the most needed families and no zero-fill (`lean`).',
    expected: 'deployment, flow or lean',
    example: 'lean',
    schema: oneOf(['deployment', 'flow', 'lean']),
    default: 'deployment',
  }),
  zeroFill: optional({
    name: 'ZERO_FILL',
    group,
    description: 'Whether a deployment without open runs has series with the value 0.',
    expected: 'true or false',
    example: 'false',
    schema: onOff,
    unset: 'true; false with DETAIL=lean',
  }),
  collectors: optional({
    name: 'COLLECTORS',
    group,
    description:
      'What is collected, by name; `default` stands for those that are on by default. What is off makes no request.',
    expected: 'names of collectors between commas, or default',
    example: 'default',
    schema: commaList,
    unset: 'default',
  }),
  metricSets: defaulted({
    name: 'METRIC_SETS',
    group,
    description:
      '`native`: the families of docs/METRICS.md. `history`: totals of the last minutes, for comparison.',
    expected: 'native, history or both, between commas',
    example: 'native,history',
    schema: metricSets,
    default: 'native',
  }),
  historyWindowMinutes: defaulted({
    name: 'HISTORY_WINDOW_MINUTES',
    group,
    description: 'How far the set `history` looks back.',
    expected: 'a whole number from 1 to 1440',
    example: '60',
    schema: wholeNumber(1, 1440),
    default: '60',
  }),
  metricsExclude: optional({
    name: 'METRICS_EXCLUDE',
    group,
    description: 'Families that are left out. Those about the exporter itself stay.',
    expected: 'a regular expression, searched for in names of families',
    example: '^prefect_work_queue_',
    schema: pattern,
    verbatim: true,
    unset: 'none',
  }),
  ...patternVariables,
};

/** `collectors` are those that exist; this part of the program does not know them. */
export function readSeries(reader: Reader, collectors: readonly KnownCollector[]): SeriesConfig {
  const variables = seriesVariables;
  const detail = reader.get(variables.detail);
  const metricSets = reader.get(variables.metricSets);
  const externalLabels = { job: 'prefect-exporter', ...reader.get(variables.externalLabels) };
  const deploymentTagLabels = readTagKeys(reader, Object.keys(externalLabels));
  checkLabelCount(reader, externalLabels, deploymentTagLabels);
  return {
    externalLabels,
    deploymentTagLabels,
    maxSeries: reader.get(variables.maxSeries),
    detail,
    zeroFill: reader.get(variables.zeroFill),
    metricSets,
    collectors: readCollectors(reader, variables.collectors, { known: collectors, metricSets }),
    metricsExclude: reader.get(variables.metricsExclude),
    flows: readPatterns(reader, 'flows'),
    deployments: readPatterns(reader, 'deployments'),
    workPools: readPatterns(reader, 'workPools'),
    historyWindowMinutes: reader.get(variables.historyWindowMinutes),
  };
}

const readPatterns = (reader: Reader, of: 'flows' | 'deployments' | 'workPools'): NamePatterns => ({
  include: reader.get(patternVariables[`${of}Include`]),
  exclude: reader.get(patternVariables[`${of}Exclude`]),
});

/** Receivers take 30 labels on a series (Mimir); our own families have up to 8, `__name__` and `workspace` included. */
const maxAddedLabels = 20;

function checkLabelCount(reader: Reader, externalLabels: object, tagKeys: readonly string[]): void {
  const count = Object.keys(externalLabels).length + tagKeys.length;
  if (count <= maxAddedLabels) return;
  reader.report({
    slug: 'invalid-value',
    message:
      'EXTERNAL_LABELS and DEPLOYMENT_TAG_LABELS are too many labels: receivers refuse series with more than 30.',
    found: `${count} together, \`job\` included`,
    expected: `at most ${maxAddedLabels}`,
    do: 'leave some of them out',
  });
}

function readTagKeys(reader: Reader, externalLabels: readonly string[]): readonly string[] {
  const variable = seriesVariables.deploymentTagLabels;
  const keys = reader.get(variable) ?? [];
  const taken = new Map<string, string>([
    ...groupingLabels(reader).map((name) => [name, 'that PUSHGATEWAY_GROUPING sets'] as const),
    ...externalLabels.map((name) => [name, 'that EXTERNAL_LABELS or the default sets'] as const),
  ]);
  for (const key of keys) {
    const label = key.replaceAll('-', '_');
    const issue = labelNameIssue(label) ?? (taken.has(label) ? `has a label ${taken.get(label)}` : undefined);
    if (issue !== undefined) reader.report(invalid(variable, keys.join(','), `${issue}, "${key}"`));
    taken.set(label, 'that another key makes too');
  }
  return keys;
}

/** A Pushgateway puts the labels of its key in the place of those that series have. */
const groupingLabels = (reader: Reader): readonly string[] =>
  reader.isSet(pushgatewayVariables.url) ? Object.keys(reader.get(pushgatewayVariables.grouping)) : [];
