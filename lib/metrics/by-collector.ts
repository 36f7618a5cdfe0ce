import type { Family } from './family.ts';
import type { Series, SeriesSample } from './series.ts';
import type { SeriesTable } from './series-table.ts';
import { toSeriesSamples } from './to-series.ts';

/** What a collector made in one tick, with every label. */
export interface ProducedFamilies {
  readonly collector: string;
  /** Before checks and limits. */
  readonly produced: readonly Family[];
}

export interface CollectorFamilies extends ProducedFamilies {
  /** What of it goes out; as it was produced (the same object) unless label sets were folded. */
  readonly families: readonly Family[];
}

/**
 * Tells for each family that goes out whose it is. Of several collectors with a family of one name it is the first
 * one's, as in `checkFamilies`.
 */
export function familiesByCollector(
  produced: readonly ProducedFamilies[],
  goingOut: readonly Family[],
): readonly CollectorFamilies[] {
  const unclaimed = new Map(goingOut.map((family) => [family.descriptor.name, family]));
  const claim = ({ descriptor: { name } }: Family): readonly Family[] => {
    const family = unclaimed.get(name);
    unclaimed.delete(name);
    return family === undefined ? [] : [family];
  };
  return produced.map((one) => ({ ...one, families: one.produced.flatMap(claim) }));
}

export interface CollectorSeries {
  readonly collector: string;
  /** What goes out. */
  readonly samples: readonly SeriesSample[];
  /**
   * Series that go out, or would but for a check or a limit. A series that was pushed before and is not among them has
   * ended.
   */
  readonly alive: ReadonlySet<Series>;
}

/** The series of collectors; only what a check or a limit changed is looked at twice. */
export const seriesByCollector = (
  all: readonly CollectorFamilies[],
  table: SeriesTable,
): readonly CollectorSeries[] =>
  all.map(({ collector, produced, families }) => {
    const samples = toSeriesSamples(families, table);
    const alive = new Set(samples.map(({ series }) => series));
    const asProduced = new Set(families);
    for (const family of produced.filter((one) => !asProduced.has(one))) {
      for (const series of seriesOfUnchecked(family, table)) alive.add(series);
    }
    return { collector, samples, alive };
  });

/** None where they cannot be series at all: then they were never pushed. */
function seriesOfUnchecked(family: Family, table: SeriesTable): readonly Series[] {
  try {
    return toSeriesSamples([family], table).map(({ series }) => series);
  } catch (error) {
    if (error instanceof TypeError) return [];
    throw error;
  }
}
