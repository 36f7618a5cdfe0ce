import type { SeriesConfig } from '../config/config.ts';
import type { FamilyDescriptor } from '../metrics/family.ts';
import type { Collector } from './collector.ts';

export type CollectorChoice = Pick<SeriesConfig, 'metricSets' | 'collectors' | 'metricsExclude' | 'detail'>;

/** In COLLECTORS: all collectors of the chosen sets that are on by default. */
const defaults = 'default';

/**
 * The collectors that run, each with the families that are wanted of it. One that is off, or of which no family is
 * left, is not among them, so nothing is read for it.
 */
export function selectCollectors(all: readonly Collector[], choice: CollectorChoice): readonly Collector[] {
  return all
    .filter((collector) => isChosen(collector, choice))
    .map((collector) => withFamilies(collector, collector.families.filter(wanted(choice))))
    .filter(({ families }) => families.length > 0);
}

function isChosen({ name, set, byDefault }: Collector, { metricSets, collectors }: CollectorChoice): boolean {
  if (!metricSets.includes(set)) return false;
  const names = collectors ?? [defaults];
  return names.includes(name) || (byDefault && names.includes(defaults));
}

const wanted =
  ({ metricsExclude, detail }: CollectorChoice) =>
  ({ name, lean }: FamilyDescriptor): boolean =>
    (metricsExclude === undefined || name.search(metricsExclude) < 0) &&
    (detail !== 'lean' || lean !== false);

function withFamilies(collector: Collector, families: readonly FamilyDescriptor[]): Collector {
  if (families.length === collector.families.length) return collector;
  const names = new Set(families.map(({ name }) => name));
  return {
    ...collector,
    families,
    collect: (resources, context) =>
      collector.collect(resources, context).filter(({ descriptor }) => names.has(descriptor.name)),
  };
}
