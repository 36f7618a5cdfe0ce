import type { Labels, Sample } from './family.ts';

/**
 * What makes a series the same series: its labels by name, without the empty ones, as one string. Lone surrogates
 * become U+FFFD, as on the wire, where they can make two values one.
 */
export function seriesKey(labels: Labels): string {
  const present: [string, string][] = [];
  for (const name of Object.keys(labels).sort()) {
    const value = labels[name] ?? '';
    if (value !== '') present.push([name, value.toWellFormed()]);
  }
  return JSON.stringify(present);
}

/** The same within a family, where the series of a histogram differ by their suffix as well. */
export const sampleKey = ({ labels, suffix }: Pick<Sample, 'labels' | 'suffix'>): string =>
  `${suffix ?? ''}${seriesKey(labels)}`;
