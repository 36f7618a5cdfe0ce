import { parseArgs } from 'node:util';

export interface DemoOptions {
  /** Of the page; 0 takes a free one, undefined prefers 8222 and takes a free one when that is in use. */
  readonly port: number | undefined;
  readonly everySeconds: number;
  readonly once: boolean;
  readonly help: boolean;
}

/** The command line cannot be understood; the message says what was found and what is expected. */
export class DemoUsageError extends Error {
  override readonly name = 'DemoUsageError';
}

export const demoUsage = `Usage: npm run demo -- [options]

Runs the exporter as AWS Lambda does, against a made-up Prefect workspace and a receiver inside this process, and
shows what arrives on a local page. Nothing leaves this machine.

With PREFECT_API_URL in the environment (and PREFECT_API_KEY or PREFECT_API_AUTH_STRING) it reads that workspace.

Options
  --every <seconds>  time between two ticks, 1 to 60 (default 2)
  --port <number>    port of the page (default 8222, or a free one)
  --once             three ticks and a summary instead of the page; exit status 1 when something is wrong
  --help`;

const options = {
  port: { type: 'string' },
  every: { type: 'string' },
  once: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

export function parseOptions(args: readonly string[]): DemoOptions {
  const values = parsed(args);
  return {
    port: wholeNumber('--port', values.port, 0, 65_535),
    everySeconds: wholeNumber('--every', values.every, 1, 60) ?? 2,
    once: values.once ?? false,
    help: values.help ?? false,
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, strict: true }).values;
  } catch (error) {
    throw new DemoUsageError(error instanceof Error ? error.message : String(error));
  }
}

function wholeNumber(option: string, text: string | undefined, from: number, to: number): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= from && value <= to) return value;
  throw new DemoUsageError(`${option}: found "${text}", expected a whole number from ${from} to ${to}.`);
}
