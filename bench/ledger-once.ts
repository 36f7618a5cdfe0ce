// `make`: writes a document with entries that wait. `tick`: reads it and does the next tick, as a cold process would.
import { readFileSync, writeFileSync } from 'node:fs';
import { advance } from '../lib/advance.ts';
import { decodeLedger, encodeLedger } from '../lib/ledger/document.ts';
import { beginSources } from '../lib/ledger/fold.ts';
import { createLedger, type Ledger } from '../lib/ledger/ledger.ts';
import { createSeriesTable, type SeriesTable } from '../lib/metrics/series-table.ts';
import { peakRssMb } from './bench.ts';
import { firstTickMs, gatheredAt, settings } from './ledger-workspace.ts';

const [what = '', file = '', series = '', entries = ''] = process.argv.slice(2);
/** CPU time, ms: a busy machine does not change it. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

const afterwardsMs = firstTickMs + Number(entries) * settings.intervalMs;

function tick(ledger: Ledger, nowMs: number, table: SeriesTable): number {
  const facts = { ledgerBytes: 0, pushMs: 0, exchanges: [], apiRetries: 0, prefectAnswered: true };
  const gathered = gatheredAt(nowMs, Number(series));
  beginSources(ledger, settings, nowMs);
  const startMs = cpuMs();
  const errors = { push: 0, store: 0 };
  const advanced = advance(ledger, gathered, { ...facts, nowMs, errors }, { settings, table });
  if (advanced.problems.length > 0) throw new Error(advanced.problems[0]?.message);
  return cpuMs() - startMs;
}

function make(): void {
  const ledger = createLedger('bench', { prefect: '', sink: '' }, firstTickMs);
  const table = createSeriesTable();
  for (let ms = firstTickMs - 10 * settings.intervalMs; ms < afterwardsMs; ms += settings.intervalMs) {
    if (ms <= firstTickMs) ledger.outbox.entries.length = 0;
    tick(ledger, ms, table);
  }
  writeFileSync(file, encodeLedger(ledger));
}

function once(nowMs: number) {
  const body = readFileSync(file);
  const table = createSeriesTable();
  const startMs = cpuMs();
  const ledger = decodeLedger(body, (family, names, values) => table.intern(names, values, family));
  const decodeMs = cpuMs() - startMs;
  const advanceMs = tick(ledger, nowMs, table);
  const encodingMs = cpuMs();
  const { byteLength: bytes } = encodeLedger(ledger);
  const sent = ledger.outbox.entries.at(-1)?.series.length;
  return { decodeMs, advanceMs, encodeMs: cpuMs() - encodingMs, bytes, sent };
}

if (what === 'make') {
  make();
  console.log('{}');
} else {
  const idleMb = peakRssMb();
  const first = once(afterwardsMs);
  const peakMb = peakRssMb();
  const later = Array.from({ length: Number(entries) > 50 ? 2 : 6 }, () => once(afterwardsMs));
  console.log(JSON.stringify({ idleMb, peakMb, first, later }));
}
