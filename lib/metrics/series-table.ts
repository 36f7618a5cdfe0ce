import type { Series } from './series.ts';

/**
 * Gives the same object for the same name and labels, so that series can be compared, and kept in sets and maps, by
 * identity. It forgets nothing: one for as long as the objects are compared.
 */
export interface SeriesTable {
  /** As in `Series`. The family is that of the first call. */
  intern(names: readonly string[], values: readonly string[], family: string): Series;
}

/** The series of one list of names, by their joined values. */
interface Shape {
  readonly names: readonly string[];
  readonly series: Map<string, Series>;
}

/** Half a character: values are well-formed and cannot hold it, so joined values stay apart. */
const separator = '\ud800';

export function createSeriesTable(): SeriesTable {
  const shapes = new Map<string, Shape>();
  // Callers share arrays of names; with this, each array is joined once.
  const byArray = new WeakMap<readonly string[], Shape>();

  const shapeOf = (names: readonly string[]): Shape => {
    const seen = byArray.get(names);
    if (seen !== undefined) return seen;
    const key = names.join();
    const shape = shapes.get(key) ?? { names, series: new Map() };
    shapes.set(key, shape);
    byArray.set(names, shape);
    return shape;
  };

  return {
    intern(names, values, family) {
      const shape = shapeOf(names);
      const key = values.join(separator);
      const known = shape.series.get(key);
      if (known !== undefined) return known;
      const series = { family, names: shape.names, values };
      shape.series.set(key, series);
      return series;
    },
  };
}
