import type { Family, FamilyDescriptor, Sample } from './family.ts';
import { wireLabelValue } from './label-value.ts';
import { nameLabel, type Series, type SeriesSample } from './series.ts';
import type { SeriesTable } from './series-table.ts';

/** Mimir's `max_label_names_per_series`, the lowest limit among receivers; `__name__` counts. */
export const maxLabels = 30;

/**
 * The families as series: `__name__` added, with the suffix in histograms, labels sorted, those with an empty value
 * left out (Remote-Write 1.0, "Labels"), long values cut. Names are not looked at again: `check.ts` did.
 *
 * @param table where given, equal series are the same objects, in this call and in every other with it.
 * @throws {TypeError} for what the check should have dropped: too many labels, a label `__name__`, a sample of a
 *   histogram without suffix or another with one.
 */
export function toSeriesSamples(families: Iterable<Family>, table?: SeriesTable): SeriesSample[] {
  const shapes = new Map<string, readonly string[]>();
  const all: SeriesSample[] = [];
  for (const { descriptor, samples } of families) {
    for (const sample of samples) {
      const series = toSeries(descriptor, sample, shapes);
      all.push({
        series: table?.intern(series.names, series.values, series.family) ?? series,
        value: sample.value,
      });
    }
  }
  return all;
}

function toSeries(
  { name: family, type }: FamilyDescriptor,
  { labels, suffix }: Sample,
  shapes: Map<string, readonly string[]>,
): Series {
  if ((suffix !== undefined) !== (type === 'histogram')) {
    throw new TypeError(`${family} is a ${type} and has a sample with the suffix ${suffix ?? '(none)'}`);
  }
  const present = Object.keys(labels).filter((name) => labels[name] !== '');
  const shape = present.join();
  let names = shapes.get(shape);
  if (names === undefined) {
    names = sortedNames(family, present);
    shapes.set(shape, names);
  }
  const name = suffix === undefined ? family : family + suffix;
  const values = names.map((label) => (label === nameLabel ? name : wireLabelValue(labels[label] ?? '')));
  return { family, names, values };
}

function sortedNames(family: string, present: readonly string[]): readonly string[] {
  if (present.includes(nameLabel)) throw new TypeError(`${family} has a label ${nameLabel}`);
  const names = [nameLabel, ...present].sort();
  if (names.length > maxLabels) {
    throw new TypeError(`${family} has ${names.length} labels with its name; ${maxLabels} are allowed`);
  }
  return names;
}
