import type { Deadline } from './deadline.ts';
import { holdsNewborn } from './ledger/compose.ts';
import type { Entry, Ledger } from './ledger/ledger.ts';
import { birthMs, birthSamples, entrySamples } from './ledger/outbox.ts';
import type { SeriesSample } from './metrics/series.ts';
import { mergePushReports, nothingPushed, PushError, type PushReport, type Sink } from './sinks/sink.ts';
import type { StoredLedger } from './stored-ledger.ts';
import { StoreError } from './stores/store.ts';

export interface DeliveryOptions {
  /** As it was committed: what is sent must be in the store. */
  readonly ledger: Ledger;
  readonly stored: StoredLedger;
  readonly sink: Sink;
  /** The tick that is being done, ms. */
  readonly nowMs: number;
  readonly intervalMs: number;
  /** Entries older than this are ended by whatever judges them, ms. */
  readonly outboxMs: number;
  /** Writes the acknowledgement of a single entry at once, and not with the next tick: that may be another process. */
  readonly acknowledgeAtOnce: boolean;
}

/** Where something is to be written down afterwards, sending ends first, so that there is time left for it. */
export interface DeliveryDeadlines {
  readonly push: Deadline;
  readonly write: Deadline;
}

export interface Delivery {
  readonly push: PushReport;
  /** Entries that were answered. */
  readonly answered: number;
  /** Why the rest waits; undefined when nothing does. */
  readonly error: PushError | StoreError | undefined;
}

/**
 * Sends what waits, oldest first, one tick after the other. Never rejects with `PushError` or `StoreError`: what was not
 * answered stays in the outbox, and is sent again at the next tick as the same samples.
 *
 * When more than one entry waits, the answer of the first is written down before anything behind it is sent: until
 * then another process may still be at it, and would send it after what follows. Whoever loses that write stops. What was
 * answered is written down as well when the rest has to wait.
 */
export async function deliver(options: DeliveryOptions, until: DeliveryDeadlines): Promise<Delivery> {
  const progress: Progress = { push: nothingPushed, answered: 0 };
  try {
    await (options.sink.kind === 'pushgateway' ? sendNewest : sendAll)(options, until, progress);
    return { ...progress, error: undefined };
  } catch (error) {
    if (error instanceof PushError) {
      return { ...progress, push: mergePushReports(progress.push, error.sent), error };
    }
    if (error instanceof StoreError) return { ...progress, error };
    throw error;
  }
}

interface Progress {
  push: PushReport;
  answered: number;
}

async function sendAll(
  options: DeliveryOptions,
  until: DeliveryDeadlines,
  progress: Progress,
): Promise<void> {
  const { ledger, stored, acknowledgeAtOnce } = options;
  const waiting = ledger.outbox.entries.filter(({ id }) => !stored.isAcknowledged(ledger.id, id));
  if (waiting.length > 1) return sendBacklog(options, waiting, until, progress);
  const ends = acknowledgeAtOnce ? until.push : until.write;
  for (const entry of waiting) await sendEntry(options, entry, ends, progress);
  if (acknowledgeAtOnce && stored.unwritten() > 0) await stored.commitAcknowledgements(ledger, until.write);
}

/** After so many entries of a backlog their answers are written down: whoever is killed then need not begin again. */
const entriesPerWrite = 25;

async function sendBacklog(
  options: DeliveryOptions,
  waiting: readonly Entry[],
  until: DeliveryDeadlines,
  progress: Progress,
): Promise<void> {
  const { ledger, stored } = options;
  const write = () => stored.commitAcknowledgements(ledger, until.write);
  try {
    for (const [index, entry] of waiting.entries()) {
      await sendEntry(options, entry, until.push, progress);
      if (index % entriesPerWrite !== 0) continue;
      // What follows until the next write may reach the receiver from now on.
      const last = waiting[index + entriesPerWrite] ?? waiting.at(-1) ?? entry;
      ledger.outbox.triedThrough = Math.max(ledger.outbox.triedThrough, last.id);
      await write();
    }
  } catch (error) {
    if (error instanceof PushError && stored.unwritten() > 0) await write().catch(onlyStoreErrors);
    throw error;
  }
  if (stored.unwritten() > 0) await write();
}

/** The error of the receiver is the one to tell; answers that could not be written are only asked for again. */
function onlyStoreErrors(error: unknown): void {
  if (!(error instanceof StoreError)) throw error;
}

async function sendEntry(
  { ledger, stored, sink, nowMs, outboxMs }: DeliveryOptions,
  entry: Entry,
  deadline: Deadline,
  progress: Progress,
): Promise<void> {
  const expired = entry.tickMs < nowMs - outboxMs;
  const births = birthSamples(entry);
  let report: PushReport = nothingPushed;
  const push = async (
    timestampMs: number,
    samples: readonly SeriesSample[],
    told: (sent: PushReport) => PushReport,
  ): Promise<void> => {
    const sent = await sink.push({ timestampMs, samples }, deadline, { expired });
    report = mergePushReports(report, sent);
    progress.push = mergePushReports(progress.push, told(sent));
  };
  if (births.length > 0) await push(birthMs(entry), births, withoutAlreadyStored);
  await push(entry.tickMs, entrySamples(entry), (sent) => sent);
  stored.acknowledge({
    ledgerId: ledger.id,
    entryId: entry.id,
    samplesSent: report.samplesSent,
    samplesDropped: report.samplesDropped,
  });
  progress.answered += 1;
}

/**
 * Zeros that are sent again lie before what was sent after them, and are refused as out of order. Of anything else the
 * same would mean that somebody else writes these series; of them it is worth no word.
 */
function withoutAlreadyStored(sent: PushReport): PushReport {
  const { already_stored: _, ...samplesDropped } = sent.samplesDropped;
  const refusals = Object.keys(samplesDropped).length === 0 ? [] : sent.refusals;
  return { ...sent, samplesDropped, refusals };
}

/** A Pushgateway gets the newest entry, and not after the next tick may have put its own. */
async function sendNewest(
  options: DeliveryOptions,
  until: DeliveryDeadlines,
  progress: Progress,
): Promise<void> {
  const { ledger, stored, sink, intervalMs, acknowledgeAtOnce } = options;
  const entry = ledger.outbox.entries.at(-1);
  if (entry === undefined || stored.isAcknowledged(ledger.id, entry.id)) return;
  const notAfterMs = entry.tickMs + intervalMs - putReserveMs(intervalMs);
  const sent = await sink.push({ timestampMs: entry.tickMs, samples: entrySamples(entry) }, until.push, {
    notAfterMs,
  });
  progress.push = sent;
  progress.answered = 1;
  stored.acknowledge({
    ledgerId: ledger.id,
    entryId: entry.id,
    samplesSent: sent.samplesSent,
    samplesDropped: sent.samplesDropped,
  });
  // Until then its newborn series are zero, and the next tick may be another process's.
  if (acknowledgeAtOnce || holdsNewborn(ledger)) await stored.commitAcknowledgements(ledger, until.write);
}

/** Time for a PUT to end before the next tick begins; of intervals of seconds, a part. */
const putReserveMs = (intervalMs: number): number => Math.min(5_000, intervalMs / 4);
