import type { Problem } from '../problem.ts';
import { seriesByFamily } from './count.ts';
import type { Family } from './family.ts';

interface Excess {
  readonly maxSeries: number;
  readonly total: number;
  /** Names of the families that were left out. */
  readonly dropped: readonly string[];
}

/** What to tell about too many series: which families, which flows, and what to set. */
export function seriesLimitProblem(families: readonly Family[], excess: Excess): Problem {
  const { maxSeries, total, dropped } = excess;
  const largest = [...seriesByFamily(families)].slice(0, 3).map(([name, n]) => `${name} ${grouped(n)}`);
  const names = flowNamePatterns(families);
  const worst = names[0];
  const left = dropped.length === 0 ? '' : ` Left out: ${dropped.join(', ')}.`;
  return {
    slug: 'series-limit',
    message: `${grouped(total)} series, MAX_SERIES ${grouped(maxSeries)}. Label sets are folded into flow="_other".${left}`,
    found: [
      `largest: ${largest.join(', ')}`,
      ...(worst === undefined ? [] : [`flows with most: ${describe(worst)}`]),
    ].join('; '),
    do: [
      ...(worst === undefined ? [] : [`FLOWS_EXCLUDE='${worst.exclude}'`]),
      'DETAIL=lean',
      `or MAX_SERIES=${roomFor(total)}`,
    ].join(', '),
  };
}

interface FlowNames {
  /** The name, with `{n}` for digits that differ. */
  readonly pattern: string;
  readonly exclude: string;
  readonly names: number;
  readonly series: number;
}

const describe = ({ pattern, names, series }: FlowNames): string =>
  names === 1 ? `${pattern} (${grouped(series)} series)` : `${pattern} (${grouped(names)} names)`;

/** Flows by the shape of their name, since generated names (`nightly-2026-11-20`) are the usual cause. */
function flowNamePatterns(families: readonly Family[]): readonly FlowNames[] {
  const shapes = new Map<string, { names: Set<string>; series: number }>();
  for (const { samples } of families) {
    for (const { labels } of samples) {
      const flow = labels.flow;
      if (flow === undefined || flow === '') continue;
      const shape = flow.replace(/\d+(?:[-_.:T]\d+)*/g, '{n}');
      const entry = shapes.get(shape) ?? { names: new Set(), series: 0 };
      entry.names.add(flow);
      entry.series += 1;
      shapes.set(shape, entry);
    }
  }
  return [...shapes]
    .map(([shape, { names, series }]) => named(shape, [...names].sort(), series))
    .sort((a, b) => b.series - a.series || (a.pattern < b.pattern ? -1 : 1));
}

function named(shape: string, names: readonly string[], series: number): FlowNames {
  const only = names.length === 1 ? names[0] : undefined;
  const literal = (text: string) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  const exclude =
    only === undefined ? `^${shape.split('{n}').map(literal).join('\\d[-_.:T\\d]*')}$` : `^${literal(only)}$`;
  return { pattern: only ?? shape, exclude, names: names.length, series };
}

/** The next multiple of 5,000 with a quarter to spare. */
const roomFor = (total: number): number => Math.ceil((total * 1.25) / 5_000) * 5_000;

const grouped = (n: number): string => n.toLocaleString('en-US').replaceAll(',', ' ');
