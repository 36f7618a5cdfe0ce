import { type Gauge, Registry } from 'prom-client';
import type { Family, FamilyDescriptor } from '../metrics/family.ts';
import { type WireSeries, wireSeries } from './series.ts';

interface Line {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const noNames: ReadonlySet<string> = new Set();

/**
 * Exposition text 0.0.4: HELP, TYPE and samples without timestamps, families by name, labels by name, samples by
 * their labels, so that the same families always give the same text. Families without samples are left out:
 * a HELP line alone would say nothing.
 *
 * @param without label names to leave out, because the address of the push carries them.
 * @throws {TypeError} when two samples have the same name and labels.
 */
export async function encodeText(
  families: readonly Family[],
  without: ReadonlySet<string> = noNames,
): Promise<string> {
  const byName = Map.groupBy(
    families.filter(({ samples }) => samples.length > 0),
    ({ descriptor }) => descriptor.name,
  );
  if (byName.size === 0) return '';
  const registry = new Registry();
  for (const [name, parts] of [...byName].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const lines = sortedLines(name, wireSeries(parts), without);
    const descriptor = parts[0]?.descriptor;
    if (descriptor !== undefined) registry.registerMetric(asMetric(descriptor, lines));
  }
  return registry.metrics();
}

function sortedLines(name: string, series: Iterable<WireSeries>, without: ReadonlySet<string>): Line[] {
  const lines = new Map<string, Line>();
  for (const { names, values, value } of series) {
    const pairs = names
      .map((label, index): [string, string] => [label, values[index] ?? ''])
      .filter(([label]) => label !== '__name__' && !without.has(label));
    const key = JSON.stringify(pairs);
    if (lines.has(key)) throw new TypeError(`${name} has two samples with the labels ${key}`);
    lines.set(key, { labels: Object.fromEntries(pairs), value });
  }
  return [...lines].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, line]) => line);
}

/**
 * A finished metric for the registry to print. Filling a real Gauge or Counter would lose series: prom-client keeps
 * them under `name:value,` joined, and `{a="x,b:y"}` has the key of `{a="x", b="y"}`; a Counter also refuses what
 * it did not count itself, and a Gauge without labels starts with a 0 nobody measured.
 */
function asMetric({ name, help, type }: FamilyDescriptor, values: readonly Line[]): Gauge {
  const metric = { name, get: async () => ({ name, help, type, values }) };
  // Registry 15 reads `name` and awaits `get()` of what is registered, nothing else; test/encode/text.test.ts
  // would fail on the first release that reads more.
  return metric as unknown as Gauge;
}
