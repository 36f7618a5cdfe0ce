import type { Ledger } from '../../lib/ledger/ledger.ts';
import { birthSamples } from '../../lib/ledger/outbox.ts';
import type { Reading } from './reading.ts';

/** A document that was stored, as far as the checks need it. */
export interface Stored {
  readonly ledgerId: string;
  readonly createdMs: number;
  readonly tickMs: number;
  readonly cursorUs: number;
  /** What was folded into it since the one before; undefined for a write of acknowledgements. */
  readonly folded: FoldedReading | undefined;
  readonly entries: readonly StoredEntry[];
  /** Entries up to this one may have been sent. */
  readonly triedThrough: number;
  readonly samplesSent: number;
  readonly samplesDropped: number;
}

export interface FoldedReading extends Reading {
  readonly whole: {
    readonly finishes: boolean;
    readonly taskFinishes: boolean;
    readonly starts: boolean;
    readonly queues: boolean;
  };
}

export interface StoredEntry {
  readonly id: number;
  readonly tickMs: number;
  readonly samples: number;
  readonly births: number;
}

/** @param before how far the ledger was read in the document this one is made from, µs */
export function recordOf(ledger: Ledger, reading: Reading | undefined, before: Cursors): Stored {
  const own = [...ledger.own.values()];
  const total = (family: string) =>
    own.reduce((sum, one) => sum + (one.kind === 'counter' && one.family === family ? one.value : 0), 0);
  return {
    ledgerId: ledger.id,
    createdMs: ledger.createdMs,
    tickMs: ledger.lastTickMs,
    cursorUs: ledger.sources.finishedRuns.cursorUs,
    folded: reading && { ...reading, whole: wholeParts(ledger, before) },
    entries: ledger.outbox.entries.map((entry) => ({
      id: entry.id,
      tickMs: entry.tickMs,
      samples: entry.series.length + entry.ended.length,
      births: birthSamples(entry).length,
    })),
    triedThrough: ledger.outbox.triedThrough,
    samplesSent: total('prefect_exporter_samples_sent_total'),
    samplesDropped: total('prefect_exporter_samples_dropped_total'),
  };
}

export interface Cursors {
  readonly runsUs: number;
  readonly taskRunsUs: number;
}

export const cursorsOf = ({ sources }: Ledger): Cursors => ({
  runsUs: sources.finishedRuns.cursorUs,
  taskRunsUs: sources.finishedTaskRuns.cursorUs,
});

/** A part of a catch-up moves the cursor and is no success of its collector. */
const wholeParts = (ledger: Ledger, before: Cursors): FoldedReading['whole'] => {
  const succeeded = (collector: string) => ledger.lastSuccesses.get(collector) === ledger.lastTickMs;
  return {
    finishes: succeeded('finished_runs') || ledger.sources.finishedRuns.cursorUs > before.runsUs,
    taskFinishes: succeeded('task_runs') || ledger.sources.finishedTaskRuns.cursorUs > before.taskRunsUs,
    starts: succeeded('open_runs'),
    queues: succeeded('work_queues'),
  };
};
