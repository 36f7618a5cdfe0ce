import uPlot from 'uplot';
import { resolveColour } from './colours.ts';
import type { Line } from './lines.ts';
import { formatTick, type Unit } from './unit.ts';

export interface PlotOptions {
  readonly unit: Unit;
  readonly height: number;
  /** One for each line, names of CSS variables. */
  readonly colours: readonly string[];
  /** Called with the position the pointer is at; null when it left. */
  onPoint(index: number | null): void;
}

/** The pointer of one chart is drawn in all. */
const sync = uPlot.sync('charts');

/** The drawing alone, without title and legend. */
export function createPlot(container: HTMLElement, lines: readonly Line[], options: PlotOptions): uPlot {
  const plot = new uPlot(plotOptions(container, lines, options), [[], ...lines.map(() => [])], container);
  sync.sub(plot);
  return plot;
}

export const plotData = (times: readonly number[], lines: readonly Line[]): uPlot.AlignedData => [
  times.map((ms) => ms / 1000),
  ...lines.map(({ values }) => [...values]),
];

function plotOptions(
  container: HTMLElement,
  lines: readonly Line[],
  { unit, height, colours, onPoint }: PlotOptions,
): uPlot.Options {
  return {
    width: Math.max(120, container.clientWidth),
    height,
    legend: { show: false },
    padding: [8, 26, 0, 0],
    cursor: {
      y: false,
      drag: { x: false, y: false },
      points: { size: 6 },
      focus: { prox: 24 },
      sync: { key: 'charts', setSeries: false },
    },
    focus: { alpha: 0.25 },
    scales: { y: { range: (_plot, min, max) => valueRange(unit, min, max) } },
    axes: [timeAxis(), valueAxis(unit)],
    series: [
      {},
      ...lines.map(({ label }, position) => ({
        label,
        stroke: resolveColour(colours[position] ?? '--line-0'),
        width: 1.75,
        points: { show: true, size: 4, filter: lonePoints },
        // Counts and flags jump; a slope between two of them would show values that never were.
        ...(unit === 'count' || unit === 'flag' ? { paths: stepped } : {}),
      })),
    ],
    hooks: { setCursor: [(plot) => onPoint(plot.cursor.idx ?? null)] },
  };
}

const stepped = uPlot.paths.stepped?.({ align: -1 }) ?? (() => null);

/** A single sample between gaps has no line; without a point it would be invisible. */
function lonePoints(plot: uPlot, position: number): number[] {
  const values = plot.data[position] ?? [];
  const missing = (index: number) => (values[index] ?? null) === null;
  return Array.from(values.keys()).filter((i) => !missing(i) && missing(i - 1) && missing(i + 1));
}

/** Zero belongs to the picture of whatever counts something, and a flat line to its middle. */
function valueRange(unit: Unit, min: number | null, max: number | null): uPlot.Range.MinMax {
  if (unit === 'flag') return [-0.15, 1.15];
  if (min === null || max === null) return [0, 1];
  const [low, high] = [Math.min(0, min), Math.max(0, max)];
  if (unit === 'count') return [low, Math.max(high * 1.1, low + 1)];
  return low === high ? [low, low + 1] : [low, high * 1.1];
}

const font = '11px ui-sans-serif, system-ui, sans-serif';

function timeAxis(): uPlot.Axis {
  return {
    stroke: () => resolveColour('--muted'),
    grid: { stroke: () => resolveColour('--grid'), width: 1 },
    ticks: { show: false },
    font,
    size: 24,
    gap: 4,
    space: 72,
    values: (_plot, splits) => splits.map((seconds) => clockText(seconds)),
  };
}

const clockText = (seconds: number): string =>
  new Date(seconds * 1000).toLocaleTimeString('en-GB', { hour12: false });

function valueAxis(unit: Unit): uPlot.Axis {
  return {
    stroke: () => resolveColour('--muted'),
    grid: { stroke: () => resolveColour('--grid'), width: 1 },
    ticks: { show: false },
    font,
    size: (_plot, values) => 14 + 6.2 * Math.max(2, ...(values ?? []).map((text) => text.length)),
    gap: 6,
    space: 30,
    incrs: increments(unit),
    values: (_plot, splits) => splits.map((value) => formatTick(unit, value)),
  };
}

const powers = [0.000_001, 0.000_01, 0.0001, 0.001, 0.01, 0.1, 1, 10, 100, 1000, 10_000, 100_000, 1e6, 1e7];

/** Steps that read well: whole numbers for counts, minutes and hours for durations, powers of two for bytes. */
function increments(unit: Unit): number[] {
  const decimal = powers.flatMap((power) => [power, 2 * power, 5 * power]);
  switch (unit) {
    case 'flag':
      return [1];
    case 'count':
      return decimal.filter((step) => step >= 1);
    case 'bytes':
      return powers.flatMap((_, power) => [2 ** (2 * power), 2 ** (2 * power + 1)]);
    case 'duration':
    case 'timestamp':
      return [
        ...decimal.filter((step) => step <= 20),
        ...[30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 10_800, 21_600, 43_200],
        ...[1, 2, 5, 10, 20, 50, 100, 200, 365, 730, 3650].map((days) => days * 86_400),
      ];
  }
}
