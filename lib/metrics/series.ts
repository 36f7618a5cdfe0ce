/** One series, as a receiver knows it: its name and all of its labels. */
export interface Series {
  /** Name of the family; the series of a histogram have names of their own (`_bucket`, `_sum`, `_count`). */
  readonly family: string;
  /** In code unit order, `__name__` in its place among them; series of one shape share the array. */
  readonly names: readonly string[];
  /** The value of each name; well-formed, none is empty, none is too long. */
  readonly values: readonly string[];
}

/** `stale` ends the series at this instant: a Prometheus stale marker. */
export type SeriesValue = number | 'stale';

export interface SeriesSample {
  readonly series: Series;
  readonly value: SeriesValue;
}

export const nameLabel = '__name__';

/** The name of the metric: that of the family, in a histogram with its suffix. */
export const seriesName = ({ names, values }: Series): string => values[names.indexOf(nameLabel)] ?? '';
