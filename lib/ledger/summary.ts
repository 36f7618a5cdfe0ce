import { type Identity, type Ledger, type SourceName, sourceNames } from './ledger.ts';
import { waitingSamples } from './outbox.ts';
import { countByFamily } from './series-map.ts';

/** What there is to know of a ledger at a glance. Instants are RFC 3339, spans seconds. */
export interface LedgerSummary {
  readonly id: string;
  readonly identity: Identity;
  readonly created: string;
  readonly lastTick: string;
  readonly lastTickAgeSeconds: number;
  readonly sources: Readonly<Partial<Record<SourceName, SourceSummary>>>;
  /** Series of each family, as a receiver counts them. */
  readonly series: Readonly<Record<string, number>>;
  readonly outbox: OutboxSummary;
  /** Runs whose start was observed and whose end is to come. */
  readonly rememberedStarts: number;
  /** Ends that a retry may follow. */
  readonly rememberedAttempts: number;
  readonly deployments: number;
  /** Collector to its last success. */
  readonly lastSuccesses: Readonly<Record<string, string>>;
}

export interface SourceSummary {
  /** Completely read up to here. */
  readonly cursor: string;
  readonly lagSeconds: number;
  readonly readFrom: string;
  readonly emittedTo: string;
  readonly remembered: number;
}

export interface OutboxSummary {
  readonly entries: number;
  readonly samples: number;
  /** The tick of the oldest entry. */
  readonly oldest: string | undefined;
  readonly births: number;
  readonly nextId: number;
  readonly triedThrough: number;
  readonly acknowledgedThrough: number;
}

const instant = (ms: number): string => new Date(ms).toISOString();
const secondsSince = (ms: number, nowMs: number): number => Math.round((nowMs - ms) / 1000);

export function summarizeLedger(ledger: Ledger, nowMs: number): LedgerSummary {
  const started = sourceNames.filter((name) => ledger.sources[name].startedMs !== undefined);
  const maps = [...sourceNames.map((name) => ledger.sources[name].series), ledger.own];
  return {
    id: ledger.id,
    identity: ledger.identity,
    created: instant(ledger.createdMs),
    lastTick: instant(ledger.lastTickMs),
    lastTickAgeSeconds: secondsSince(ledger.lastTickMs, nowMs),
    sources: Object.fromEntries(started.map((name) => [name, sourceSummary(ledger, name, nowMs)])),
    series: Object.fromEntries(maps.flatMap((map) => [...countByFamily(map, true)])),
    outbox: outboxSummary(ledger),
    rememberedStarts: ledger.startedRuns.size,
    rememberedAttempts: ledger.countedAttempts.size,
    deployments: ledger.lastRuns.size,
    lastSuccesses: Object.fromEntries(
      [...ledger.lastSuccesses].map(([collector, ms]) => [collector, instant(ms)]),
    ),
  };
}

function sourceSummary({ sources }: Ledger, name: SourceName, nowMs: number): SourceSummary {
  const { cursorUs, readFromUs, emittedToMs, seen } = sources[name];
  return {
    cursor: instant(cursorUs / 1000),
    lagSeconds: secondsSince(cursorUs / 1000, nowMs),
    readFrom: instant(readFromUs / 1000),
    emittedTo: instant(emittedToMs),
    remembered: seen.size,
  };
}

function outboxSummary({ outbox }: Ledger): OutboxSummary {
  const { entries, nextId, triedThrough, acknowledgedThrough } = outbox;
  const [oldest] = entries;
  return {
    entries: entries.length,
    samples: waitingSamples(outbox),
    oldest: oldest === undefined ? undefined : instant(oldest.tickMs),
    births: entries.reduce((sum, { births }) => sum + births.length, 0),
    nextId,
    triedThrough,
    acknowledgedThrough,
  };
}
