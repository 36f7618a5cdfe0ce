import { markdownTable } from '../markdown-table.ts';
import type { FamilyDescriptor } from '../metrics/family.ts';
import { priceLists } from '../metrics/price.ts';
import { allCollectors } from './all.ts';
import type { Collector } from './collector.ts';
import { exampleQueries } from './example-queries.ts';
import { selfDescriptors } from './self.ts';
import { knownStateNames } from './state-names.ts';

const introduction = `# Metrics

<!-- Generated from the descriptors in lib/collectors by \`npm run docs\`; do not edit. -->

## How to read them

**Labels.** Every series has \`workspace\` and \`job\`, and what EXTERNAL_LABELS adds. Families about runs have
\`flow\`, \`deployment\`, \`work_pool\` and \`work_queue\` before their own labels. \`deployment=""\` is a run without a
deployment, \`deployment="_deleted"\` one whose deployment is gone; no pool or queue is \`""\`. An empty label is an
absent one: match it with \`deployment=""\`, and give Grafana variables \`.*\` as the value of All. Families with a
\`deployment\` also carry the tags named in DEPLOYMENT_TAG_LABELS: of \`team:data\` the label \`team="data"\`, the first
value in order where there are several, \`-\` in the key as \`_\`. No family has the id or the name of a run.

**State names.** \`state_name\` is one of ${knownStateNames.join(', ')}, or \`other\`, because users may give
states any name.

**Identity is the name.** A deployment that is deleted and created again under its name continues its series. A
renamed one is a new one, and the old one ends.

**Missing is not 0.** What could not be read in a tick is absent in that tick, with
\`prefect_exporter_collector_success{collector} 0\` beside it. A limit that is not set, a queue that was never polled,
a pool without a worker that ever reported: absent too. Nothing here is a part of a list that was cut short.

**Zero-fill.** Where a family says so, each listed deployment has its usual states at 0, so that ratios and
\`sum by\` have both sides. It adds series and changes no sum. ZERO_FILL=false ends it, and so does
DETAIL=lean without ZERO_FILL=true.

**Timestamps, not ages.** Ages are made in the query: \`time() - prefect_…_timestamp_seconds\`.

**Includes and excludes.** FLOWS_, DEPLOYMENTS_ and WORK_POOLS_ INCLUDE and EXCLUDE hold for every family, except
where it says that it counts all runs. What they leave out is counted nowhere. A list of deployments or pools to
include also leaves out runs without one.

**MAX_SERIES.** Above it the flows with most series go into \`flow="_other", deployment="_other"\` of the families
marked _folds_, as many as needed; work pools and queues stay, promoted tags go. Then whole families are left out,
\`prefect_deployment_*\` last, \`prefect_exporter_*\` and \`prefect_up\` never.

**Columns.** _lean_: also there with DETAIL=lean. Collectors are chosen with COLLECTORS (\`default\` stands for those
that are on by default, as in \`COLLECTORS=default,next_runs\`), families left out with METRICS_EXCLUDE. A collector
that is off reads nothing.
`;

const examples = [
  '## Questions and queries\n',
  'Each answers with what is wrong, and with nothing when all is well, so that it can be an alert as it stands.\n',
  ...exampleQueries.map(({ question, query }) => `- ${question}\n\n  \`\`\`promql\n  ${query}\n  \`\`\`\n`),
].join('\n');

const selfIntroduction = `## About the exporter itself

Always sent, also when nothing could be read, and whatever METRICS_EXCLUDE and MAX_SERIES say. With one exception: a new
process that reads Prefect Cloud without WORKSPACE asks Cloud for the workspace's name, and sends nothing until it knows.
`;

/** docs/METRICS.md, from the descriptors of all collectors. */
export function renderMetricsDocumentation(): string {
  const native = allCollectors.filter(({ set }) => set === 'native');
  const history = allCollectors.filter(({ set }) => set === 'history');
  return [
    introduction,
    examples,
    '## Native families\n',
    ...native.map(collectorSection),
    selfIntroduction,
    table(selfDescriptors),
    '## Metric set `history`\n',
    'With METRIC_SETS=native,history. The names are those that dashboards already use.\n',
    ...history.map(collectorSection),
    priceSection,
  ].join('\n');
}

function collectorSection({ name, byDefault, families }: Collector): string {
  const how = byDefault ? 'on by default' : `opt-in: COLLECTORS=default,${name}`;
  return `### Collector \`${name}\` (${how})\n\n${table(families)}`;
}

const columns = ['name', 'type', 'labels', 'help', 'notes', 'lean'];

function table(families: readonly FamilyDescriptor[]): string {
  const rows = families.map((family) => [
    `\`${family.name}\``,
    family.type,
    [...family.labels.map((label) => `\`${label}\``), ...(family.tagged ? ['tags'] : [])].join(', ') || '–',
    family.help,
    [family.notes, family.fold === undefined ? undefined : `_Folds_ (${family.fold}).`]
      .filter((text) => text !== undefined)
      .join(' '),
    family.lean === false ? 'no' : 'yes',
  ]);
  return `${markdownTable([columns, ...rows])}\n`;
}

const priceSection = `## What series cost

\`preview --series\` counts the series of your workspace and prices them at one sample a minute with these figures:

${markdownTable([
  ['receiver', 'prices of', 'source', 'how sure'],
  ...priceLists.map(({ receiver, asOf, source, confidence }) => [receiver, asOf, source, confidence]),
])}
`;
