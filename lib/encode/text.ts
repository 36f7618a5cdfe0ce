import { type Gauge, Registry } from 'prom-client';
import type { DescribeFamily } from '../metrics/description.ts';
import { bucketBound } from '../metrics/histogram.ts';
import { nameLabel, type SeriesSample, seriesName } from '../metrics/series.ts';

type Pair = readonly [name: string, value: string];

interface Line {
  readonly metricName: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** Lines are in this order: by their labels, in a histogram by those without `le`, … */
  readonly key: string;
  /** … of equal ones buckets first, then the sum, then the count, … */
  readonly part: number;
  /** … and buckets by their bound. */
  readonly bound: number;
}

const noNames: ReadonlySet<string> = new Set();

/**
 * Exposition text 0.0.4: HELP, TYPE and samples without timestamps, families by name, labels by name, samples by
 * their labels, so that the same samples always give the same text. Stale samples are left out, and so are families
 * without others: a HELP line alone would say nothing. What is not described is untyped.
 *
 * @param without label names to leave out, because the address of the push carries them.
 * @throws {TypeError} when two samples have the same name and labels.
 */
export async function encodeText(
  samples: readonly SeriesSample[],
  describe: DescribeFamily,
  without: ReadonlySet<string> = noNames,
): Promise<string> {
  const blocks = Map.groupBy(
    samples.filter(({ value }) => value !== 'stale'),
    (sample) => blockOf(sample, describe),
  );
  if (blocks.size === 0) return '';
  const registry = new Registry();
  for (const [name, parts] of [...blocks].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const { help, type } = describe(name) ?? { help: '', type: 'untyped' };
    registry.registerMetric(asMetric({ name, help, type, values: sortedLines(name, parts, without) }));
  }
  return registry.metrics();
}

/** The family, where it is described as one that has such a series; otherwise the series stand for themselves. */
function blockOf({ series }: SeriesSample, describe: DescribeFamily): string {
  const name = seriesName(series);
  const type = describe(series.family)?.type;
  const suffixes = type === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
  const belongs = type !== undefined && suffixes.some((suffix) => name === series.family + suffix);
  return belongs ? series.family : name;
}

function sortedLines(name: string, samples: readonly SeriesSample[], without: ReadonlySet<string>): Line[] {
  const lines = new Map<string, Line>();
  for (const sample of samples) {
    const metricName = seriesName(sample.series);
    const pairs = pairsOf(sample, without);
    const key = JSON.stringify([metricName, pairs]);
    if (lines.has(key)) {
      throw new TypeError(`${metricName} has two samples with the labels ${JSON.stringify(pairs)}`);
    }
    const labels = Object.fromEntries(pairs);
    const value = sample.value === 'stale' ? Number.NaN : sample.value;
    lines.set(key, { metricName, labels, value, ...placeOf(metricName.slice(name.length), pairs) });
  }
  return [...lines.values()].sort(inOrder);
}

const pairsOf = ({ series: { names, values } }: SeriesSample, without: ReadonlySet<string>): Pair[] =>
  names
    .map((label, index): Pair => [label, values[index] ?? ''])
    .filter(([label]) => label !== nameLabel && !without.has(label));

function placeOf(suffix: string, pairs: readonly Pair[]): Pick<Line, 'key' | 'part' | 'bound'> {
  if (suffix !== '_bucket')
    return { key: JSON.stringify(pairs), part: suffix === '_count' ? 2 : 1, bound: 0 };
  const key = JSON.stringify(pairs.filter(([label]) => label !== 'le'));
  return { key, part: 0, bound: bucketBound(pairs.find(([label]) => label === 'le')?.[1] ?? '') };
}

const inOrder = (a: Line, b: Line): number =>
  a.key === b.key ? a.part - b.part || (a.bound < b.bound ? -1 : 1) : a.key < b.key ? -1 : 1;

/**
 * A finished metric for the registry to print. Filling a real Gauge or Counter would lose series: prom-client keeps
 * them under `name:value,` joined, and `{a="x,b:y"}` has the key of `{a="x", b="y"}`; a Counter also refuses what
 * it did not count itself, and a Gauge without labels starts with a 0 nobody measured.
 */
function asMetric(printed: {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly values: readonly Line[];
}): Gauge {
  const metric = { name: printed.name, get: async () => printed };
  // Registry 15 reads `name` and awaits `get()` of what is registered, nothing else; test/encode/text.test.ts
  // would fail on the first release that reads more.
  return metric as unknown as Gauge;
}
