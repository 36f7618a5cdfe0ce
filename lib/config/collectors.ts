import type { Problem } from '../problem.ts';
import { nearest } from './did-you-mean.ts';
import type { Reader } from './reader.ts';
import { showValue } from './show.ts';
import type { OptionalVariable } from './variable.ts';

/** What must be known of a collector to choose it; every `Collector` is one. */
export interface KnownCollector {
  readonly name: string;
  readonly byDefault: boolean;
}

/** Stands for the collectors that are on by default. */
const defaults = 'default';

/** The names in COLLECTORS, `default` replaced by those it stands for; undefined when the variable is not set. */
export function readCollectors(
  reader: Reader,
  variable: OptionalVariable<readonly string[]>,
  known: readonly KnownCollector[],
): readonly string[] | undefined {
  const names = known.map(({ name }) => name);
  const chosen = reader.get(variable)?.flatMap((name) => {
    if (name === defaults)
      return known.filter(({ byDefault }) => byDefault).map((collector) => collector.name);
    if (!names.includes(name)) reader.report(unknownCollector(variable.name, name, names));
    return [name];
  });
  return chosen && [...new Set(chosen)];
}

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
