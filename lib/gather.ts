import type { Clock } from './clock.ts';
import { type CollectedTick, collect } from './collectors/collect.ts';
import type { Collector } from './collectors/collector.ts';
import { createCollectContext } from './collectors/context.ts';
import { tagLabelName } from './collectors/tag-labels.ts';
import type { SeriesConfig } from './config/config.ts';
import type { Deadline } from './deadline.ts';
import type { LedgerReading } from './ledger/fold.ts';
import type { ProducedFamilies } from './metrics/by-collector.ts';
import { type AddedLabels, checkFamilies } from './metrics/check.ts';
import type { Family, Labels } from './metrics/family.ts';
import { commonLabels, withLabels } from './metrics/labels.ts';
import type { ResourceName, ResourceReader, WorkspaceInfo } from './prefect/resources.ts';
import type { Problem } from './problem.ts';

export interface GatherOptions {
  readonly clock: Clock;
  readonly collectors: readonly Collector[];
  readonly series: SeriesConfig;
  readonly reader: ResourceReader;
  /** Resources that no collector needs, for the ledger. */
  readonly alsoRead: readonly ResourceName[];
  /** The name of the workspace as it was last known, for when it cannot be found out; undefined where it never was. */
  readonly knownWorkspace?: string | undefined;
}

/** What one tick has read of Prefect, and the gauges of it. */
export interface Gathered {
  readonly workspace: string;
  /** The labels of every series. */
  readonly labels: Labels;
  readonly added: AddedLabels;
  /** The families of the collectors that succeeded, with every label, unchecked; those of the ledger are not there. */
  readonly produced: readonly ProducedFamilies[];
  /** Those of them that receivers can take. */
  readonly families: readonly Family[];
  readonly outcomes: CollectedTick['outcomes'];
  readonly problems: readonly Problem[];
  /** What the ledger folds. */
  readonly reading: LedgerReading;
  readonly readMs: number;
}

/**
 * Reads, collects and checks. Rejects only when the workspace has no name and never had one: without the label `workspace` the samples
 * would be other series.
 */
export async function gather(options: GatherOptions, nowMs: number, deadline: Deadline): Promise<Gathered> {
  const { clock, collectors, series, reader, alsoRead } = options;
  const startedMs = clock.monotonic();
  const context = createCollectContext(series, nowMs);
  const naming = reader.get('workspace');
  naming.catch(() => undefined); // asked for below, when the rest is read
  const collected = await collect(collectors, reader, context, { clock, deadline }, alsoRead);
  const workspace = await nameOf(naming, options.knownWorkspace);

  const labels = commonLabels(series.externalLabels, workspace);
  const added = { tags: series.deploymentTagLabels.map(tagLabelName), common: Object.keys(labels) };
  const kept = new Set(collectors.flatMap((collector) => (collector.kept ? collector.name : [])));
  const produced = collected.byCollector
    .filter(({ collector }) => !kept.has(collector))
    .map((one) => ({ collector: one.collector, produced: withLabels(one.produced, labels) }));
  const checked = checkFamilies(
    produced.flatMap((one) => one.produced),
    added,
  );
  return {
    workspace,
    labels,
    added,
    produced,
    families: checked.families,
    outcomes: collected.outcomes,
    problems: [...collected.problems, ...checked.problems],
    reading: collected.resources,
    readMs: clock.monotonic() - startedMs,
  };
}

/** A workspace is hardly ever renamed: the last known name is better than a tick without samples. */
async function nameOf(naming: Promise<WorkspaceInfo>, known: string | undefined): Promise<string> {
  try {
    return (await naming).name;
  } catch (error) {
    if (known === undefined) throw error;
    return known;
  }
}
