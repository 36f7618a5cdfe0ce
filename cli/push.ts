import type { Clock } from '../lib/clock.ts';
import { type Deadline, deadlineIn } from '../lib/deadline.ts';
import type { Exporter } from '../lib/exporter.ts';
import { createLogger, errorFields } from '../lib/log.ts';
import { formatProblem } from '../lib/problem.ts';
import { reportFields, reportLine, TickError, type TickReport } from '../lib/report.ts';
import type { Terminal } from './terminal.ts';

export interface PushOptions {
  /** Of the configuration as it is now, which may be another one than at the tick before. */
  exporterNow(deadline: Deadline): Promise<Exporter>;
  readonly clock: Clock;
  readonly terminal: Terminal;
  readonly json: boolean;
  readonly intervalSeconds: number;
  /** Undefined for a single tick. */
  readonly everySeconds: number | undefined;
  /** Aborted when the program is asked to stop. Asked for with `everySeconds` only: one tick just ends with it. */
  stopSignal(): AbortSignal;
}

/** At most this long for a tick, ms; shorter intervals leave less. */
const maxTickMs = 55_000;

/** For the last write, ms: who stops a program waits ten seconds, and then kills it. */
const maxSettleMs = 5_000;

/** One tick, or one each interval until stopped. Resolves with the exit status. */
export async function push(options: PushOptions): Promise<number> {
  if (options.everySeconds !== undefined) return pushRepeatedly(options, options.everySeconds * 1000);
  const pushed = await pushOnce(options, options.clock.now());
  const { terminal, json } = options;
  if (pushed && terminal.isTerminal && !json)
    terminal.note('next: look for prefect_exporter_info where you query');
  return pushed ? 0 : 1;
}

/** A failed tick is reported and does not end the loop: the next one is the retry. Asked to stop, it ends its tick. */
async function pushRepeatedly(options: PushOptions, everyMs: number): Promise<number> {
  const { clock } = options;
  const stop = options.stopSignal();
  let nextMs = clock.now();
  let exporter: Exporter | undefined;
  const exporterNow: PushOptions['exporterNow'] = async (deadline) => {
    exporter = await options.exporterNow(deadline);
    return exporter;
  };
  while (!stop.aborted) {
    await pushOnce({ ...options, exporterNow }, nextMs);
    nextMs = Math.floor(clock.now() / everyMs + 1) * everyMs;
    options.terminal.progress(`next tick at ${new Date(nextMs).toISOString().slice(11, 19)}`);
    await clock.sleep(nextMs - clock.now(), stop).catch(() => undefined);
  }
  options.terminal.progress('');
  if (exporter !== undefined) await settle(exporter, options);
  return 0;
}

async function settle(exporter: Exporter, { clock, terminal }: PushOptions): Promise<void> {
  try {
    await exporter.settle(deadlineIn(maxSettleMs, clock));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    terminal.note(`The last tick arrived, and will be sent once more at the next start: ${message}`);
  }
}

/** Resolves with whether all is well: Prefect answered, and the receiver took what it got. */
async function pushOnce(options: PushOptions, scheduledMs: number): Promise<boolean> {
  const { exporterNow, clock, terminal, intervalSeconds, everySeconds } = options;
  const budgetMs = Math.min(maxTickMs, (everySeconds ?? intervalSeconds) * 900);
  terminal.progress('reading Prefect and pushing …');
  try {
    const deadline = deadlineIn(budgetMs, clock);
    const exporter = await exporterNow(deadline);
    const report = await exporter.tick(scheduledMs, deadline);
    tell(options, report, undefined);
    return wentWell(report);
  } catch (error) {
    tell(options, error instanceof TickError ? error.report : undefined, error);
    return false;
  }
}

/**
 * Not so when Prefect gave no good answer, so that only the exporter's own series went out, when the receiver refused
 * samples that it has not got already, or when a clock is wrong.
 */
function wentWell({ prefectAnswered, push, skip }: TickReport): boolean {
  const { already_stored: _, ...refused } = push.samplesDropped;
  const isClockWrong = skip?.reason === 'ahead';
  return prefectAnswered !== false && Object.keys(refused).length === 0 && !isClockWrong;
}

/** People get a line; everything else gets one JSON object a line. */
function tell(options: PushOptions, report: TickReport | undefined, error: unknown): void {
  const { terminal, json, clock } = options;
  if (json || !terminal.isTerminal) {
    const timestamp = () => new Date(clock.now()).toISOString();
    const log = createLogger('info', (line) => terminal.print(line.trimEnd()), timestamp);
    const fields = report === undefined ? {} : reportFields(report);
    if (error !== undefined) log.error('tick failed', { ...fields, ...errorFields(error) });
    else log[report?.outcome === 'partial' ? 'warn' : 'info']('tick', fields);
    return;
  }
  if (report !== undefined) tellPeople(terminal, report);
  if (error !== undefined) {
    terminal.note(terminal.colour('red', error instanceof Error ? error.message : String(error)));
  }
}

function tellPeople(terminal: Terminal, report: TickReport): void {
  const style = { pushed: 'green', partial: 'yellow', skipped: 'dim', failed: 'red' } as const;
  terminal.print(terminal.colour(style[report.outcome], reportLine(report)));
  for (const { collector, success, error } of report.collectors) {
    if (!success) terminal.note(`  ${collector}: ${error?.message ?? 'failed'}`);
  }
  for (const problem of report.problems) terminal.note(formatProblem(problem));
  for (const refusal of report.push.refusals) terminal.note(`  refused: ${refusal}`);
}
