import { histogramParts, putHistogramValues } from '../lib/ledger/histogram.ts';
import { describeIdentity } from '../lib/ledger/identity.ts';
import { type Ledger, type LedgerSeries, sourceNames } from '../lib/ledger/ledger.ts';
import type { LedgerSummary } from '../lib/ledger/summary.ts';
import type { Labels } from '../lib/metrics/family.ts';

export interface FoundLedger {
  readonly place: string;
  readonly bytes: number;
  /** Whether it is the ledger of this exporter. */
  readonly isOwn: boolean;
}

const grouped = (n: number): string => n.toLocaleString('en-US').replaceAll(',', ' ');
const row = (name: string, text: string): string => `${name.padEnd(16)}${text}`;
const indented = (name: string, text: string): string => `  ${name.padEnd(50)}${text}`;

/** `90 s`, `5 min`, `3.5 h`, `2.1 d`. */
export function span(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${(seconds / 3600).toFixed(1)} h` : `${(seconds / 86_400).toFixed(1)} d`;
}

/** The ledger for a person. */
export function ledgerText({ place, bytes, isOwn }: FoundLedger, summary: LedgerSummary): string {
  const { outbox, series } = summary;
  const total = Object.values(series).reduce((sum, n) => sum + n, 0);
  return [
    row('place', `${place}, ${grouped(bytes)} bytes`),
    row('belongs to', describeIdentity(summary.identity)),
    ...(isOwn ? [] : [row('', 'not to this exporter: ticks refuse it (ledger-identity)')]),
    row('created', summary.created),
    row('last tick', `${summary.lastTick}, ${span(summary.lastTickAgeSeconds)} ago`),
    ...sourceNames.flatMap((name) => {
      const source = summary.sources[name];
      if (source === undefined) return [];
      const { cursor, lagSeconds, readFrom, emittedTo } = source;
      return [
        row(name, `read to ${cursor}, ${span(lagSeconds)} behind`),
        row('', `next read from ${readFrom}, emitted to ${emittedTo}`),
      ];
    }),
    row('outbox', outboxText(outbox)),
    row(
      'remembered',
      `${summary.rememberedStarts} starts, ${summary.rememberedAttempts} ends that may be retried`,
    ),
    row('series', grouped(total)),
    ...Object.entries(series).map(([family, n]) => indented(family, grouped(n).padStart(8))),
    'last success of each collector',
    ...Object.entries(summary.lastSuccesses).map(([collector, at]) => indented(collector, at)),
  ].join('\n');
}

function outboxText({
  entries,
  samples,
  oldest,
  births,
  triedThrough,
  nextId,
}: LedgerSummary['outbox']): string {
  if (entries === 0) return `empty, the next entry is ${nextId}`;
  const what = `${entries} entries, ${grouped(samples)} samples, ${births} of new series`;
  return `${what}, oldest ${oldest ?? ''}, tried through ${triedThrough}`;
}

/** `name{labels} value` of every series that is kept, without the common labels, as they will be sent next. */
export function seriesLines(ledger: Ledger): readonly string[] {
  const maps = [...sourceNames.map((name) => ledger.sources[name].series), ledger.own];
  return maps.flatMap((map) => [...map.values()].flatMap(linesOf));
}

function linesOf(series: LedgerSeries): readonly string[] {
  const { family, labels } = series;
  if (series.kind === 'counter') return [`${nameOf(family, labels)} ${series.value}`];
  const parts = histogramParts(series.bounds);
  const values = new Float64Array(parts.length);
  putHistogramValues(series, values, 0);
  return parts.map(
    ({ suffix, labels: own }, index) => `${nameOf(family + suffix, { ...labels, ...own })} ${values[index]}`,
  );
}

function nameOf(name: string, labels: Labels): string {
  const pairs = Object.entries(labels).flatMap(([label, value]) =>
    value === '' ? [] : [`${label}=${JSON.stringify(value)}`],
  );
  return pairs.length === 0 ? name : `${name}{${pairs.join()}}`;
}
