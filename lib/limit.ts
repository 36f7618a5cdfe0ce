import { runDuration, startDelay, taskRunDuration } from './collectors/kept-families.ts';
import type { Gathered } from './gather.ts';
import { type Ledger, sourceNames } from './ledger/ledger.ts';
import { histogramSeriesCount, type Room, sizeOfMap } from './ledger/series-map.ts';
import { limitSeries } from './metrics/cardinality.ts';
import { countSeries } from './metrics/count.ts';
import type { Family } from './metrics/family.ts';
import { seriesLimitProblem } from './metrics/series-limit.ts';
import type { Problem } from './problem.ts';

/*
 * MAX_SERIES. In this order: label sets that are new in the ledger go into `flow="_other"` (histograms first, because
 * one of them takes many series), open runs fold, the ledger's histograms stay behind, whole families of gauges stay
 * behind. Counters, `prefect_deployment_*` and self-metrics go last.
 */

export interface Limited {
  readonly families: readonly Family[];
  /** Whether histograms are sent. They are counted all the same. */
  readonly withHistograms: boolean;
  readonly problem: Problem | undefined;
}

/** Series of the ledger, as a receiver counts them. */
export const ledgerSeries = (ledger: Ledger): number =>
  sourceNames.reduce((sum, name) => sum + sizeOfMap(ledger.sources[name].series), 0);

/** What is left for label sets that the ledger does not have yet. */
export function roomFor(ledger: Ledger, gathered: Gathered, maxSeries: number): Room {
  const taken =
    countSeries(gathered.families) + selfReserve(gathered) + sizeOfMap(ledger.own) + ledgerSeries(ledger);
  return { left: Math.max(0, maxSeries - taken), folded: 0, isFull: false };
}

/** @param isFull whether the ledger found no room for a new label set */
export function limit(
  ledger: Ledger,
  families: readonly Family[],
  gathered: Gathered,
  { maxSeries, isFull }: { readonly maxSeries: number; readonly isFull: boolean },
): Limited {
  const kept = ledgerSeries(ledger) + sizeOfMap(ledger.own) + selfReserve(gathered);
  const { tags } = gathered.added;
  const all = limitSeries(families, maxSeries, tags, kept);
  const histograms = sourceNames.reduce(
    (sum, name) => sum + histogramSeriesCount(ledger.sources[name].series),
    0,
  );
  const fits = all.droppedFamilies.length === 0 && kept <= maxSeries;
  if (histograms > 0 && !fits) {
    const rest = limitSeries(families, maxSeries, tags, kept - histograms);
    const dropped = [...rest.droppedFamilies, ...histogramNames].sort();
    const problem = seriesLimitProblem(families, { maxSeries, total: all.total, dropped });
    return { families: rest.families, withHistograms: false, problem };
  }
  const isFolded = isFull && all.problem === undefined;
  const problem = isFolded
    ? seriesLimitProblem(families, { maxSeries, total: all.total, dropped: [] })
    : all.problem;
  return { families: all.families, withHistograms: true, problem };
}

const histogramNames = [runDuration, startDelay, taskRunDuration].map(({ name }) => name);

/** At least as many as there will be self-metrics: some for each collector, one for each family, and a few more. */
const selfReserve = ({ outcomes, families }: Gathered): number => 60 + 3 * outcomes.length + families.length;
