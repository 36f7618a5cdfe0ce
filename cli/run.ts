import { check as examineAll } from '../lib/check.ts';
import { allCollectors as collectors } from '../lib/collectors/all.ts';
import type { Config } from '../lib/config/config.ts';
import { withEnvFile } from '../lib/config/env-file.ts';
import { ConfigError } from '../lib/config/errors.ts';
import type { Deadline } from '../lib/deadline.ts';
import { createExporter, type Exporter } from '../lib/exporter.ts';
import { formatProblem } from '../lib/problem.ts';
import { SecretsError } from '../lib/secrets/errors.ts';
import { version } from '../lib/version.ts';
import { type Arguments, parseArguments, UsageError, usage } from './arguments.ts';
import { backfillCommand } from './backfill.ts';
import { check } from './check.ts';
import { configured, live, secretEnvironment, startDeadline, where } from './configured.ts';
import { ledgerCommand } from './ledger.ts';
import { preview } from './preview.ts';
import { push } from './push.ts';
import type { Surroundings } from './surroundings.ts';

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
    if (error instanceof ConfigError || error instanceof SecretsError) {
      terminal.note(error.problems.map(formatProblem).join('\n'));
      return error instanceof ConfigError ? 2 : 1;
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
  const { terminal, clock, readFile } = surroundings;
  switch (command.name) {
    case 'help':
      terminal.print(usage);
      return 0;
    case 'version':
      terminal.print(version);
      return 0;
    case 'check': {
      const environment = secretEnvironment(surroundings);
      const examine = (deadline: Deadline) =>
        examineAll({ environment, clock, readFile, collectors, where }, deadline);
      return check(examine, { clock, terminal, json });
    }
    case 'preview': {
      const { config, credentials } = await configured(surroundings, 'optional');
      return preview({ exporter: createExporter(config, clock, { credentials }), clock, terminal }, command);
    }
    case 'backfill': {
      const { config, credentials } = await configured(surroundings, 'optional');
      const { stopSignal } = surroundings;
      return backfillCommand({ config, credentials, clock, terminal, stopSignal }, command);
    }
    case 'ledger': {
      // Without a receiver it would belong to nobody afterwards.
      const { config } = await configured(surroundings, command.action === 'adopt' ? 'required' : 'optional');
      return ledgerCommand({ config, clock, terminal, json }, command);
    }
    case 'push':
      return runPush(command.everySeconds, json, surroundings);
  }
}

async function runPush(
  everySeconds: number | undefined,
  json: boolean,
  surroundings: Surroundings,
): Promise<number> {
  const { clock, terminal, stopSignal } = surroundings;
  // With `--every` it is the next tick of the same process that writes.
  const acknowledgeAtOnce = everySeconds === undefined;
  type Wired = { readonly config: Config; readonly exporter: Exporter };
  const settings = { sink: 'required', everySeconds } as const;
  const wiring = live<Wired>(surroundings, settings, ({ config, credentials }, before) => ({
    config,
    exporter: createExporter(config, clock, {
      ...{ acknowledgeAtOnce, credentials },
      before: before?.exporter,
    }),
  }));
  const { config } = await wiring.current(startDeadline(surroundings));
  const { intervalSeconds } = config.tick;
  const exporterNow = async (deadline: Deadline) => (await wiring.current(deadline)).exporter;
  return push({ exporterNow, clock, terminal, json, intervalSeconds, everySeconds, stopSignal });
}
