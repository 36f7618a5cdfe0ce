import type { Family, Labels, Sample } from './family.ts';
import { sampleKey } from './series-key.ts';
import { createTally } from './tally.ts';

const otherName = '_other';

export interface FoldedFamilies {
  readonly families: readonly Family[];
  /** In the order they were taken. */
  readonly flows: readonly string[];
}

/** The label set a series is folded into: pool, queue and the family's own labels stay. */
function foldedLabels(labels: Labels, tagLabels: readonly string[]): Labels {
  const other: Record<string, string> = { ...labels, flow: otherName, deployment: otherName };
  for (const tag of tagLabels) if (tag in other) other[tag] = '';
  return other;
}

/** Folds as few flows as get rid of `excess` series, those with most series first, then by name; or all of them. */
export function foldFlows(
  families: readonly Family[],
  excess: number,
  tagLabels: readonly string[],
): FoldedFamilies {
  const flows = flowsToFold(families, excess, tagLabels);
  const chosen = new Set(flows);
  return { families: families.map((family) => foldFamily(family, chosen, tagLabels)), flows };
}

function foldFamily(family: Family, flows: ReadonlySet<string>, tagLabels: readonly string[]): Family {
  const { fold } = family.descriptor;
  if (fold === undefined) return family;
  const tally = createTally(fold);
  for (const { labels, value, suffix } of family.samples) {
    tally.add(flows.has(labels.flow ?? '') ? foldedLabels(labels, tagLabels) : labels, value, suffix);
  }
  return { descriptor: family.descriptor, samples: tally.samples() };
}

interface FlowSeries {
  readonly flow: string;
  readonly series: { readonly family: string; readonly sample: Sample }[];
}

function flowsToFold(
  families: readonly Family[],
  excess: number,
  tagLabels: readonly string[],
): readonly string[] {
  const taken: string[] = [];
  const targets = new Set<string>();
  let saved = 0;
  for (const { flow, series } of largestFlows(families)) {
    if (saved >= excess) break;
    const before = targets.size;
    for (const { family, sample } of series) {
      const folded = sampleKey({ ...sample, labels: foldedLabels(sample.labels, tagLabels) });
      targets.add(`${family} ${folded}`);
    }
    saved += series.length - (targets.size - before);
    taken.push(flow);
  }
  return taken;
}

function largestFlows(families: readonly Family[]): readonly FlowSeries[] {
  const byFlow = new Map<string, FlowSeries>();
  for (const { descriptor, samples } of families) {
    if (descriptor.fold === undefined) continue;
    for (const sample of samples) {
      const flow = sample.labels.flow ?? '';
      const entry = byFlow.get(flow) ?? { flow, series: [] };
      entry.series.push({ family: descriptor.name, sample });
      byFlow.set(flow, entry);
    }
  }
  return [...byFlow.values()].sort((a, b) => b.series.length - a.series.length || (a.flow < b.flow ? -1 : 1));
}
