import { parseArgs } from 'node:util';
import type { LedgerAction, LedgerCommand } from './ledger.ts';

export type Command =
  /** `everySeconds`: undefined for a single tick. */
  | { readonly name: 'push'; readonly everySeconds: number | undefined }
  | { readonly name: 'preview'; readonly series: boolean }
  | { readonly name: 'check' }
  | ({ readonly name: 'ledger' } & LedgerCommand)
  | ({ readonly name: 'backfill' } & BackfillArguments)
  | { readonly name: 'help' }
  | { readonly name: 'version' };

/** Ms since the Unix epoch, or ms before now. */
export type TimeArgument = { readonly atMs: number } | { readonly agoMs: number };

export interface BackfillArguments {
  /** Undefined with `resume` only. */
  readonly since: TimeArgument | undefined;
  readonly until: TimeArgument | undefined;
  readonly intervalSeconds: number | undefined;
  readonly output: string | undefined;
  readonly resume: boolean;
  readonly dryRun: boolean;
}

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
  backfill  write the counters and histograms of a past period, minute by minute, from the runs that ended in it
              --since <time>     7d, 36h, or 2026-11-20T00:00:00Z
              --until <time>     default: now, or where the ledger begins
              --interval <time>  default: INTERVAL_SECONDS
              --output <file>    an OpenMetrics file for promtool instead of the receiver
              --dry-run          count runs, samples and requests, and send nothing
              --resume           go on with one that was interrupted
  ledger    show    what is in the ledger: positions, series, what waits
                      --series   every series and its value
            verify  look for what no tick can have written
            reset   remove it, after a copy: counters begin at 0 (--yes)
            adopt   take over the ledger of another workspace or receiver (--yes)

Options
  --env-file <path>  read variables from a file; the environment wins
  --json             one JSON object instead of text (push, check, ledger show, ledger verify)
  --version, --help

Exit status: 0 all is well, 1 one side did not answer or refused, 2 the configuration or this command line is wrong.
Configuration is by environment variables: docs/CONFIGURATION.md.`;

const options = {
  every: { type: 'string' },
  series: { type: 'boolean' },
  yes: { type: 'boolean' },
  since: { type: 'string' },
  until: { type: 'string' },
  interval: { type: 'string' },
  output: { type: 'string' },
  'dry-run': { type: 'boolean' },
  resume: { type: 'boolean' },
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
  backfill: ['since', 'until', 'interval', 'output', 'dry-run', 'resume'],
  'ledger show': ['json', 'series'],
  'ledger verify': ['json'],
  'ledger reset': ['yes'],
  'ledger adopt': ['yes'],
};

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

const secondsOf: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** `60s`, `5m`, `1h` or plain seconds, as seconds. */
export function parseInterval(text: string, option = '--every'): number {
  const [, amount, unit = 's'] = /^(\d+)([smh])?$/.exec(text) ?? [];
  const seconds = Number(amount) * (secondsOf[unit] ?? Number.NaN);
  if (!(seconds >= 1)) {
    throw new UsageError(`${option}: found "${text}", expected a time such as 60s or 5m.`);
  }
  return seconds;
}

/** `7d`, `36h`, `90m`: that long ago; or an instant with its zone. */
export function parseTime(text: string, option: string): TimeArgument {
  const [, amount, unit = ''] = /^(\d+)([smhd])$/.exec(text) ?? [];
  if (amount !== undefined) return { agoMs: Number(amount) * (secondsOf[unit] ?? Number.NaN) * 1000 };
  const atMs = /^\d{4}-\d{2}-\d{2}T[\d:.]+(?:Z|[+-]\d{2}:\d{2})$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(atMs)) {
    throw new UsageError(`${option}: found "${text}", expected 7d, 36h or 2026-11-20T00:00:00Z.`);
  }
  return { atMs };
}

export function parseArguments(args: readonly string[]): Arguments {
  const { values, positionals } = parse(args);
  const [name, ...rest] = positionals;
  const common = { json: values.json ?? false, envFile: values['env-file'] };
  if (values.help || name === 'help') return { ...common, command: { name: 'help' } };
  if (values.version) return { ...common, command: { name: 'version' } };
  const [action, extra] = name === 'ledger' ? [ledgerAction(rest[0]), rest[1]] : [undefined, rest[0]];
  const whole = action === undefined ? name : `${name} ${action}`;
  if (extra !== undefined) throw new UsageError(`Unexpected argument "${extra}" after ${whole}.`);
  refuseForeignOptions(whole, Object.keys(values));
  const command = action === undefined ? commandOf(name, values) : ledgerCommandOf(action, values);
  return { ...common, command };
}

const ledgerActions: readonly LedgerAction[] = ['show', 'verify', 'reset', 'adopt'];

function ledgerAction(text: string | undefined): LedgerAction {
  const found = ledgerActions.find((action) => action === text);
  if (found !== undefined) return found;
  const what = text === undefined ? 'ledger does nothing by itself.' : `ledger knows no "${text}".`;
  throw new UsageError(`${what} There are: ${ledgerActions.map((action) => `ledger ${action}`).join(', ')}.`);
}

function refuseForeignOptions(name: string | undefined, given: readonly string[]): void {
  const own = ownOptions[name ?? ''];
  const foreign = given.find((option) => own !== undefined && ![...own, 'env-file'].includes(option));
  if (foreign !== undefined) throw new UsageError(`--${foreign} is not an option of ${name}.`);
}

type Values = ReturnType<typeof parse>['values'];

const ledgerCommandOf = (action: LedgerAction, { series = false, yes = false }: Values): Command => ({
  name: 'ledger',
  action,
  series,
  yes,
});

function backfillOf(values: Values): BackfillArguments {
  const { since, until, interval, output, resume = false } = values;
  if (since === undefined && !resume) throw new UsageError('backfill needs --since, such as --since 7d.');
  const fixed = [since, until, interval, output].some((value) => value !== undefined);
  if (resume && fixed)
    throw new UsageError('--resume goes on as it was begun: no other option of backfill beside it.');
  return {
    since: since === undefined ? undefined : parseTime(since, '--since'),
    until: until === undefined ? undefined : parseTime(until, '--until'),
    intervalSeconds: interval === undefined ? undefined : parseInterval(interval, '--interval'),
    output,
    resume,
    dryRun: values['dry-run'] ?? false,
  };
}

function commandOf(name: string | undefined, values: Values): Command {
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
    case 'backfill':
      return { name, ...backfillOf(values) };
    default: {
      const found = name === undefined ? 'No command.' : `Unknown command "${name}".`;
      throw new UsageError(`${found} Commands: push, preview, check, backfill, ledger.`);
    }
  }
}
