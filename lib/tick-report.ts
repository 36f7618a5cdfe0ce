import type { Advanced } from './advance.ts';
import type { Clock } from './clock.ts';
import type { Delivery } from './deliver.ts';
import type { Gathered } from './gather.ts';
import type { Skip } from './instant.ts';
import type { Ledger } from './ledger/ledger.ts';
import { type LedgerReport, summarize, type TickReport } from './report.ts';
import { nothingPushed } from './sinks/sink.ts';
import type { StoredLedger } from './stored-ledger.ts';
import type { Session } from './tick-session.ts';

/** How far a tick has come. */
export interface Progress {
  readonly instantMs: number;
  readonly startedMs: number;
  readonly clock: Clock;
  readonly session: Session;
  gathered?: Gathered;
  advanced?: Advanced;
  /** Names the newest attempt to commit: by it a write of which nothing was heard is known again. */
  writer?: string;
  /** As it is in the store. */
  ledger?: Ledger;
  delivery?: Delivery;
}

/** What the tick did so far. */
export function reportOf(progress: Progress, stored: StoredLedger): TickReport {
  const { instantMs, startedMs, clock, session, gathered, advanced, delivery } = progress;
  const totalMs = clock.monotonic() - startedMs;
  const readMs = gathered?.readMs ?? totalMs;
  const collectors = gathered?.outcomes ?? [];
  const problems = [...(gathered?.problems ?? []), ...(advanced?.problems ?? [])];
  const sent = delivery?.push ?? nothingPushed;
  const whole =
    collectors.every(({ success }) => success) &&
    problems.every(({ slug }) => slug !== 'invalid-family') &&
    Object.keys(sent.samplesDropped).length === 0;
  return {
    outcome: whole ? 'pushed' : 'partial',
    instantMs,
    workspace: gathered?.workspace,
    durationMs: {
      read: Math.round(readMs),
      push: Math.round(totalMs - readMs),
      total: Math.round(totalMs),
    },
    collectors,
    series: advanced?.series ?? 0,
    exchanges: summarize(session.exchanges()),
    prefectAnswered: session.prefectAnswered(),
    push: sent,
    ledger: ledgerReport(progress, stored),
    problems,
  };
}

function ledgerReport({ ledger, advanced }: Progress, stored: StoredLedger): LedgerReport | undefined {
  if (ledger === undefined) return undefined;
  const { outbox, sources, createdMs, lastTickMs } = ledger;
  return {
    created: createdMs === lastTickMs,
    cursor: new Date(sources.finishedRuns.cursorUs / 1000).toISOString(),
    repairedTicks: advanced?.repairedTicks ?? 0,
    waitingTicks: outbox.entries.filter(({ id }) => !stored.isAcknowledged(ledger.id, id)).length,
  };
}

/** The report of a tick that did nothing. */
export const skipped = (instantMs: number, skip: Skip): TickReport => ({
  outcome: 'skipped',
  instantMs,
  skip,
  workspace: undefined,
  durationMs: { read: 0, push: 0, total: 0 },
  collectors: [],
  series: 0,
  exchanges: { requests: 0, responseBytes: 0, byEndpoint: {} },
  push: nothingPushed,
  ledger: undefined,
  problems: [],
});
