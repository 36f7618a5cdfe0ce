import type { Clock } from '../lib/clock.ts';
import { allCollectors as collectors } from '../lib/collectors/all.ts';
import { ConfigError } from '../lib/config/errors.ts';
import { parseConfig } from '../lib/config/parse.ts';
import { type Deadline, deadlineIn } from '../lib/deadline.ts';
import { checkConfiguration } from '../lib/doctor/configuration.ts';
import { embeddedMetrics } from '../lib/emf.ts';
import { createExporter, type Exporter } from '../lib/exporter.ts';
import { createLogger, errorFields, type Logger } from '../lib/log.ts';
import { reportFields, TickError, type TickReport } from '../lib/report.ts';
import { parseEvent } from './event.ts';

export interface HandlerOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readFile(path: string): string;
  /** Straight to stdout, not through `console`. */
  write(text: string): void;
}

interface LambdaContext {
  getRemainingTimeInMillis(): number;
}

/** Kept of the function's time for writing the log line and answering, ms. */
const reserveMs = 1_500;

const where = 'lambda';

interface Wired {
  readonly exporter: Exporter;
  readonly log: Logger;
  readonly emf: boolean;
}

/**
 * The handler. It wires once per container, at the first invocation, so that a wrong configuration is an error of
 * the invocation, with every problem in it, and not a crash of the runtime. It resolves with a small summary and
 * rejects only when the tick failed as a whole.
 */
export function createHandler(options: HandlerOptions) {
  const { clock, write } = options;
  let wired: Wired | undefined;
  return async (event: unknown, context: LambdaContext): Promise<unknown> => {
    const deadline = deadlineIn(Math.max(0, context.getRemainingTimeInMillis() - reserveMs), clock);
    const parsed = parseEvent(event);
    if (parsed.kind === 'check') return check(options, deadline);
    wired ??= wire(options);
    return tick(wired, parsed.scheduledMs ?? clock.now(), { deadline, write, clock });
  };
}

function wire({ env, clock, readFile, write }: HandlerOptions): Wired {
  const timestamp = () => new Date(clock.now()).toISOString();
  try {
    const { config, warnings } = parseConfig(env, { readFile, collectors, sink: 'required', where });
    const log = createLogger(config.log.level, write, timestamp);
    for (const warning of warnings) log.warn(warning.message, { ...warning });
    return {
      exporter: createExporter(config, clock, { acknowledgeAtOnce: false }),
      log,
      emf: config.log.emf,
    };
  } catch (error) {
    const log = createLogger('info', write, timestamp);
    const problems = error instanceof ConfigError ? { problems: error.problems } : {};
    log.error('the configuration cannot be used', { ...errorFields(error), ...problems });
    throw error;
  }
}

async function tick(
  { exporter, log, emf }: Wired,
  scheduledMs: number,
  { deadline, write, clock }: { deadline: Deadline; write: (text: string) => void; clock: Clock },
): Promise<unknown> {
  const publish = (report: TickReport) => {
    if (emf && report.skip === undefined) write(`${embeddedMetrics(report, clock.now())}\n`);
  };
  try {
    const report = await exporter.tick(scheduledMs, deadline);
    log[report.outcome === 'pushed' || report.outcome === 'skipped' ? 'info' : 'warn'](
      'tick',
      reportFields(report),
    );
    publish(report);
    return { outcome: report.outcome, series: report.series, sent: report.push.samplesSent };
  } catch (error) {
    const report = error instanceof TickError ? error.report : undefined;
    log.error('tick failed', {
      ...errorFields(error),
      ...(report === undefined ? {} : reportFields(report)),
    });
    if (report !== undefined) publish(report);
    throw error;
  }
}

/** The doctor's report, also where the configuration is wrong: then it holds the problems. */
async function check({ env, clock, readFile }: HandlerOptions, deadline: Deadline): Promise<unknown> {
  const configuration = checkConfiguration(env, { readFile, collectors, where });
  if (configuration.config === undefined) return configuration.report;
  return createExporter(configuration.config, clock).check(deadline, configuration.warnings);
}
