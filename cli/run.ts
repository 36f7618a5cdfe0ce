import type { Clock } from '../lib/clock.ts';
import { allCollectors as collectors } from '../lib/collectors/all.ts';
import { withEnvFile } from '../lib/config/env-file.ts';
import { ConfigError } from '../lib/config/errors.ts';
import { parseConfig } from '../lib/config/parse.ts';
import { checkConfiguration } from '../lib/doctor/configuration.ts';
import { createExporter } from '../lib/exporter.ts';
import { formatProblem } from '../lib/problem.ts';
import { version } from '../lib/version.ts';
import { type Arguments, parseArguments, UsageError, usage } from './arguments.ts';
import { backfillCommand } from './backfill.ts';
import { check } from './check.ts';
import { ledgerCommand } from './ledger.ts';
import { preview } from './preview.ts';
import { push } from './push.ts';
import type { Terminal } from './terminal.ts';

const where = 'command-line';

export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly terminal: Terminal;
  /** From its call on, being asked to stop does not end the program but aborts this signal. */
  stopSignal(): AbortSignal;
  readFile(path: string): string;
}

/** Runs one command line. Resolves with the exit status: 0 well, 1 a side failed, 2 wrong configuration or usage. */
export async function run(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const { terminal } = surroundings;
  try {
    const parsed = parseArguments(args);
    return await runCommand(parsed, { ...surroundings, env: environment(parsed, surroundings) });
  } catch (error) {
    if (error instanceof UsageError) {
      terminal.note(`${error.message}\nprefect-push-exporter --help lists commands and options.`);
      return 2;
    }
    if (error instanceof ConfigError) {
      terminal.note(error.problems.map(formatProblem).join('\n'));
      return 2;
    }
    terminal.note(error instanceof Error ? error.message : String(error));
    return 1;
  }
}

/** The environment, with what `--env-file` adds to it. */
function environment({ envFile }: Arguments, { env, readFile }: Surroundings): Surroundings['env'] {
  if (envFile === undefined) return env;
  try {
    return withEnvFile(env, readFile(envFile));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
    throw new UsageError(`--env-file: ${envFile} cannot be read${code}.`);
  }
}

async function runCommand({ command, json }: Arguments, surroundings: Surroundings): Promise<number> {
  const { terminal, env, clock, readFile } = surroundings;
  switch (command.name) {
    case 'help':
      terminal.print(usage);
      return 0;
    case 'version':
      terminal.print(version);
      return 0;
    case 'check': {
      const configuration = checkConfiguration(env, { readFile, collectors, where });
      const { config } = configuration;
      return check(
        async (deadline) =>
          config === undefined
            ? configuration.report
            : createExporter(config, clock).check(deadline, configuration.warnings),
        { clock, terminal, json },
      );
    }
    case 'preview':
      return preview({ exporter: exporterFor('optional', surroundings).exporter, clock, terminal }, command);
    case 'backfill': {
      const { config } = configured('optional', surroundings);
      return backfillCommand({ config, clock, terminal, stopSignal: surroundings.stopSignal }, command);
    }
    case 'ledger': {
      // Without a receiver it would belong to nobody afterwards.
      const { config } = configured(command.action === 'adopt' ? 'required' : 'optional', surroundings);
      return ledgerCommand({ config, clock, terminal, json }, command);
    }
    case 'push': {
      const { exporter, config } = exporterFor('required', surroundings, command.everySeconds);
      const { intervalSeconds } = config.tick;
      return push({
        exporter,
        clock,
        terminal,
        json,
        intervalSeconds,
        everySeconds: command.everySeconds,
        stopSignal: surroundings.stopSignal,
      });
    }
  }
}

function exporterFor(sink: 'required' | 'optional', surroundings: Surroundings, everySeconds?: number) {
  const { config } = configured(sink, surroundings, everySeconds);
  // With `--every` it is the next tick of the same process that writes.
  const acknowledgeAtOnce = everySeconds === undefined;
  return { exporter: createExporter(config, surroundings.clock, { acknowledgeAtOnce }), config };
}

function configured(
  sink: 'required' | 'optional',
  { env, readFile, terminal }: Surroundings,
  everySeconds?: number,
) {
  const interval = everySeconds === undefined ? {} : { INTERVAL_SECONDS: String(everySeconds) };
  const parsed = parseConfig({ ...env, ...interval }, { readFile, collectors, sink, where });
  for (const warning of parsed.warnings) terminal.note(formatProblem(warning));
  return parsed;
}
