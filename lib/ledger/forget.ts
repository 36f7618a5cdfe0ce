import * as families from '../collectors/kept-families.ts';
import { deploymentRunLabels, selectedDeployments } from '../collectors/run-labels.ts';
import type { FamilyDescriptor, Labels } from '../metrics/family.ts';
import { seriesKey } from '../metrics/series-key.ts';
import type { NamedDeployment } from '../prefect/resources.ts';
import type { LedgerSeries, SeriesMap } from './ledger.ts';
import { otherName } from './series-map.ts';
import type { LedgerSettings } from './settings.ts';

/** Removes what the settings leave out now: families that are off, and histograms of another detail. */
export function dropUnwanted(map: SeriesMap, settings: LedgerSettings): void {
  for (const [key, series] of map) if (!isWanted(series, settings)) map.delete(key);
}

function isWanted({ family, labels }: LedgerSeries, settings: LedgerSettings): boolean {
  if (!settings.wants(family)) return false;
  // What found no room is told apart by queue, whatever the detail.
  if (labels.flow === otherName) return true;
  if (family === families.runDuration.name) return settings.histogramsByDeployment || !labels.deployment;
  if (family !== families.startDelay.name) return true;
  return (settings.startDelayBy === 'deployment') === Boolean(labels.flow);
}

/** The labels by which a series belongs to a deployment, or to its flow or queue where it is not so fine. */
const placeNames = ['flow', 'deployment', 'work_pool', 'work_queue'] as const;

/**
 * Removes label sets that have not changed for the retention and that no listed deployment can bring forth any more:
 * it is gone or filtered out, or has another pool, queue or promoted tag now, or the family has other labels. A set of
 * a listed deployment stays, however long it is quiet: a failure in half a year must find its counter.
 */
export function forgetSeries(
  map: SeriesMap,
  deployments: readonly NamedDeployment[],
  settings: LedgerSettings,
  nowMs: number,
): void {
  const selected = selectedDeployments(deployments, settings);
  const places = new Set(selected.flatMap((deployment) => placesOf(deployment, settings)));
  for (const [key, { family, changedMs, labels }] of map) {
    if (nowMs - changedMs < settings.retentionMs) continue;
    const canComeAgain = hasNamesOf(family, labels, settings) && places.has(placeKey(labels, settings));
    if (!canComeAgain) map.delete(key);
  }
}

const descriptors: ReadonlyMap<string, FamilyDescriptor> = new Map(
  Object.values(families).map((family) => [family.name, family]),
);

/** Whether the family has these labels under the settings of now. */
function hasNamesOf(family: string, labels: Labels, settings: LedgerSettings): boolean {
  const descriptor = descriptors.get(family);
  const tags = descriptor?.tagged ? Object.keys(settings.tagLabels(undefined)) : [];
  const trigger = family === families.finishedTotal.name && settings.trigger ? ['trigger'] : [];
  const names = [...(descriptor?.labels ?? []), ...tags, ...trigger];
  return names.length === Object.keys(labels).length && names.every((name) => name in labels);
}

function placesOf(deployment: NamedDeployment, settings: LedgerSettings): readonly string[] {
  const labels = { ...deploymentRunLabels(deployment), ...settings.tagLabels(deployment) };
  const noTags = settings.tagLabels(undefined);
  return [
    placeKey(labels, settings),
    placeKey({ ...labels, deployment: '', ...noTags }, settings),
    placeKey({ ...labels, flow: '', deployment: '', ...noTags }, settings),
    placeKey({ flow: deployment.flow }, settings),
  ];
}

/** What of the labels depends on the deployment. */
function placeKey(labels: Labels, { tagLabels }: LedgerSettings): string {
  const names = [...placeNames, ...Object.keys(tagLabels(undefined))];
  return seriesKey(Object.fromEntries(names.map((name) => [name, labels[name] ?? ''])));
}
