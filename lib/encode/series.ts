import type { Family, Sample } from '../metrics/family.ts';
import { wireLabelValue } from './label-value.ts';

/** One series and its value, as every encoder takes it. */
export interface WireSeries {
  /** In code unit order, `__name__` in its place among them; series of one shape share the array. */
  readonly names: readonly string[];
  /** The value of each name; none is empty, none is too long. */
  readonly values: readonly string[];
  readonly value: number;
}

/** Mimir's `max_label_names_per_series`, the lowest limit among receivers; `__name__` counts. */
export const maxLabels = 30;

const nameLabel = '__name__';

/**
 * The families as series, one at a time: `__name__` added, labels sorted, those with an empty value left out
 * (Remote-Write 1.0, "Labels"), long values cut. Names are not looked at again: `metrics/check.ts` did.
 *
 * @throws {TypeError} for what the check should have dropped: too many labels, a label `__name__`, a histogram
 *   (its series have names of their own, which a `Sample` cannot carry).
 */
export function* wireSeries(families: Iterable<Family>): Generator<WireSeries, void, undefined> {
  const shapes = new Map<string, readonly string[]>();
  for (const { descriptor, samples } of families) {
    if (descriptor.type === 'histogram') throw new TypeError(`${descriptor.name} is a histogram`);
    for (const sample of samples) yield toSeries(descriptor.name, sample, shapes);
  }
}

function toSeries(family: string, sample: Sample, shapes: Map<string, readonly string[]>): WireSeries {
  const present = Object.keys(sample.labels).filter((name) => sample.labels[name] !== '');
  const shape = present.join();
  let names = shapes.get(shape);
  if (names === undefined) {
    names = sortedNames(family, present);
    shapes.set(shape, names);
  }
  const values = names.map((name) =>
    name === nameLabel ? family : wireLabelValue(sample.labels[name] ?? ''),
  );
  return { names, values, value: sample.value };
}

function sortedNames(family: string, present: readonly string[]): readonly string[] {
  if (present.includes(nameLabel)) throw new TypeError(`${family} has a label ${nameLabel}`);
  const names = [nameLabel, ...present].sort();
  if (names.length > maxLabels) {
    throw new TypeError(`${family} has ${names.length} labels with its name; ${maxLabels} are allowed`);
  }
  return names;
}
