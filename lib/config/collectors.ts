import { nearest } from './did-you-mean.ts';
import { invalid, type Reader } from './reader.ts';
import { showValue } from './show.ts';
import type { OptionalVariable } from './variable.ts';

/** What must be known of a collector to choose it; every `Collector` is one. */
export interface KnownCollector {
  readonly name: string;
  readonly byDefault: boolean;
}

/** Names of collectors, `default` replaced by those it stands for; undefined when the variable is not set. */
export function readCollectors(
  reader: Reader,
  variable: OptionalVariable<readonly string[]>,
  known: readonly KnownCollector[],
): readonly string[] | undefined {
  const asked = reader.get(variable);
  if (asked === undefined) return undefined;
  const names = known.map(({ name }) => name);
  const chosen = asked.flatMap((name) => {
    if (name === 'default')
      return known.filter(({ byDefault }) => byDefault).map((collector) => collector.name);
    if (!names.includes(name)) reader.report(unknown(variable, name, names));
    return [name];
  });
  return [...new Set(chosen)];
}

function unknown(variable: OptionalVariable<readonly string[]>, name: string, names: readonly string[]) {
  const meant = nearest(name, names, () => Math.max(2, Math.floor(name.length / 3)));
  const hint = meant === undefined ? '' : `: did you mean ${meant}?`;
  return {
    ...invalid(variable, name, `has "${showValue(name)}", which is no collector${hint}`),
    message: `${variable.name} has "${showValue(name)}", which is no collector${hint === '' ? '.' : hint}`,
    expected: `default, ${names.join(', ')}`,
    do: `${variable.name}=${meant ?? 'default'}`,
  };
}
