import { isDeepStrictEqual } from 'node:util';
import type { Series } from '../metrics/series.ts';
import { createSeriesTable } from '../metrics/series-table.ts';
import { decodeLedger, encodeLedger } from './document.ts';
import type { Intern } from './document-reader.ts';
import { LedgerDocumentError } from './errors.ts';
import { type Entry, type Ledger, type LedgerSeries, type SourceName, sourceNames } from './ledger.ts';

/** A tick may be for the minute that is to come, and clocks differ by so much. */
const skewMs = 60_000;

/** What no run of this program can have written, in words; empty for a sound ledger. */
export function ledgerFaults(ledger: Ledger, nowMs: number): readonly string[] {
  return [
    ...timeFaults(ledger, nowMs),
    ...sourceNames.flatMap((name) => sourceFaults(ledger, name)),
    ...sourceNames.flatMap((name) => seriesFaults(ledger.sources[name].series.values())),
    ...seriesFaults(ledger.own.values()),
    ...outboxFaults(ledger),
    ...(survivesEncoding(ledger) ? [] : ['written and read again it is another ledger']),
  ];
}

const instant = (ms: number): string => new Date(ms).toISOString();

function timeFaults({ createdMs, lastTickMs }: Ledger, nowMs: number): string[] {
  const faults: string[] = [];
  if (lastTickMs > nowMs + skewMs) faults.push(`the newest tick, ${instant(lastTickMs)}, lies in the future`);
  if (lastTickMs < createdMs)
    faults.push(`the newest tick, ${instant(lastTickMs)}, is before the first, ${instant(createdMs)}`);
  return faults;
}

function sourceFaults({ sources, lastTickMs }: Ledger, name: SourceName): string[] {
  const { startedMs, cursorUs, readFromUs, emittedToMs, seen } = sources[name];
  if (startedMs === undefined) return [];
  const faults: string[] = [];
  const cursor = instant(cursorUs / 1000);
  if (cursorUs > (lastTickMs + skewMs) * 1000)
    faults.push(`${name}: the cursor, ${cursor}, is beyond the newest tick, ${instant(lastTickMs)}`);
  if (readFromUs > cursorUs)
    faults.push(`${name}: reading starts at ${instant(readFromUs / 1000)}, after the cursor, ${cursor}`);
  if (emittedToMs * 1000 > cursorUs)
    faults.push(`${name}: emitted to ${instant(emittedToMs)}, beyond the cursor, ${cursor}`);
  const early = [...seen.values()].filter((endUs) => endUs < readFromUs).length;
  if (early > 0) faults.push(`${name}: remembers ${early} ends from before where reading starts`);
  return faults;
}

function seriesFaults(series: Iterable<LedgerSeries>): string[] {
  return [...series].flatMap((one) => {
    const fault = one.kind === 'counter' ? counterFault(one.value) : histogramFault(one);
    return fault === undefined ? [] : [`${one.family}${JSON.stringify(one.labels)} ${fault}`];
  });
}

const counterFault = (value: number): string | undefined =>
  Number.isFinite(value) && value >= 0 ? undefined : `has the value ${value}`;

function histogramFault({ counts, bounds, sumUs }: Extract<LedgerSeries, { kind: 'histogram' }>) {
  const odd = counts.find((count) => !Number.isSafeInteger(count) || count < 0);
  if (odd !== undefined) return `has a bucket with the count ${odd}`;
  if (counts.length !== bounds.length + 1) return `has ${counts.length} buckets for ${bounds.length} bounds`;
  if (bounds.some((bound, index) => bound <= (bounds[index - 1] ?? Number.NEGATIVE_INFINITY)))
    return `has bounds that do not ascend: ${bounds.join()}`;
  return Number.isSafeInteger(sumUs) && sumUs >= 0 ? undefined : `has the sum ${sumUs} µs`;
}

function outboxFaults({ outbox, lastTickMs }: Ledger): string[] {
  const { entries, nextId, triedThrough } = outbox;
  const faults = entries.flatMap((entry, index) => entryFaults(entry, entries[index - 1]));
  const newest = entries.at(-1);
  if (newest !== undefined && newest.id >= nextId)
    faults.push(`entry ${newest.id} is not before the next one, ${nextId}`);
  if (newest !== undefined && newest.tickMs > lastTickMs)
    faults.push(`entry ${newest.id} is of ${instant(newest.tickMs)}, after the newest tick`);
  if (triedThrough >= nextId)
    faults.push(`entries up to ${triedThrough} were tried, and the next is ${nextId}`);
  return faults;
}

function entryFaults(entry: Entry, before: Entry | undefined): string[] {
  const { id, tickMs, series, ended, births } = entry;
  const faults: string[] = [];
  if (before !== undefined && id <= before.id) faults.push(`entry ${id} comes after entry ${before.id}`);
  if (before !== undefined && tickMs <= before.tickMs)
    faults.push(`entry ${id} of ${instant(tickMs)} comes after one of ${instant(before.tickMs)}`);
  const all = new Set<Series>([...series, ...ended]);
  if (all.size < series.length + ended.length) faults.push(`entry ${id} has a series twice`);
  const held = new Set(series);
  const strangers = births.filter((one) => !held.has(one)).length;
  if (strangers > 0) faults.push(`entry ${id} has ${strangers} births of series that are not in it`);
  return faults;
}

function survivesEncoding(ledger: Ledger): boolean {
  const table = createSeriesTable();
  const intern: Intern = (family, names, values) => table.intern(names, values, family);
  try {
    return isDeepStrictEqual(decodeLedger(encodeLedger(ledger), intern), ledger);
  } catch (error) {
    if (error instanceof LedgerDocumentError) return false;
    throw error;
  }
}
