import type { CollectorOutcome } from './collectors/collect.ts';
import type { Exchange } from './http/observed.ts';
import { describeSkip, type Skip } from './instant.ts';
import { errorFields, type LogFields } from './log.ts';
import type { Problem } from './problem.ts';
import type { PushReport } from './sinks/sink.ts';

/** What one tick did: the log line, the summary on a terminal, the embedded metrics. */
export interface TickReport {
  /** `partial`: pushed, but a collector failed, a family was left out as invalid, or samples were refused. */
  readonly outcome: 'pushed' | 'partial' | 'skipped' | 'failed';
  readonly instantMs: number;
  readonly skip?: Skip;
  readonly workspace: string | undefined;
  readonly durationMs: { readonly read: number; readonly push: number; readonly total: number };
  readonly collectors: readonly CollectorOutcome[];
  /** Series that were to be pushed, self-metrics included. */
  readonly series: number;
  readonly exchanges: ExchangeSummary;
  /** Whether Prefect gave a good answer; undefined when it was not asked anything. */
  readonly prefectAnswered?: boolean | undefined;
  readonly push: PushReport;
  /** Undefined where none could be read or written. */
  readonly ledger?: LedgerReport | undefined;
  /** Warnings: bad tags, series limit, families that failed their check. */
  readonly problems: readonly Problem[];
}

/** The ledger after a tick. */
export interface LedgerReport {
  /** Whether it was made in this tick: the first of all, or the document was lost. */
  readonly created: boolean;
  /** Ends of runs are counted up to here, RFC 3339. */
  readonly cursor: string;
  /** Missed ticks that were written now. */
  readonly repairedTicks: number;
  /** Ticks that were committed and have no answer of the receiver, as far as this process knows. */
  readonly waitingTicks: number;
}

/** The requests to Prefect of one tick. */
export interface ExchangeSummary {
  readonly requests: number;
  /** Bodies of answers, decoded. */
  readonly responseBytes: number;
  /** By endpoint and status: `flow_runs/filter 200` to how often. */
  readonly byEndpoint: Readonly<Record<string, number>>;
}

export function summarize(exchanges: readonly Exchange[]): ExchangeSummary {
  const byEndpoint: Record<string, number> = {};
  for (const { endpoint, code } of exchanges) {
    const key = `${endpoint} ${code}`;
    byEndpoint[key] = (byEndpoint[key] ?? 0) + 1;
  }
  const responseBytes = exchanges.reduce((sum, { responseBytes }) => sum + responseBytes, 0);
  return { requests: exchanges.length, responseBytes, byEndpoint };
}

/** The tick pushed nothing, or not everything, and knows no final answer for the rest. `cause` says why. */
export class TickError extends Error {
  override readonly name = 'TickError';
  readonly report: TickReport;

  constructor(message: string, report: TickReport, options: ErrorOptions) {
    super(message, options);
    this.report = report;
  }
}

/** The report as fields of one JSON log line. */
export function reportFields(report: TickReport): LogFields {
  const failed = report.collectors.filter(({ success }) => !success);
  return {
    outcome: report.outcome,
    instant: new Date(report.instantMs).toISOString(),
    ...(report.skip === undefined ? {} : { skipped: describeSkip(report.skip) }),
    workspace: report.workspace,
    durationMs: report.durationMs,
    series: report.series,
    prefect: report.exchanges,
    push: report.push,
    ledger: report.ledger,
    collectorsFailed: failed.map(({ collector, error }) => ({ collector, ...errorFields(error) })),
    problems: report.problems,
  };
}

const count = (n: number) => n.toLocaleString('en-US').replaceAll(',', ' ');

/** The report for a person, in one line. */
export function reportLine(report: TickReport): string {
  const instant = new Date(report.instantMs).toISOString().replace('.000Z', 'Z');
  if (report.skip !== undefined) return `tick ${instant}  ${skipText(report.skip, report.push)}`;
  const dropped = Object.values(report.push.samplesDropped).reduce((sum, n) => sum + n, 0);
  return [
    `tick ${instant}`,
    `${(report.durationMs.total / 1000).toFixed(1)} s`,
    `${count(report.exchanges.requests)} requests`,
    `${count(report.series)} series`,
    `${count(report.push.samplesSent)} sent`,
    `${count(dropped)} dropped`,
    ...(report.ledger === undefined ? [] : ledgerTexts(report.ledger)),
  ].join('  ');
}

const skipText = (skip: Skip, { samplesSent }: PushReport): string =>
  samplesSent === 0
    ? `nothing done: ${describeSkip(skip)}`
    : `only sent ${count(samplesSent)} samples that waited: ${describeSkip(skip)}`;

const ledgerTexts = ({ created, repairedTicks, waitingTicks }: LedgerReport): readonly string[] => [
  'ledger committed',
  ...(created ? ['first tick: counters begin at 0'] : []),
  ...(repairedTicks > 0 ? [`${ticks(repairedTicks, 'missed ')} written`] : []),
  ...(waitingTicks > 0
    ? [`${ticks(waitingTicks)} ${waitingTicks === 1 ? 'waits' : 'wait'} for the receiver`]
    : []),
];

const ticks = (n: number, which = ''): string => `${count(n)} ${which}${n === 1 ? 'tick' : 'ticks'}`;
