import type { Clock } from '../lib/clock.ts';
import { deadlineIn } from '../lib/deadline.ts';
import type { Exporter } from '../lib/exporter.ts';
import { monthlyPrice, type PriceList, priceLists } from '../lib/metrics/price.ts';
import type { SeriesPreview } from '../lib/preview.ts';
import { formatProblem } from '../lib/problem.ts';
import type { Terminal } from './terminal.ts';

const readMs = 60_000;

/** What a push would send, as text on standard output; what could not be read, on standard error. */
export async function preview(
  { exporter, clock, terminal }: { exporter: Exporter; clock: Clock; terminal: Terminal },
  { series }: { readonly series: boolean },
): Promise<number> {
  terminal.progress('reading Prefect …');
  const deadline = deadlineIn(readMs, clock);
  const { text, failures, problems, seriesPreview } = await exporter.preview(clock.now(), deadline);
  terminal.print(series ? seriesTable(seriesPreview) : text.trimEnd());
  for (const { collector, error } of failures) {
    terminal.note(`${collector} could not be read, its families are absent: ${error.message}`);
  }
  for (const problem of problems) terminal.note(formatProblem(problem));
  if (series && terminal.isTerminal) terminal.note('next: prefect-push-exporter check, with a receiver set');
  return failures.length > 0 ? 1 : 0;
}

const grouped = (n: number): string => n.toLocaleString('en-US').replaceAll(',', ' ');
const row = (name: string, n: number): string => `${name.padEnd(54)}${grouped(n).padStart(9)}`;

function seriesTable({ families, total, maxSeries, detail, otherDetails }: SeriesPreview): string {
  return [
    `${'family'.padEnd(54)}${'series'.padStart(9)}`,
    ...[...families].map(([name, n]) => row(name, n)),
    row(`total of MAX_SERIES ${grouped(maxSeries)}, DETAIL=${detail}`, total),
    ...otherDetails.map((other) => row(`  with DETAIL=${other.detail}`, other.total)),
    '',
    'At one sample a minute, each month:',
    ...priceLists.map((list) => priceLine(total, list)),
  ].join('\n');
}

function priceLine(series: number, list: PriceList): string {
  const dollars = monthlyPrice(series, list);
  const amount = dollars === 0 ? 'free' : `about $${dollars.toFixed(dollars < 10 ? 2 : 0)}`;
  return `  ${list.receiver.padEnd(28)}${amount.padEnd(14)}(${list.asOf}, ${list.source}; ${list.confidence})`;
}
