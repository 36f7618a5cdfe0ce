import type { CollectorOutcome } from './collectors/collect.ts';
import { lastRuns } from './collectors/kept.ts';
import { selfFamilies } from './collectors/self.ts';
import type { Gathered } from './gather.ts';
import { countExchanges, type Exchange } from './http/observed.ts';
import { type CollectedSamples, compose } from './ledger/compose.ts';
import { type Folded, fold } from './ledger/fold.ts';
import { lastRunFamilies } from './ledger/last-runs.ts';
import { type Ledger, type SourceName, sourceNames } from './ledger/ledger.ts';
import { waitingSamples } from './ledger/outbox.ts';
import { countOwn } from './ledger/own-counters.ts';
import { countByFamily } from './ledger/series-map.ts';
import type { LedgerSettings } from './ledger/settings.ts';
import { limit, roomFor } from './limit.ts';
import { familiesByCollector, type ProducedFamilies, seriesByCollector } from './metrics/by-collector.ts';
import { checkFamilies } from './metrics/check.ts';
import { seriesByFamily } from './metrics/count.ts';
import { withLabels } from './metrics/labels.ts';
import type { SeriesTable } from './metrics/series-table.ts';
import { createToSeries } from './metrics/to-series.ts';
import type { Problem } from './problem.ts';
import { version } from './version.ts';

/** What is known of this tick and the one before besides what was read. */
export interface TickFacts {
  readonly nowMs: number;
  /** Size of the document as it was read, bytes; 0 for a new one. */
  readonly ledgerBytes: number;
  /** How long the tick before this one pushed, ms; undefined where this process does not know. */
  readonly pushMs: number | undefined;
  /** Requests to Prefect that were not counted yet. */
  readonly exchanges: readonly Exchange[];
  readonly apiRetries: number;
  readonly prefectAnswered: boolean | undefined;
  /** Failures since the last tick that was committed. */
  readonly errors: { readonly push: number; readonly store: number };
}

export interface Advanced {
  readonly problems: readonly Problem[];
  /** Series of this tick's instant. */
  readonly series: number;
  /** Of all of them, self-metrics included. */
  readonly seriesByFamily: ReadonlyMap<string, number>;
  /** Ticks that were missed and are written now. */
  readonly repairedTicks: number;
}

/**
 * Takes one tick into the ledger: folds what was read, limits, adds the self-metrics, and puts what goes out into the
 * outbox. Nothing of it counts before the ledger is stored.
 */
export function advance(
  ledger: Ledger,
  gathered: Gathered,
  facts: TickFacts,
  { settings, table }: { readonly settings: LedgerSettings; readonly table: SeriesTable },
): Advanced {
  const { nowMs } = facts;
  const room = roomFor(ledger, gathered, settings.maxSeries);
  const folded = fold(ledger, gathered.reading, settings, nowMs, room);
  const repairedTicks = settings.keepsLast ? 0 : countRepaired(folded, nowMs);
  noteSuccesses(ledger, gathered.outcomes, nowMs);
  countOwn(ledger, ownFigures(gathered, facts, { folded, repairedTicks }), nowMs);

  const produced = [...gathered.produced, ...lastRunsProduced(ledger, gathered, settings)];
  const checked = checkFamilies(
    produced.flatMap((one) => one.produced),
    gathered.added,
  );
  const limited = limit(ledger, checked.families, gathered, {
    maxSeries: settings.maxSeries,
    isFull: room.isFull,
  });
  const counts = new Map([
    ...seriesByFamily(limited.families),
    ...keptCounts(ledger, folded, { settings, withHistograms: limited.withHistograms, nowMs }),
  ]);
  const self = withLabels(
    selfFamilies(selfReport(ledger, gathered, facts, { settings, counts })),
    gathered.labels,
  );
  const families = [...limited.families, ...self];
  const collected: readonly CollectedSamples[] = seriesByCollector(
    familiesByCollector([...produced, { collector: 'self', produced: self }], families),
    table,
  );
  const toSeries = createToSeries(table, gathered.labels);
  compose(ledger, folded, { nowMs, settings, collected, withHistograms: limited.withHistograms, toSeries });
  ledger.lastTickMs = nowMs;
  ledger.workspace = gathered.workspace;
  const all = new Map([...counts, ...seriesByFamily(self)]);
  return {
    problems: limited.problem === undefined ? [] : [limited.problem],
    series: [...all.values()].reduce((sum, n) => sum + n, 0),
    seriesByFamily: all,
    repairedTicks,
  };
}

const countRepaired = ({ emitted }: Folded, nowMs: number): number =>
  new Set(
    sourceNames
      .flatMap((name) => emitted[name].map(({ tickMs }) => tickMs))
      .filter((tickMs) => tickMs < nowMs),
  ).size;

function noteSuccesses(ledger: Ledger, outcomes: readonly CollectorOutcome[], nowMs: number): void {
  const names = new Set(outcomes.map(({ collector }) => collector));
  for (const known of ledger.lastSuccesses.keys()) if (!names.has(known)) ledger.lastSuccesses.delete(known);
  for (const { collector, success } of outcomes) if (success) ledger.lastSuccesses.set(collector, nowMs);
}

function ownFigures(
  gathered: Gathered,
  { exchanges, apiRetries, errors }: TickFacts,
  { folded, repairedTicks }: { readonly folded: Folded; readonly repairedTicks: number },
) {
  const invalid = gathered.problems.filter(({ slug }) => slug === 'invalid-family').length;
  const failed = gathered.outcomes.filter(({ success }) => !success).length;
  return {
    apiRequests: countExchanges(exchanges),
    apiRetries,
    apiResponseBytes: exchanges.reduce((sum, { responseBytes }) => sum + responseBytes, 0),
    runsFiltered: folded.runsFiltered,
    labelSetsFolded: folded.labelSetsFolded,
    repairedTicks,
    errors: { read: failed, check: invalid, ...errors },
  };
}

/** The gauges that the ledger knows, of listed deployments, when this tick knows of every end until now. */
function lastRunsProduced(
  ledger: Ledger,
  gathered: Gathered,
  settings: LedgerSettings,
): readonly ProducedFamilies[] {
  const { deployments } = gathered.reading;
  const isWhole = gathered.outcomes.some(({ collector, success }) => collector === lastRuns.name && success);
  if (!isWhole || deployments === undefined) return [];
  const families = lastRunFamilies(ledger, deployments, settings);
  return [{ collector: lastRuns.name, produced: withLabels(families, gathered.labels) }];
}

/** Series of this tick that come from the ledger, by family. */
function keptCounts(
  ledger: Ledger,
  { emitted }: Folded,
  { settings, withHistograms, nowMs }: { settings: LedgerSettings; withHistograms: boolean; nowMs: number },
): readonly (readonly [string, number])[] {
  const sent = sourceNames.filter(
    (name) => settings.keepsLast || emitted[name].some(({ tickMs }) => tickMs === nowMs),
  );
  const maps = [...sent.map((name) => ledger.sources[name].series), ledger.own];
  return maps.flatMap((map) => [...countByFamily(map, withHistograms)]);
}

function selfReport(
  ledger: Ledger,
  gathered: Gathered,
  facts: TickFacts,
  { settings, counts }: { readonly settings: LedgerSettings; readonly counts: ReadonlyMap<string, number> },
) {
  const { nowMs, pushMs } = facts;
  return {
    version,
    tickMs: nowMs,
    intervalSeconds: settings.intervalMs / 1000,
    phaseDurationsMs: { read: gathered.readMs, ...(pushMs === undefined ? {} : { push: pushMs }) },
    outcomes: gathered.outcomes,
    lastSuccessesMs: ledger.lastSuccesses,
    seriesByFamily: counts,
    maxSeries: settings.maxSeries,
    prefectAnswered: facts.prefectAnswered,
    ledger: {
      createdMs: ledger.createdMs,
      bytes: facts.ledgerBytes,
      cursorsUs: cursorsOf(ledger, settings),
      waitingSamples: waitingSamples(ledger.outbox),
      oldestWaitingMs: ledger.outbox.entries[0]?.tickMs,
    },
  };
}

const cursorsOf = ({ sources }: Ledger, { sources: wanted }: LedgerSettings): ReadonlyMap<string, number> =>
  new Map(sourceNames.filter((name) => wanted[name]).map((name) => [labelOf[name], sources[name].cursorUs]));

/** Sources as values of the label `source`. */
const labelOf: Readonly<Record<SourceName, string>> = {
  finishedRuns: 'finished_runs',
  finishedTaskRuns: 'task_runs',
  events: 'events',
};
