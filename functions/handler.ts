import type { Clock } from '../lib/clock.ts';
import { type Deadline, deadlineIn } from '../lib/deadline.ts';
import { embeddedMetrics } from '../lib/emf.ts';
import { errorFields, type Logger } from '../lib/log.ts';
import type { Problem } from '../lib/problem.ts';
import { reportFields, TickError, type TickReport } from '../lib/report.ts';
import { parseEvent } from './event.ts';
import { createFunctionMemory, type FunctionMemory } from './memory.ts';
import { createWorkspaces, type Wired, type WorkspacesOptions } from './workspaces.ts';

export interface HandlerOptions extends WorkspacesOptions {
  /** Straight to stdout, not through `console`. */
  write(text: string): void;
  /** The most that this process has held so far, MB. */
  peakMemoryMb(): number;
}

interface LambdaContext {
  getRemainingTimeInMillis(): number;
}

/** Kept of the function's time for writing the log line and answering, ms. */
const reserveMs = 1_500;

/**
 * The handler. It wires once per container and workspace, at the first invocation, so that a wrong configuration is an
 * error of the invocation, with every problem in it, and not a crash of the runtime. It resolves with a small summary
 * and rejects only when the tick failed as a whole.
 */
export function createHandler(options: HandlerOptions) {
  const { clock, write } = options;
  const workspaces = createWorkspaces(options);
  const memory = createFunctionMemory(options.env, options.peakMemoryMb);
  const functionName = options.env.AWS_LAMBDA_FUNCTION_NAME ?? 'unknown';
  return async (event: unknown, context: LambdaContext): Promise<unknown> => {
    const deadline = deadlineIn(Math.max(0, context.getRemainingTimeInMillis() - reserveMs), clock);
    const parsed = parseEvent(event);
    if (parsed.kind === 'check') return workspaces.check(parsed.workspace, deadline);
    // Before secrets are read, which takes time: a tick that is for now is for the moment of its event.
    const scheduledMs = parsed.scheduledMs ?? clock.now();
    const wired = await workspaces.wired(parsed.workspace, deadline);
    return tick(wired, scheduledMs, { deadline, write, clock, memory, functionName });
  };
}

function warnOf(problems: readonly Problem[], log: Logger): void {
  for (const problem of problems) log.warn(problem.message, { ...problem });
}

interface Invocation {
  readonly deadline: Deadline;
  readonly clock: Clock;
  readonly memory: FunctionMemory;
  readonly functionName: string;
  write(text: string): void;
}

async function tick(
  { exporter, log, emf, metricsOf }: Wired,
  scheduledMs: number,
  { deadline, write, clock, memory, functionName }: Invocation,
): Promise<unknown> {
  const publish = (report: TickReport) => {
    if (!emf || report.skip !== undefined) return;
    write(`${embeddedMetrics(report, clock.now(), { functionName, workspace: metricsOf })}\n`);
  };
  warnOf(memory.beforeTick(), log);
  try {
    const report = await exporter.tick(scheduledMs, deadline);
    log[report.outcome === 'pushed' || report.outcome === 'skipped' ? 'info' : 'warn']('tick', {
      ...reportFields(report),
      ...memory.fields(),
    });
    publish(report);
    return { outcome: report.outcome, series: report.series, sent: report.push.samplesSent };
  } catch (error) {
    const report = error instanceof TickError ? error.report : undefined;
    log.error('tick failed', {
      ...errorFields(error),
      ...(report === undefined ? {} : reportFields(report)),
      workspace: report?.workspace ?? metricsOf,
      ...memory.fields(),
    });
    if (report !== undefined) publish(report);
    throw error;
  } finally {
    warnOf(memory.afterTick(), log);
  }
}
