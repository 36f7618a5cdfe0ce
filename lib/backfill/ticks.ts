import { compose } from '../ledger/compose.ts';
import { finishKey } from '../ledger/finished-runs.ts';
import { beginSources, fold } from '../ledger/fold.ts';
import type { Entry, Ledger } from '../ledger/ledger.ts';
import { sizeOfMap } from '../ledger/series-map.ts';
import type { LedgerSettings } from '../ledger/settings.ts';
import type { ToSeries } from '../metrics/to-series.ts';
import type { NamedDeployment, NamedFinishedRun } from '../prefect/resources.ts';
import { microseconds } from '../prefect/timestamps.ts';
import type { Past } from './past.ts';
import type { Period } from './period.ts';

export interface BackfilledTick {
  readonly entry: Entry;
  /** Ends that were counted. */
  readonly runs: number;
  /** Label sets that went into `flow="_other"`. */
  readonly folded: number;
}

export interface TickSources {
  readonly past: Past;
  readonly deployments: readonly NamedDeployment[];
  /** Of the exporter. */
  readonly settings: LedgerSettings;
  readonly toSeries: ToSeries;
}

/**
 * Does the ticks of a period in the ledger, one after the other, as the exporter would have done them, and gives what
 * each has to send. A tick after `ledger.lastTickMs` is the first; nothing waits in the outbox afterwards.
 */
export async function* backfillTicks(
  ledger: Ledger,
  { sinceMs, untilMs, intervalMs }: Period,
  sources: TickSources,
): AsyncGenerator<BackfilledTick> {
  const settings = backfillSettings(sources.settings, intervalMs);
  const firstMs = Math.max(sinceMs, ledger.lastTickMs + intervalMs);
  beginSources(ledger, settings, firstMs);
  const toUs = untilMs * 1000;
  const finished = sources.past.finished({ fromUs: ledger.sources.finishedRuns.readFromUs, toUs });
  // Ends are known by `seen`, starts are not: what was done is not read again.
  const started = sources.past.started({ fromUs: (firstMs - intervalMs) * 1000 + 1, toUs });
  let listedBefore = -1;
  for (let tickMs = firstMs; tickMs <= untilMs; tickMs += intervalMs) {
    const deployments = existingAt(sources.deployments, tickMs);
    // Zeros are filled in once for each; in between that would be the same again.
    const isNew = deployments.length !== listedBefore;
    listedBefore = deployments.length;
    const runs = (await finished.takeUntil(tickMs * 1000)).filter((run) => isNewEnd(ledger, run));
    const reading = {
      finishedRuns: { runs, upToUs: tickMs * 1000 },
      openRuns: await started.takeUntil(tickMs * 1000),
      ...(isNew ? { deployments } : {}),
    };
    const room = roomIn(ledger, settings);
    const folded = fold(ledger, reading, settings, tickMs, room);
    const composition = { nowMs: tickMs, settings, collected: [], withHistograms: true };
    compose(ledger, folded, { ...composition, toSeries: sources.toSeries });
    ledger.lastTickMs = tickMs;
    yield { entry: takeEntry(ledger), runs: runs.length, folded: room.folded };
  }
}

/** What an interrupted process counted comes again. */
const isNewEnd = ({ sources }: Ledger, { id, end_time }: NamedFinishedRun): boolean =>
  !sources.finishedRuns.seen.has(finishKey(id, microseconds(end_time)));

/** Flow runs only: what else the exporter counts begins with its first tick. */
const backfillSettings = (settings: LedgerSettings, intervalMs: number): LedgerSettings => ({
  ...settings,
  intervalMs,
  keepsLast: false,
  sources: { finishedRuns: true, finishedTaskRuns: false, events: false },
});

const existingAt = (deployments: readonly NamedDeployment[], atMs: number): readonly NamedDeployment[] =>
  deployments.filter(({ created }) => microseconds(created) <= atMs * 1000);

/** The other half of MAX_SERIES is for the gauges that come with the first tick. */
const roomIn = ({ sources }: Ledger, { maxSeries }: LedgerSettings) => ({
  left: Math.max(0, Math.floor(maxSeries / 2) - sizeOfMap(sources.finishedRuns.series)),
  folded: 0,
  isFull: false,
});

/** Out of the outbox, as if it were answered: whoever loses it goes on from an older ledger. */
function takeEntry({ outbox }: Ledger): Entry {
  const entry = outbox.entries.pop();
  if (entry === undefined) throw new Error('a tick without an entry');
  outbox.triedThrough = entry.id;
  outbox.acknowledgedThrough = entry.id;
  return entry;
}
