import { ownCounters } from '../ledger/own-counters.ts';
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

**Counters and histograms are exact.** They are kept in the ledger, a document that outlives the process (STORE). Each
end of a run counts once, at the first tick at or after it. What becomes known later (a run that Prefect wrote late, a
tick that could not read) counts at the next tick: a value that was sent never changes, and none is ahead of what was
read. They begin at 0 with the first tick and never fall, unless the document is lost:
\`prefect_exporter_ledger_created_timestamp_seconds\` then has a new value.

**Ticks that were missed are written afterwards**, each at its own time: after an outage of the exporter, of Prefect or of
the receiver of up to OUTBOX_MAX_MINUTES. What is longer ago shows at the first tick that is written. Only counters and
histograms are repaired, never gauges: what was open at 10:03 nobody knows at 10:20. Rules were evaluated without these
samples and are not evaluated again. After hours without a tick the ends are read in parts; until all are,
\`prefect_exporter_cursor_timestamp_seconds\` says how far, the collector has success 0, and the ends that are known show
at the ticks that they reach.

**A new series is born at 0.** A receiver that first sees a 1 does not know that it was 0 before, so \`increase()\` would
miss that one. A series whose first value is not 0 gets a 0 first, a millisecond after the tick before (five minutes back
at most). One millisecond of \`:00.001\` in the raw data is such a zero.

**\`increase()\` is an estimate, the counter is not.** With one sample a minute \`increase(x[1h])\` sees 59 minutes and
extrapolates: 11.2 for 11 or 12. Where the number matters, take the difference: \`x - x offset 1d\` is exact, since
counters do not reset. On tiles, \`round(increase(x[1d]))\`. Ranges below two intervals are empty: \`rate(x[1m])\` with a
tick a minute gives nothing.

**A second finish.** A failed run that is retried and ends again counts again in
\`prefect_flow_runs_finished_total\`: it ended twice. Of its attempts and its time only what came since its first end is
added, when that was at most seven days ago. A run that is retried before any tick saw its end shows only the later end:
the API does not tell of the earlier one.

**Forgetting.** A label set ends (a stale marker) when no listed deployment can bring it forth any more and it has not
changed for LEDGER_RETENTION_DAYS. If it comes back, it begins at 0. The label set of a listed deployment stays, however
long it is quiet. When a deployment moves to another queue or a promoted tag changes, its new series begin at 0 and the
old ones stop growing. Changed buckets begin that histogram anew.

**A Pushgateway** has no timestamps: it gets the newest tick only. Totals are exact there, but missed ticks are not
repaired, and no zero can be sent before a series: a newborn one shows 0 until a push with it has arrived, and its first
count shows at the push after that. A push that the next tick could overtake is left out
(\`prefect_exporter_samples_dropped_total{reason="superseded"}\`).

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

**MAX_SERIES.** Above it, in this order: label sets that are new to a counter or histogram go into
\`flow="_other", deployment="_other"\` (a histogram, which takes many series, before a counter), and
\`prefect_exporter_label_sets_folded_total\` counts how often; of the gauges marked _folds_ the flows with most series go
there, too, as many as needed. Work pools and queues stay, so that sums by them are exact; promoted tags go. Then
histograms are not sent (they go on counting), then whole families of gauges, \`prefect_deployment_*\` last. Counters,
\`prefect_exporter_*\` and \`prefect_up\` always are.

**Columns.** _lean_: also there with DETAIL=lean. Collectors are chosen with COLLECTORS (\`default\` stands for those
that are on by default, as in \`COLLECTORS=default,next_runs\`), families left out with METRICS_EXCLUDE. A collector
that is off reads nothing.
`;

const examples = [
  '## Questions and queries\n',
  'Each answers with what is wrong, and with nothing when all is well, so that it can be an alert as it stands; those',
  'that only ask for a number answer with it. Those about a day need the counters of a day.\n',
  ...exampleQueries.map(({ question, query }) => `- ${question}\n\n  \`\`\`promql\n  ${query}\n  \`\`\`\n`),
].join('\n');

const selfIntroduction = `## About the exporter itself

Always sent, also when nothing could be read, and whatever METRICS_EXCLUDE and MAX_SERIES say. With one exception: a new
process that reads Prefect Cloud without WORKSPACE asks Cloud for the workspace's name, and sends nothing until it knows.

A tick is stored before it is pushed, so what its push does shows at the tick after: the phase \`push\`, samples sent and
dropped, errors of the receiver.
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
    table([...selfDescriptors, ...ownCounters]),
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
