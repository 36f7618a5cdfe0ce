import type { HistorySeries } from './history.ts';
import { drawn, type Unit } from './unit.ts';

/** One line of a chart and its row in the legend. */
export interface Line {
  readonly key: string;
  /** The label values that tell it from the others. */
  readonly label: string;
  /** What it is in full, for a tooltip. */
  readonly title: string;
  /** As drawn (timestamps as ages), one for each time. */
  readonly values: readonly (number | null)[];
}

/** Whom a person names first; other labels come after these. */
const firstLabels = ['flow', 'deployment', 'work_pool', 'work_queue'];
/** On all series, and the same on most pages; not worth a word. */
const commonLabels = ['job', 'workspace'];

/** Names of labels whose values differ among these series, flow and deployment first. */
export function differingLabels(series: readonly HistorySeries[]): string[] {
  return labelNames(series).filter((name) => distinct(series, [name]) > 1);
}

/** Every label these series have, flow and deployment first. */
export function labelNames(series: readonly HistorySeries[]): string[] {
  const rank = (name: string) =>
    (firstLabels.indexOf(name) + firstLabels.length + 1) % (firstLabels.length + 1);
  const names = new Set(series.flatMap(({ labels }) => Object.keys(labels)));
  return [...names].sort((a, b) => rank(a) - rank(b));
}

/** The fewest labels found that tell these series apart: a queue says nothing where each deployment has only one. */
export function tellingLabels(series: readonly HistorySeries[]): string[] {
  const differing = differingLabels(series);
  const wanted = distinct(series, differing);
  return differing.reduceRight((kept, name) => {
    const without = kept.filter((one) => one !== name);
    return distinct(series, without) === wanted ? without : kept;
  }, differing);
}

const distinct = (series: readonly HistorySeries[], names: readonly string[]): number =>
  new Set(series.map(({ labels }) => JSON.stringify(names.map((name) => labels[name] ?? '')))).size;

/** The values of these labels, `etl / hourly`; empty ones as `–`. */
export const labelText = (labels: Readonly<Record<string, string>>, names: readonly string[]): string =>
  names.map((name) => labels[name] || '–').join(' / ');

/** One line a series. */
export function seriesLines(series: readonly HistorySeries[], unit: Unit, times: readonly number[]): Line[] {
  const telling = tellingLabels(series);
  const names =
    telling.length > 0 ? telling : labelNames(series).filter((name) => !commonLabels.includes(name));
  return series.map(({ key, labels, values }) => ({
    key,
    label: names.length === 0 ? 'value' : labelText(labels, names),
    title: key,
    values: drawnValues(unit, values, times),
  }));
}

export type Fold = 'sum' | 'min';

/** One line for each combination of these labels: the series of one are added, or the smallest is taken. */
export function foldedLines(
  series: readonly HistorySeries[],
  by: readonly string[],
  fold: Fold,
  unit: Unit,
  times: readonly number[],
): Line[] {
  const groups = Map.groupBy(series, ({ labels }) => labelText(labels, by));
  return [...groups].map(([label, members]) => ({
    key: label,
    label,
    title: `${fold} of ${members.length} series: ${by.join(', ')} = ${label}`,
    values: drawnValues(
      unit,
      times.map((_, index) => foldAt(members, index, fold)),
      times,
    ),
  }));
}

function foldAt(members: readonly HistorySeries[], index: number, fold: Fold): number | null {
  const present = members.map(({ values }) => values[index] ?? null).filter((value) => value !== null);
  if (present.length === 0) return null;
  return fold === 'sum' ? present.reduce((sum, value) => sum + value, 0) : Math.min(...present);
}

const drawnValues = (unit: Unit, values: readonly (number | null)[], times: readonly number[]) =>
  values.map((value, index) => drawn(unit, value, times[index] ?? 0));

/** The `limit` lines with the largest newest values, in the order of their labels; and how many were left out. */
export function largest(lines: readonly Line[], limit: number): { shown: Line[]; hidden: number } {
  const ranked = [...lines].sort((a, b) => newest(b) - newest(a) || compareLabels(a, b));
  return { shown: ranked.slice(0, limit).sort(compareLabels), hidden: Math.max(0, lines.length - limit) };
}

const compareLabels = (a: Line, b: Line): number => a.label.localeCompare(b.label, 'en', { numeric: true });

/** A line without a newest value comes last. */
const newest = ({ values }: Line): number => values.at(-1) ?? Number.NEGATIVE_INFINITY;
