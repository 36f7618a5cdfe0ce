import { drawn, formatBytes, formatDuration, formatNumber, formatValue, unitOf } from './page/unit.ts';
import type { ReceivedSeries } from './receiver.ts';
import type { DemoTick } from './ticks.ts';

/** What `--once` prints: every family with an example, and every tick. */
export function summarize(series: readonly ReceivedSeries[], ticks: readonly DemoTick[]): string {
  return [...familyTable(series, ticks.at(-1)?.instantMs ?? 0), '', ...tickTable(ticks)].join('\n');
}

function familyTable(all: readonly ReceivedSeries[], newestMs: number): string[] {
  const newest = all.filter(({ samples }) => samples.at(-1)?.timestampMs === newestMs);
  const families = [...Map.groupBy(newest, ({ name }) => name)].sort(([a], [b]) => (a < b ? -1 : 1));
  const rows = families.map(([name, series]) => [
    name,
    formatNumber(series.length),
    ...example(series, newestMs),
  ]);
  return [
    ...columns([['family', 'series', 'example', 'value'], ...rows], 'lrlr'),
    `total: ${formatNumber(newest.length)} series in ${families.length} families in the last tick`,
  ];
}

/** The series with the largest value: a zero shows least. */
function example(series: readonly ReceivedSeries[], newestMs: number): [string, string] {
  const [first] = [...series].sort((a, b) => newestValue(b) - newestValue(a));
  if (first === undefined) return ['', ''];
  const unit = unitOf(first.name);
  return [labelsText(first.labels), formatValue(unit, drawn(unit, newestValue(first), newestMs))];
}

const newestValue = ({ samples }: ReceivedSeries): number => samples.at(-1)?.value ?? Number.NaN;

/** Labels that every series has say nothing about one. */
const everywhere = ['job', 'workspace'];

function labelsText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).filter(([name]) => !everywhere.includes(name));
  const text = pairs.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(', ');
  return text.length > 64 ? `${text.slice(0, 63)}…` : text;
}

function tickTable(ticks: readonly DemoTick[]): string[] {
  const rows = ticks.map((tick) => [
    new Date(tick.instantMs).toISOString().replace('.000Z', 'Z'),
    tick.outcome,
    formatNumber(tick.samples),
    formatNumber(tick.writes),
    formatBytes(tick.bytes),
    formatNumber(tick.prefectRequests),
    formatDuration(tick.durationMs / 1000),
  ]);
  const head = ['tick', 'outcome', 'samples', 'writes', 'bytes', 'requests to Prefect', 'duration'];
  return columns([head, ...rows], 'llrrrrr');
}

/** Lines of equal columns; `alignment` has an `l` or an `r` for each. */
function columns(rows: readonly (readonly string[])[], alignment: string): string[] {
  const widths = [...alignment].map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return alignment[column] === 'r' ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd(),
  );
}
