import type { Labels } from '../metrics/family.ts';
import type { Series } from '../metrics/series.ts';

/**
 * What outlives a process: counters and histograms, how far the sources were read, and the samples that have no
 * answer yet. `document.ts` turns it into bytes and back; everything else in this folder works on a copy that was
 * just read, in place. Nothing of it counts before its bytes are stored.
 */
export interface Ledger {
  /** Made once; acknowledgements name it, so that they never reach another document. */
  readonly id: string;
  /** The instant of the first tick, ms since the Unix epoch. */
  readonly createdMs: number;
  identity: Identity;
  /** Value of the label `workspace` at the newest tick: what goes on when Prefect cannot be asked; undefined before. */
  workspace: string | undefined;
  /** Names the commit of the newest tick; undefined before the first. */
  writer: string | undefined;
  /** The newest tick that anybody committed. */
  lastTickMs: number;
  /** Whether the last ends of the past were looked up (at the first start). */
  seeded: boolean;
  readonly sources: Record<SourceName, Source>;
  /** Flow and deployment name, as a key of `last-runs.ts`, to its last ends. */
  readonly lastRuns: Map<string, LastRuns>;
  /** Ids of runs whose start was observed and whose end was not counted yet, to when they were last seen. */
  readonly startedRuns: Map<string, number>;
  /** Ends that a retry may follow: run id to what was already counted of it. */
  readonly countedAttempts: Map<string, CountedAttempts>;
  /** Event counts of recent windows, by the start of the window, ms: for counting them again. */
  readonly eventWindows: Map<number, ReadonlyMap<string, number>>;
  /** The exporter's own counters. */
  readonly own: SeriesMap;
  readonly outbox: Outbox;
  /** Collector to the series it sent at its last success. */
  readonly lastSets: Map<string, readonly Series[]>;
  /** Collector to the instant of its last success, ms. */
  readonly lastSuccesses: Map<string, number>;
}

/** Whose ledger it is. Under another identity it is refused. */
export interface Identity {
  /** The address of the Prefect API, without credentials. */
  readonly prefect: string;
  /** Kind and address of the receiver, without credentials. */
  readonly sink: string;
}

export const sourceNames = ['finishedRuns', 'finishedTaskRuns', 'events'] as const;

export type SourceName = (typeof sourceNames)[number];

/** A stream of what happened, each repaired alone. */
export interface Source {
  /** The tick at which the source was wanted for the first time, ms; undefined until then. What was before is not counted. */
  startedMs: number | undefined;
  /** µs since the Unix epoch: completely read up to here. */
  cursorUs: number;
  /** µs: where the next read starts. Never goes back. */
  readFromUs: number;
  /** ms: the newest tick for which the series were emitted. */
  emittedToMs: number;
  /** Keys (`finishKey`) of what was counted since `readFromUs`, to their end, µs. */
  readonly seen: Map<string, number>;
  readonly series: SeriesMap;
}

/** By `seriesMapKey`; in the order in which they came to be. */
export type SeriesMap = Map<string, LedgerSeries>;

export type LedgerSeries = CounterSeries | HistogramSeries;

interface KeptSeries {
  readonly family: string;
  /** Without the common labels. */
  readonly labels: Labels;
  readonly createdMs: number;
  /** The tick at which it last changed, ms; that of its creation at first. */
  changedMs: number;
  /** The entry that first held it; undefined: it is newborn. */
  bornIn: number | undefined;
}

export interface CounterSeries extends KeptSeries {
  readonly kind: 'counter';
  value: number;
}

export interface HistogramSeries extends KeptSeries {
  readonly kind: 'histogram';
  /** Upper bounds of the buckets, seconds, ascending, without +Inf. */
  readonly bounds: readonly number[];
  /** Observations in each bucket alone, that above the last bound included. */
  readonly counts: number[];
  /** µs, a whole number: sums of seconds would not be exact. */
  sumUs: number;
}

export interface LastRuns {
  readonly flow: string;
  readonly deployment: string;
  success: { readonly endUs: number; readonly durationUs: number } | undefined;
  failureUs: number | undefined;
  /** The tick at which the deployment was last listed, ms. */
  listedMs: number;
}

export interface CountedAttempts {
  readonly endUs: number;
  readonly runCount: number;
  readonly runTimeUs: number;
}

export interface Outbox {
  nextId: number;
  /** Entries up to this id may have reached the receiver, whatever was heard of it. */
  triedThrough: number;
  /** The newest entry that was answered. */
  acknowledgedThrough: number;
  /** Oldest first. */
  readonly entries: Entry[];
}

/** What one tick has to send. Absolute values, so that it can be sent again, and to another receiver. */
export interface Entry {
  readonly id: number;
  readonly tickMs: number;
  /** ms; where the zeros of newborn series go is reckoned from it. */
  readonly intervalMs: number;
  readonly series: readonly Series[];
  /** Of each series. */
  readonly values: Float64Array;
  /** Series that end with this tick. */
  readonly ended: readonly Series[];
  /** Series that no entry before this one held. */
  births: readonly Series[];
}

/** @param instantMs the instant of the first tick */
export function createLedger(id: string, identity: Identity, instantMs: number): Ledger {
  const source = (): Source => ({
    startedMs: undefined,
    cursorUs: instantMs * 1000,
    readFromUs: instantMs * 1000,
    emittedToMs: instantMs,
    seen: new Map(),
    series: new Map(),
  });
  return {
    id,
    createdMs: instantMs,
    identity,
    workspace: undefined,
    writer: undefined,
    lastTickMs: Number.NEGATIVE_INFINITY,
    seeded: false,
    sources: { finishedRuns: source(), finishedTaskRuns: source(), events: source() },
    lastRuns: new Map(),
    startedRuns: new Map(),
    countedAttempts: new Map(),
    eventWindows: new Map(),
    own: new Map(),
    outbox: { nextId: 1, triedThrough: 0, acknowledgedThrough: 0, entries: [] },
    lastSets: new Map(),
    lastSuccesses: new Map(),
  };
}
