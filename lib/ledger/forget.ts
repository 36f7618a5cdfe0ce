import { deploymentRunLabels } from '../collectors/run-labels.ts';
import type { Labels } from '../metrics/family.ts';
import { seriesKey } from '../metrics/series-key.ts';
import type { NamedDeployment } from '../prefect/resources.ts';
import type { SeriesMap } from './ledger.ts';
import type { LedgerSettings } from './settings.ts';

/** The labels by which a series belongs to a deployment, or to its flow or queue where it is not so fine. */
const placeNames = ['flow', 'deployment', 'work_pool', 'work_queue'] as const;

/**
 * Removes label sets that have not changed for the retention and that no listed deployment can bring forth any more:
 * it is gone, or has another pool, queue or promoted tag now. A set of a listed deployment stays, however long it is
 * quiet: a failure in half a year must find its counter.
 */
export function forgetSeries(
  map: SeriesMap,
  deployments: readonly NamedDeployment[],
  settings: LedgerSettings,
  nowMs: number,
): void {
  const places = new Set(deployments.flatMap((deployment) => placesOf(deployment, settings)));
  for (const [key, { changedMs, labels }] of map) {
    const isQuiet = nowMs - changedMs >= settings.retentionMs;
    if (isQuiet && !places.has(placeKey(labels, settings))) map.delete(key);
  }
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
