import type { Family, Labels } from './family.ts';
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
  const toSeries = createToSeries(table);
  const all: SeriesSample[] = [];
  for (const { descriptor, samples } of families) {
    const { name, type } = descriptor;
    for (const { labels, suffix, value } of samples) {
      if ((suffix !== undefined) !== (type === 'histogram')) {
        throw new TypeError(`${name} is a ${type} and has a sample with the suffix ${suffix ?? '(none)'}`);
      }
      all.push({ series: toSeries(name, suffix ?? '', labels), value });
    }
  }
  return all;
}

/** The series of one sample. @param suffix empty, or that of a part of a histogram */
export type ToSeries = (family: string, suffix: string, labels: Labels) => Series;

/** As in `toSeriesSamples`, one at a time. @param common labels of every series; a sample's own win */
export function createToSeries(table?: SeriesTable, common: Labels = {}): ToSeries {
  const shapes = new Map<string, readonly string[]>();
  return (family, suffix, own) => {
    const labels = { ...common, ...own };
    const present = Object.keys(labels).filter((name) => labels[name] !== '');
    const shape = present.join();
    let names = shapes.get(shape);
    if (names === undefined) {
      names = sortedNames(family, present);
      shapes.set(shape, names);
    }
    const name = family + suffix;
    const values = names.map((label) => (label === nameLabel ? name : wireLabelValue(labels[label] ?? '')));
    return table === undefined ? { family, names, values } : table.intern(names, values, family);
  };
}

function sortedNames(family: string, present: readonly string[]): readonly string[] {
  if (present.includes(nameLabel)) throw new TypeError(`${family} has a label ${nameLabel}`);
  const names = [nameLabel, ...present].sort();
  if (names.length > maxLabels) {
    throw new TypeError(`${family} has ${names.length} labels with its name; ${maxLabels} are allowed`);
  }
  return names;
}
