import type { Family } from './family.ts';

/** Series of all families together. */
export const countSeries = (families: readonly Family[]): number =>
  families.reduce((sum, { samples }) => sum + samples.length, 0);

/** Family name to its number of series, most series first, then by name; families without series are left out. */
export function seriesByFamily(families: readonly Family[]): ReadonlyMap<string, number> {
  const counts = families
    .filter(({ samples }) => samples.length > 0)
    .map(({ descriptor, samples }): [string, number] => [descriptor.name, samples.length]);
  return new Map(counts.sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)));
}
