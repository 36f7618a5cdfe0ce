import type { Clock } from './clock.ts';
import { type CollectedTick, collect } from './collectors/collect.ts';
import type { Collector } from './collectors/collector.ts';
import { createCollectContext } from './collectors/context.ts';
import { selfFamilies } from './collectors/self.ts';
import { tagLabelName } from './collectors/tag-labels.ts';
import type { SeriesConfig } from './config/config.ts';
import type { Deadline } from './deadline.ts';
import { type CollectorFamilies, familiesByCollector } from './metrics/by-collector.ts';
import { limitSeries } from './metrics/cardinality.ts';
import { checkFamilies } from './metrics/check.ts';
import { countSeries, seriesByFamily } from './metrics/count.ts';
import type { Family, Labels } from './metrics/family.ts';
import { commonLabels, withLabels } from './metrics/labels.ts';
import type { ResourceReader } from './prefect/resources.ts';
import type { Problem } from './problem.ts';
import { version } from './version.ts';

export interface GatherOptions {
  readonly clock: Clock;
  readonly collectors: readonly Collector[];
  readonly series: SeriesConfig;
  readonly intervalSeconds: number;
  readonly reader: ResourceReader;
  /** Whether Prefect gave a good answer since the reader was made; undefined while it was not asked anything. */
  prefectAnswered(): boolean | undefined;
}

/** What one tick has to push, ready for the wire. */
export interface Gathered {
  readonly workspace: string;
  /** Checked, within MAX_SERIES, with every label; self-metrics included. */
  readonly families: readonly Family[];
  /** Of the collectors that succeeded, and of `self`, to which the self-metrics belong. */
  readonly byCollector: readonly CollectorFamilies[];
  readonly outcomes: CollectedTick['outcomes'];
  readonly problems: readonly Problem[];
  readonly readMs: number;
}

/**
 * Reads, collects, checks and limits. Rejects only when the workspace has no name: without the label `workspace`
 * the samples would be other series.
 */
export async function gather(options: GatherOptions, nowMs: number, deadline: Deadline): Promise<Gathered> {
  const { clock, collectors, series, reader } = options;
  const startedMs = clock.monotonic();
  const context = createCollectContext(series, nowMs);
  const naming = reader.get('workspace');
  naming.catch(() => undefined); // asked for below, when the rest is read
  const collected = await collect(collectors, reader, context, { clock, deadline });
  const workspace = (await naming).name;
  const readMs = clock.monotonic() - startedMs;

  const labels = commonLabels(series.externalLabels, workspace);
  const added = { tags: series.deploymentTagLabels.map(tagLabelName), common: Object.keys(labels) };
  const made = collected.byCollector.map(({ collector, produced }) => ({
    collector,
    produced: withLabels(produced, labels),
  }));
  const checked = checkFamilies(
    made.flatMap(({ produced }) => produced),
    added,
  );
  const self = (families: readonly Family[]) =>
    ownFamilies(options, { nowMs, readMs, collected, families, labels });
  // The self-metrics can only become fewer when families are left out.
  const reserved = countSeries(self(checked.families));
  const limited = limitSeries(checked.families, series.maxSeries, added.tags, reserved);
  const ownMade = self(limited.families);
  const own = checkFamilies(ownMade, added);
  const families = [...limited.families, ...own.families];
  return {
    workspace,
    families,
    byCollector: familiesByCollector([...made, { collector: 'self', produced: ownMade }], families),
    outcomes: collected.outcomes,
    problems: [
      ...collected.problems,
      ...checked.problems,
      ...own.problems,
      ...(limited.problem === undefined ? [] : [limited.problem]),
    ],
    readMs,
  };
}

interface OwnInput {
  readonly nowMs: number;
  readonly readMs: number;
  readonly collected: CollectedTick;
  readonly families: readonly Family[];
  readonly labels: Labels;
}

function ownFamilies(options: GatherOptions, { nowMs, readMs, collected, families, labels }: OwnInput) {
  const report = {
    version,
    tickMs: nowMs,
    intervalSeconds: options.intervalSeconds,
    phaseDurationsMs: { read: readMs },
    outcomes: collected.outcomes,
    seriesByFamily: seriesByFamily(families),
    maxSeries: options.series.maxSeries,
    prefectAnswered: options.prefectAnswered(),
  };
  return withLabels(selfFamilies(report), labels);
}
