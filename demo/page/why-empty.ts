import type { History } from './history.ts';

/**
 * Why a chart has nothing to draw. `none` is what it means when all is well: the collector succeeded and had nothing
 * to say. Missing is not zero: a collector that failed leaves its families out.
 */
export function whyEmpty(history: History, family: string, none: string): string {
  const tick = history.ticks.at(-1);
  if (tick === undefined) return 'Waiting for the first tick.';
  if (tick.outcome === 'failed') return `The last tick failed: ${tick.message ?? 'see the terminal'}`;
  const collector = history.families.get(family)?.collector;
  if (collector === undefined) return none;
  const reason = tick.failed[collector];
  if (reason !== undefined) return `The collector “${collector}” failed: ${reason}`;
  const success = [...history.series.values()].find(
    ({ name, labels }) => name === 'prefect_exporter_collector_success' && labels.collector === collector,
  );
  return success === undefined ? `The collector “${collector}” is off.` : none;
}
