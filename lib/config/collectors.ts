import type { Problem } from '../problem.ts';
import { nearest } from './did-you-mean.ts';
import type { Reader } from './reader.ts';
import { showValue } from './show.ts';
import type { OptionalVariable } from './variable.ts';

/** What must be known of a collector to choose it; every `Collector` is one. */
export interface KnownCollector {
  readonly name: string;
  readonly byDefault: boolean;
  /** The metric set (METRIC_SETS) it belongs to. */
  readonly set: string;
}

/** Stands for the collectors that are on by default. */
const defaults = 'default';

/** The names in COLLECTORS, `default` replaced by those it stands for; undefined when the variable is not set. */
export function readCollectors(
  reader: Reader,
  variable: OptionalVariable<readonly string[]>,
  { known, metricSets }: { known: readonly KnownCollector[]; metricSets: readonly string[] },
): readonly string[] | undefined {
  const names = known.map(({ name }) => name);
  const chosen = reader.get(variable)?.flatMap((name) => {
    if (name === defaults)
      return known.filter((one) => one.byDefault && metricSets.includes(one.set)).map((one) => one.name);
    const collector = known.find((one) => one.name === name);
    if (collector === undefined) reader.report(unknownCollector(variable.name, name, names));
    else if (!metricSets.includes(collector.set)) reader.report(setIsOff(collector, metricSets));
    return [name];
  });
  return chosen && [...new Set(chosen)];
}

const setIsOff = ({ name, set }: KnownCollector, metricSets: readonly string[]): Problem => ({
  slug: 'invalid-value',
  message: `COLLECTORS asks for ${name}, which belongs to the metric set ${set}.`,
  found: `METRIC_SETS=${metricSets.join(',')}`,
  expected: 'collectors of a metric set that is on',
  do: `METRIC_SETS=${[...metricSets, set].join(',')}, or COLLECTORS without ${name}`,
});

function unknownCollector(variable: string, name: string, known: readonly string[]): Problem {
  const meant = nearest(name, [defaults, ...known], () => Math.max(2, Math.floor(name.length / 3)));
  const hint = meant === undefined ? '.' : `: did you mean ${meant}?`;
  return {
    slug: 'invalid-value',
    message: `${variable} has "${showValue(name)}", which is no collector${hint}`,
    found: showValue(name),
    expected: [defaults, ...known].join(', '),
    do: `${variable}=${meant ?? defaults}`,
  };
}
