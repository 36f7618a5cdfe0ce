import type { History, HistorySeries } from './history.ts';

export interface FamilyMatch {
  readonly name: string;
  /** The series that match; never empty. */
  readonly series: readonly HistorySeries[];
  /** All series of the family. */
  readonly total: number;
}

/**
 * The families with series that match all words of the query, by name. A word matches anywhere in the family's name
 * or in a label value, whatever the case; `label=value` matches that label only.
 */
export function search(history: History, query: string): FamilyMatch[] {
  const tests = query.toLowerCase().split(/\s+/).filter(Boolean).map(wordTest);
  const byName = Map.groupBy(history.series.values(), ({ name }) => name);
  return [...byName]
    .map(([name, all]) => {
      const series = all.filter((one) => tests.every((test) => test(one)));
      return { name, series: series.sort(byKey), total: all.length };
    })
    .filter(({ series }) => series.length > 0)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

export const byKey = (a: HistorySeries, b: HistorySeries): number =>
  a.key.localeCompare(b.key, 'en', { numeric: true });

function wordTest(word: string): (series: HistorySeries) => boolean {
  const [label, value] = word.split('=', 2);
  if (label !== undefined && value !== undefined) {
    const wanted = value.replaceAll('"', '');
    return ({ labels }) => labels[label]?.toLowerCase().includes(wanted) ?? false;
  }
  return ({ name, labels }) =>
    name.includes(word) || Object.values(labels).some((text) => text.toLowerCase().includes(word));
}
