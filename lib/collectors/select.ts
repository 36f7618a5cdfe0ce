import type { SeriesConfig } from '../config/config.ts';
import type { FamilyDescriptor } from '../metrics/family.ts';
import type { Problem } from '../problem.ts';
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

/** Names in COLLECTORS that do not exist, or whose metric set is off. */
export function collectorChoiceProblems(
  all: readonly Collector[],
  { collectors, metricSets }: Pick<CollectorChoice, 'collectors' | 'metricSets'>,
): readonly Problem[] {
  return (collectors ?? [])
    .filter((name) => name !== defaults)
    .flatMap((name): readonly Problem[] => {
      const collector = all.find((one) => one.name === name);
      if (collector === undefined) {
        const expected = [defaults, ...all.map((one) => one.name)].join(', ');
        return [{ slug: 'invalid-value', message: 'COLLECTORS names no collector.', found: name, expected }];
      }
      if (metricSets.includes(collector.set)) return [];
      const message = `COLLECTORS asks for ${name}, which belongs to the metric set ${collector.set}.`;
      return [{ slug: 'invalid-value', message, do: `METRIC_SETS=${[...metricSets, collector.set].join()}` }];
    });
}
