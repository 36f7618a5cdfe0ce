import { parseArgs } from 'node:util';

export type Command =
  /** `everySeconds`: undefined for a single tick. */
  | { readonly name: 'push'; readonly everySeconds: number | undefined }
  | { readonly name: 'preview'; readonly series: boolean }
  | { readonly name: 'check' }
  | { readonly name: 'help' }
  | { readonly name: 'version' };

export interface Arguments {
  readonly command: Command;
  readonly json: boolean;
  readonly envFile: string | undefined;
}

/** The command line cannot be understood; the message says what was found and what there is. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const usage = `Usage: prefect-push-exporter <command> [options]

Commands
  push      read the workspace once and push its series
              --every <time>  go on until stopped, one tick each <time> (such as 60s, 5m)
  preview   print what a push would send, in the text format, and send nothing
              --series        the number of series per family, other DETAIL levels, and the monthly price
  check     try everything a push needs and say how to mend what fails

Options
  --env-file <path>  read variables from a file; the environment wins
  --json             one JSON object instead of text (push, check)
  --version, --help

Exit status: 0 all is well, 1 one side did not answer or refused, 2 the configuration or this command line is wrong.
Configuration is by environment variables: docs/CONFIGURATION.md.`;

const options = {
  every: { type: 'string' },
  series: { type: 'boolean' },
  json: { type: 'boolean' },
  'env-file': { type: 'string' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
} as const;

/** Options that belong to one command only. */
const ownOptions: Readonly<Record<string, readonly string[]>> = {
  push: ['every', 'json'],
  preview: ['series'],
  check: ['json'],
};

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

const secondsOf: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };

/** `60s`, `5m`, `1h` or plain seconds, as seconds. */
export function parseInterval(text: string): number {
  const [, amount, unit = 's'] = /^(\d+)([smh])?$/.exec(text) ?? [];
  const seconds = Number(amount) * (secondsOf[unit] ?? Number.NaN);
  if (!(seconds >= 1)) {
    throw new UsageError(`--every: found "${text}", expected a time such as 60s or 5m.`);
  }
  return seconds;
}

export function parseArguments(args: readonly string[]): Arguments {
  const { values, positionals } = parse(args);
  const [name, ...rest] = positionals;
  const common = { json: values.json ?? false, envFile: values['env-file'] };
  if (values.help || name === 'help') return { ...common, command: { name: 'help' } };
  if (values.version) return { ...common, command: { name: 'version' } };
  if (rest.length > 0) throw new UsageError(`Unexpected argument "${rest[0]}" after ${name}.`);
  refuseForeignOptions(name, Object.keys(values));
  return { ...common, command: commandOf(name, values) };
}

function refuseForeignOptions(name: string | undefined, given: readonly string[]): void {
  const own = ownOptions[name ?? ''];
  const foreign = given.find((option) => own !== undefined && ![...own, 'env-file'].includes(option));
  if (foreign !== undefined) throw new UsageError(`--${foreign} is not an option of ${name}.`);
}

function commandOf(
  name: string | undefined,
  values: { readonly every?: string; readonly series?: boolean },
): Command {
  switch (name) {
    case 'push':
      return {
        name,
        everySeconds: values.every === undefined ? undefined : parseInterval(values.every),
      };
    case 'preview':
      return { name, series: values.series ?? false };
    case 'check':
      return { name };
    default: {
      const found = name === undefined ? 'No command.' : `Unknown command "${name}".`;
      throw new UsageError(`${found} Commands: push, preview, check.`);
    }
  }
}
