import type { BackfillReport, Progress } from '../lib/backfill/backfill.ts';
import { BackfillError } from '../lib/backfill/error.ts';
import { type AskedBackfill, type BackfillSurroundings, runBackfill } from '../lib/backfill/prepare.ts';
import type { Clock } from '../lib/clock.ts';
import type { Config } from '../lib/config/config.ts';
import { diagnoseReceiver } from '../lib/diagnosis/receiver.ts';
import { explainReading, explainStore } from '../lib/diagnosis/tick.ts';
import { formatProblem, type Problem } from '../lib/problem.ts';
import { PushError } from '../lib/sinks/sink.ts';
import { type BackfillArguments, type TimeArgument, UsageError } from './arguments.ts';
import { createBackfillProgress } from './backfill-progress.ts';
import { span } from './ledger-text.ts';
import type { Terminal } from './terminal.ts';

export interface BackfillCommandOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly terminal: Terminal;
  readonly stores?: BackfillSurroundings['stores'];
  readonly credentials?: BackfillSurroundings['credentials'];
  stopSignal(): AbortSignal;
}

const resumeLine = 'go on with: prefect-push-exporter backfill --resume';
/** Longer than this Prometheus sees gaps between two samples. */
const maxIntervalSeconds = 300;

/** Writes a past period. Resolves with the exit status. */
export async function backfillCommand(
  options: BackfillCommandOptions,
  command: BackfillArguments,
): Promise<number> {
  const { config, clock, terminal, stores, credentials } = options;
  const asked = askedOf(command, options);
  const progress = createBackfillProgress(clock, terminal);
  let last: Progress | undefined;
  const startedMs = clock.monotonic();
  try {
    const report = await runBackfill(
      {
        config,
        clock,
        signal: options.stopSignal(),
        onProgress: (now) => {
          last = now;
          progress.show(now);
        },
        ...(stores === undefined ? {} : { stores }),
        ...(credentials === undefined ? {} : { credentials }),
      },
      asked,
    );
    progress.end();
    const seconds = Math.round((clock.monotonic() - startedMs) / 1000);
    terminal.print(reportText(report, command, seconds));
    if (report.outcome === 'done') return 0;
    terminal.note(resumeLine);
    return 1;
  } catch (error) {
    progress.end();
    const problems = problemsOf(error, config);
    if (problems.length === 0) throw error;
    for (const problem of problems) terminal.note(formatProblem(problem));
    if (last !== undefined && !command.dryRun && config.store.kind !== 'memory') {
      terminal.note(`Written up to ${instant(last.tickMs)}; ${resumeLine}`);
    }
    return error instanceof BackfillError && error.problem.slug !== 'backfill-refused' ? 2 : 1;
  }
}

const instant = (ms: number): string => new Date(ms).toISOString();

function askedOf(command: BackfillArguments, { config, clock }: BackfillCommandOptions): AskedBackfill {
  const { since, until, output, dryRun, resume } = command;
  if (resume || since === undefined) return { kind: 'resume' };
  const seconds = command.intervalSeconds ?? config.tick.intervalSeconds;
  if (seconds > maxIntervalSeconds) {
    throw new UsageError(
      `--interval: found ${seconds} s, expected at most 5m: Prometheus looks back so far.`,
    );
  }
  const at = (time: TimeArgument): number => ('atMs' in time ? time.atMs : clock.now() - time.agoMs);
  return {
    kind: 'new',
    sinceMs: at(since),
    untilMs: until === undefined ? undefined : at(until),
    intervalMs: seconds * 1000,
    output,
    dryRun,
  };
}

function problemsOf(error: unknown, { prefect, sink }: Config): readonly Problem[] {
  if (error instanceof BackfillError) return [error.problem];
  if (error instanceof PushError && sink !== undefined) {
    const problem = diagnoseReceiver(error, sink);
    return problem === undefined ? [] : [problem];
  }
  const ofStore = explainStore(error);
  return ofStore.length > 0 ? ofStore : explainReading([error], prefect);
}

const grouped = (n: number): string => n.toLocaleString('en-US').replaceAll(',', ' ');
const row = (name: string, text: string): string => `${name.padEnd(12)}${text}`;

function reportText(report: BackfillReport, { dryRun }: BackfillArguments, seconds: number): string {
  const { period, written, outcome } = report;
  const { samples, requests, bytes } = written;
  return [
    row(outcome === 'done' ? 'period' : 'written', `${instant(period.sinceMs)} to ${instant(report.tickMs)}`),
    row(
      'ticks',
      `${grouped(report.ticks)} of ${grouped(report.ticksInAll)}, ${period.intervalMs / 1000} s apart`,
    ),
    row('runs', grouped(report.runs)),
    row('series', grouped(report.series)),
    row('samples', grouped(samples)),
    ...(requests > 0 ? [row('requests', grouped(requests))] : []),
    ...(bytes > 0 ? [row('bytes', grouped(bytes))] : []),
    row(
      'time',
      dryRun ? `${span(seconds)} to read; about ${span(sendSeconds(samples))} to send` : span(seconds),
    ),
    ...(report.folded > 0
      ? [row('', `${grouped(report.folded)} ends went into flow="_other": MAX_SERIES (series-limit)`)]
      : []),
    ...(dryRun ? ['nothing was sent'] : outcome === 'done' ? [ledgerLine(report)] : []),
  ].join('\n');
}

/** Samples that a receiver nearby takes in a second. */
const samplesPerSecond = 250_000;
const sendSeconds = (samples: number): number => Math.ceil(samples / samplesPerSecond);

function ledgerLine({ ledger }: BackfillReport): string {
  switch (ledger) {
    case 'left':
      return 'The ledger goes on from here: the next tick adds to these counters.';
    case 'kept':
      return 'The ledger that is there goes on by itself: its counters began at 0, which is a reset for receivers.';
    case 'none':
      return 'There is no ledger left behind: the first tick begins at 0.';
  }
}
