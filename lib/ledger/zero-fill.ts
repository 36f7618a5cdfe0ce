import { finishedTotal, retriesTotal } from '../collectors/kept-families.ts';
import { deploymentRunLabels, selectedDeployments } from '../collectors/run-labels.ts';
import type { NamedDeployment } from '../prefect/resources.ts';
import { count, type Place } from './series-map.ts';
import type { LedgerSettings } from './settings.ts';

const usualEnds = [
  { state_type: 'COMPLETED', state_name: 'Completed' },
  { state_type: 'FAILED', state_name: 'Failed' },
  { state_type: 'CRASHED', state_name: 'Crashed' },
  { state_type: 'CANCELLED', state_name: 'Cancelled' },
] as const;

/** Makes the usual series of each listed deployment, so that ratios have both sides before anything ends. */
export function zeroFill(
  place: Place,
  deployments: readonly NamedDeployment[],
  settings: LedgerSettings,
): void {
  if (!settings.zeroFill) return;
  for (const deployment of selectedDeployments(deployments, settings)) {
    const labels = { ...deploymentRunLabels(deployment), ...settings.tagLabels(deployment) };
    if (settings.wants(retriesTotal.name)) count(place, retriesTotal, labels, 0);
    if (!settings.wants(finishedTotal.name)) continue;
    const own = { subflow: 'false', ...(settings.trigger ? { trigger: usualTrigger(deployment) } : {}) };
    for (const end of usualEnds) count(place, finishedTotal, { ...labels, ...end, ...own }, 0);
  }
}

const usualTrigger = ({ paused, schedules }: NamedDeployment): string =>
  !paused && schedules.some(({ active }) => active) ? 'schedule' : 'manual';
