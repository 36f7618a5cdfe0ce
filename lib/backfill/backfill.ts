import type { Clock } from '../clock.ts';
import { finishedTotal, retriesTotal, runDuration, startDelay } from '../collectors/kept-families.ts';
import type { Config } from '../config/config.ts';
import type { Deadline } from '../deadline.ts';
import { decodeLedger, encodeLedger } from '../ledger/document.ts';
import { createLedger, type Identity, type Ledger } from '../ledger/ledger.ts';
import type { LedgerSettings } from '../ledger/settings.ts';
import { commonLabels } from '../metrics/labels.ts';
import { createSeriesTable, type SeriesTable } from '../metrics/series-table.ts';
import { createToSeries } from '../metrics/to-series.ts';
import type { NamedDeployment } from '../prefect/resources.ts';
import type { Sink } from '../sinks/sink.ts';
import { type Store, StoreConflictError } from '../stores/store.ts';
import { BackfillError } from './error.ts';
import type { Past } from './past.ts';
import { type Period, tickCount } from './period.ts';
import type { BackfillState, StoredState } from './state.ts';
import type { Target, Written } from './target.ts';
import { backfillTicks } from './ticks.ts';
import { createFileTarget } from './to-file.ts';
import { createCountingTarget } from './to-nowhere.ts';
import { createReceiverTarget } from './to-receiver.ts';

/** What a backfill is wired with. */
export interface BackfillOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly identity: Identity;
  /** Of the exporter. */
  readonly settings: LedgerSettings;
  readonly past: Past;
  readonly deployments: readonly NamedDeployment[];
  readonly workspace: string;
  /** Undefined where there is none that takes samples of the past. */
  readonly sink: Sink | undefined;
  /** Of the ledger. */
  readonly store: Store;
  /** Undefined where nothing outlives the process. */
  readonly state: StoredState | undefined;
  /** For one access to a store. */
  deadline(): Deadline;
  readonly signal: AbortSignal;
  onProgress(progress: Progress): void;
}

export interface Progress {
  /** The tick that was written last, ms. */
  readonly tickMs: number;
  readonly ticks: number;
  readonly ticksInAll: number;
  readonly runs: number;
  /** Undefined where the server cannot count them. */
  readonly runsInAll: number | undefined;
  readonly written: Written;
}

/** What is to be done: a new backfill, or one that was interrupted. */
export interface Work {
  readonly period: Period;
  /** The OpenMetrics file; undefined for the receiver. */
  readonly output: string | undefined;
  readonly dryRun: boolean;
  readonly ledgerExisted: boolean;
  readonly resumed: BackfillState | undefined;
}

export interface BackfillReport extends Progress {
  readonly outcome: 'done' | 'interrupted';
  readonly period: Period;
  readonly series: number;
  /** What became of the ledger: `left` where there was none, and counters go on from here. */
  readonly ledger: 'left' | 'kept' | 'none';
  /** Label sets that went into `flow="_other"`. */
  readonly folded: number;
}

/** Ticks from one state to the next. */
const checkpointTicks = 60;

/**
 * Writes the flow-run counters and histograms of a past period, tick by tick, as the exporter would have. Rejects with
 * `BackfillError`, `PushError`, `StoreError` and errors of Prefect; the state says how far it came.
 */
export async function backfill(options: BackfillOptions, work: Work): Promise<BackfillReport> {
  const { past, config, workspace, signal } = options;
  const { period, resumed } = work;
  const table = createSeriesTable();
  const ledger = resumed === undefined ? newLedger(options, period) : readLedger(resumed, table);
  const target = await openTarget(options, work);
  const toSeries = createToSeries(table, commonLabels(config.series.externalLabels, workspace));
  const runsInAll = await past.countFinished({ fromUs: period.sinceMs * 1000, toUs: period.untilMs * 1000 });
  const tally: Tally = { runs: resumed?.runs ?? 0, folded: 0, series: 0, before: resumed?.samples ?? 0 };
  const progress = (): Progress => ({
    tickMs: ledger.lastTickMs,
    ticks: (ledger.lastTickMs - period.sinceMs) / period.intervalMs + 1,
    ticksInAll: tickCount(period),
    runs: tally.runs,
    runsInAll,
    written: { ...target.written(), samples: tally.before + target.written().samples },
  });
  try {
    // The first tick that is written makes a state: whatever fails after it can be gone on with.
    let sinceCheckpoint = checkpointTicks;
    const ticks = backfillTicks(ledger, period, { ...options, toSeries });
    for await (const { entry, runs, folded } of ticks) {
      await target.write(entry);
      tally.runs += runs;
      tally.folded += folded;
      tally.series = entry.series.length;
      options.onProgress(progress());
      sinceCheckpoint += 1;
      const isLast = entry.tickMs >= period.untilMs;
      if (sinceCheckpoint < checkpointTicks && !isLast && !signal.aborted) continue;
      sinceCheckpoint = 0;
      await saveState(options, work, ledger, target, progress());
      if (signal.aborted && !isLast) return report('interrupted', 'none');
    }
    await target.finish();
    const left = work.dryRun ? 'none' : await leaveLedger(options, work, ledger);
    if (!work.dryRun) await options.state?.remove(options.deadline());
    return report('done', left);
  } finally {
    await target.close();
  }

  function report(outcome: BackfillReport['outcome'], left: BackfillReport['ledger']): BackfillReport {
    return { ...progress(), outcome, period, series: tally.series, folded: tally.folded, ledger: left };
  }
}

interface Tally {
  runs: number;
  folded: number;
  series: number;
  /** Samples of the processes before this one. */
  readonly before: number;
}

const newLedger = ({ clock, identity }: BackfillOptions, { sinceMs }: Period): Ledger =>
  createLedger(clock.uuid(), identity, sinceMs);

const readLedger = ({ ledger }: BackfillState, table: SeriesTable): Ledger =>
  decodeLedger(ledger, (family, names, values) => table.intern(names, values, family));

const families = [finishedTotal, retriesTotal, runDuration, startDelay];

async function openTarget(options: BackfillOptions, { output, dryRun, resumed }: Work): Promise<Target> {
  const { sink, config, clock, settings } = options;
  const maxSeriesPerRequest =
    config.sink?.kind === 'remote-write' ? config.sink.maxSeriesPerRequest : defaultSeriesPerRequest;
  if (dryRun) return createCountingTarget({ maxSeriesPerRequest });
  if (output !== undefined) {
    const written = families.filter(({ name }) => settings.wants(name));
    return createFileTarget({ path: output, families: written, resumed: resumed?.target });
  }
  if (sink === undefined) throw noReceiver(config);
  const { intervalMs } = resumed?.period ?? { intervalMs: 0 };
  const maybeSentToMs =
    resumed === undefined ? Number.NEGATIVE_INFINITY : lastTickOf(resumed) + checkpointTicks * intervalMs;
  return createReceiverTarget({ sink, clock, maybeSentToMs });
}

const defaultSeriesPerRequest = 2_000;

const lastTickOf = (state: BackfillState): number => readLedger(state, createSeriesTable()).lastTickMs;

const noReceiver = ({ sink }: Config): BackfillError =>
  new BackfillError({
    slug: 'backfill-receiver',
    message: 'A backfill has no receiver that takes samples of the past.',
    found:
      sink === undefined
        ? 'neither REMOTE_WRITE_URL nor PUSHGATEWAY_URL'
        : 'a Pushgateway, which keeps only what it got last',
    expected: 'REMOTE_WRITE_URL, or --output <file>',
    do: 'prefect-push-exporter backfill --since 7d --output backfill.om',
  });

async function saveState(
  { state, deadline }: BackfillOptions,
  { period, output, ledgerExisted, dryRun }: Work,
  ledger: Ledger,
  target: Target,
  { runs, written }: Progress,
): Promise<void> {
  if (state === undefined || dryRun) return;
  const next = {
    period,
    output,
    target: await target.checkpoint(),
    runs,
    samples: written.samples,
    ledgerExisted,
    ledger: encodeLedger(ledger),
  };
  await state.save(next, deadline());
}

/** Where there was no ledger the exporter goes on with this one: its next tick counts on from the last of these. */
async function leaveLedger(
  { store, state, identity, deadline }: BackfillOptions,
  { ledgerExisted }: Work,
  ledger: Ledger,
): Promise<BackfillReport['ledger']> {
  if (ledgerExisted) return 'kept';
  if (state === undefined || identity.sink === '') return 'none';
  try {
    await store.save(encodeLedger(ledger), undefined, deadline());
    return 'left';
  } catch (error) {
    // The exporter had its first tick meanwhile, and began at 0.
    if (error instanceof StoreConflictError) return 'kept';
    throw error;
  }
}
