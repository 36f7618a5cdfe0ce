import { advance } from './advance.ts';
import type { Clock } from './clock.ts';
import { type Deadline, deadlineAt, remainingMs } from './deadline.ts';
import { deliver } from './deliver.ts';
import { gather } from './gather.ts';
import { aheadOf, type Skip, tickInstantMs, unpunctual } from './instant.ts';
import { LedgerDocumentError } from './ledger/errors.ts';
import { beginSources, readPosition, seedingNeeds } from './ledger/fold.ts';
import { refuseFuture } from './ledger/future.ts';
import { createLedger, type Identity } from './ledger/ledger.ts';
import type { LedgerSettings } from './ledger/settings.ts';
import { createSeriesTable } from './metrics/series-table.ts';
import type { Problem } from './problem.ts';
import { TickError, type TickReport } from './report.ts';
import type { StoredLedger } from './stored-ledger.ts';
import { StoreConflictError, StoreError, StoreUnclearError } from './stores/store.ts';
import { type Progress, reportOf, skipped } from './tick-report.ts';
import type { Session } from './tick-session.ts';

/** What a process remembers of ticks for the next one that is committed. */
export interface Carried {
  errors: { push: number; store: number };
  /** How long the tick before pushed, ms. */
  pushMs: number | undefined;
}

export const nothingCarried = (): Carried => ({ errors: { push: 0, store: 0 }, pushMs: undefined });

export interface TickOptions {
  readonly clock: Clock;
  readonly identity: Identity;
  readonly settings: LedgerSettings;
  readonly stored: StoredLedger;
  /** As in `DeliveryOptions`. */
  readonly acknowledgeAtOnce: boolean;
  readonly carried: Carried;
  /** @param nowMs the tick's instant */
  openSession(nowMs: number): Session;
  /** What a user can do about errors of this tick. */
  explain(report: TickReport, error: unknown): readonly Problem[];
}

/** How often a tick is done again after another process was faster, or after a write of which nothing was heard. */
const maxAttempts = 3;

/**
 * One tick, from end to end, for the instant it was scheduled for: read, fold, commit, push. Resolves with what it did,
 * also when a part of Prefect could not be read; rejects with `TickError` when nothing could be committed, or something
 * has no final answer of the receiver. What was committed and not answered goes with the next tick.
 */
export async function runTick(
  options: TickOptions,
  scheduledMs: number,
  deadline: Deadline,
): Promise<TickReport> {
  const { clock, settings } = options;
  const instantMs = tickInstantMs(scheduledMs, settings.intervalMs / 1000);
  const skip = unpunctual(scheduledMs, clock.now(), settings.intervalMs / 1000);
  if (skip !== undefined) return skipped(instantMs, skip);

  const session = options.openSession(instantMs);
  const progress: Progress = { instantMs, startedMs: clock.monotonic(), clock, session };
  try {
    const skipNow = await commitTick(options, progress, deadline);
    if (skipNow !== undefined && progress.ledger === undefined) return skipped(instantMs, skipNow);
    await push(options, progress, deadline);
    const error = progress.delivery?.error;
    if (error !== undefined && !(error instanceof StoreConflictError)) throw error;
    const report = reportOf(progress, options.stored);
    return explained(
      options,
      skipNow === undefined ? report : { ...report, outcome: 'skipped', skip: skipNow },
      undefined,
    );
  } catch (error) {
    if (error instanceof StoreError) options.carried.errors.store += 1;
    if (error instanceof LedgerDocumentError) options.stored.drop();
    const message = error instanceof Error ? error.message : String(error);
    const report = explained(options, { ...reportOf(progress, options.stored), outcome: 'failed' }, error);
    throw new TickError(message, report, { cause: error });
  } finally {
    await session.close();
  }
}

/**
 * Reads, takes the tick into the ledger and stores it. Done again, reading included, when somebody else stored
 * something meanwhile. Resolves with why there is nothing to do, if so.
 */
async function commitTick(
  options: TickOptions,
  progress: Progress,
  deadline: Deadline,
): Promise<Skip | undefined> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await attemptTick(options, progress, deadline);
    } catch (error) {
      const mayRepeat = error instanceof StoreConflictError || error instanceof StoreUnclearError;
      if (!mayRepeat || attempt >= maxAttempts || remainingMs(deadline, options.clock) === 0) throw error;
    }
  }
}

async function attemptTick(
  options: TickOptions,
  progress: Progress,
  deadline: Deadline,
): Promise<Skip | undefined> {
  const { clock, settings, stored, identity, carried } = options;
  const { instantMs, session } = progress;
  const table = createSeriesTable();
  const opened = await stored.open(table, deadline);
  if (opened !== undefined) refuseFuture(opened.ledger, clock.now());
  if (opened !== undefined && instantMs <= opened.ledger.lastTickMs) {
    progress.ledger = opened.ledger;
    const isOurs = progress.writer !== undefined && opened.ledger.writer === progress.writer;
    return isOurs ? committed(carried) : { reason: 'already-done' };
  }
  const ledger = opened?.ledger ?? createLedger(clock.uuid(), identity, instantMs);
  const readDeadline = readingEnds(deadline, clock);
  beginSources(ledger, settings, instantMs);
  const position = readPosition(ledger, settings, instantMs);
  const reading = session.read(position, seedingNeeds(ledger, settings, instantMs), readDeadline);
  progress.gathered = await gather(
    { ...reading, clock, knownWorkspace: ledger.workspace },
    instantMs,
    readDeadline,
  );
  const ahead = aheadOf(session.serverTimeMs(), instantMs);
  if (ahead !== undefined) return ahead;
  const facts = {
    nowMs: instantMs,
    ledgerBytes: opened?.bytes ?? 0,
    pushMs: carried.pushMs,
    exchanges: session.exchanges(),
    apiRetries: session.retries(),
    prefectAnswered: session.prefectAnswered(),
    errors: carried.errors,
  };
  progress.advanced = advance(ledger, progress.gathered, facts, { settings, table });
  progress.writer = clock.uuid();
  ledger.writer = progress.writer;
  await stored.commit(ledger, deadline);
  progress.ledger = ledger;
  return committed(carried);
}

/** What was carried is in the ledger now. */
function committed(carried: Carried): undefined {
  Object.assign(carried, nothingCarried());
}

/** Reading may take what is left but a third, and that third is at most 10 s: what is whole must still be pushed. */
function readingEnds(deadline: Deadline, clock: Clock): Deadline {
  const reserveMs = Math.min(10_000, remainingMs(deadline, clock) / 3);
  return deadlineAt(deadline.atMs - reserveMs);
}

/** Sending may take what is left but a tenth, and that tenth is at most 2 s: for writing down what was answered. */
const pushingEnds = (deadline: Deadline, clock: Clock): Deadline =>
  deadlineAt(deadline.atMs - Math.min(2_000, remainingMs(deadline, clock) / 10));

async function push(options: TickOptions, progress: Progress, deadline: Deadline): Promise<void> {
  const { ledger, gathered, session, instantMs, clock } = progress;
  if (ledger === undefined || ledger.outbox.entries.length === 0) return;
  const { stored, acknowledgeAtOnce, settings, carried } = options;
  const startedMs = clock.monotonic();
  const workspace =
    gathered?.workspace ??
    ledger.workspace ??
    (await session.read({}, [], deadline).reader.get('workspace')).name;
  const { intervalMs, outboxMs } = settings;
  progress.delivery = await deliver(
    {
      ledger,
      stored,
      sink: session.sinkFor(workspace),
      nowMs: instantMs,
      intervalMs,
      outboxMs,
      acknowledgeAtOnce,
    },
    { push: pushingEnds(deadline, clock), write: deadline },
  );
  carried.pushMs = clock.monotonic() - startedMs;
  if (progress.delivery.error !== undefined && !(progress.delivery.error instanceof StoreError)) {
    carried.errors.push += 1;
  }
}

const explained = ({ explain }: TickOptions, report: TickReport, error: unknown): TickReport => ({
  ...report,
  problems: [...report.problems, ...explain(report, error)],
});
