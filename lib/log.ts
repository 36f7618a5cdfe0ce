import type { LogConfig } from './config/config.ts';

export type LogLevel = LogConfig['level'];
export type LogFields = Readonly<Record<string, unknown>>;

/** One JSON object a line. `fields` must not hold secrets; `Secret` values show themselves masked. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

const levels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

/**
 * Writes through `write`, one call a line. On Lambda that has to be stdout itself: with JSON logs the runtime wraps
 * what goes through `console`, which hides embedded metrics and escapes the line twice.
 */
export function createLogger(
  level: LogLevel,
  write: (line: string) => void,
  timestamp: () => string,
  /** On every line that does not have them itself. */
  always: LogFields = {},
): Logger {
  const log =
    (of: LogLevel) =>
    (message: string, fields: LogFields = {}) => {
      if (levels.indexOf(of) < levels.indexOf(level)) return;
      const line = { timestamp: timestamp(), level: of, message, ...always, ...defined(fields) };
      write(`${JSON.stringify(line)}\n`);
    };
  return { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') };
}

const defined = (fields: LogFields): LogFields =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

/** An error as log fields: name, message and the chain of causes, without stacks. */
export function errorFields(error: unknown): LogFields {
  if (!(error instanceof Error)) return { error: String(error) };
  const causes: string[] = [];
  for (let cause = error.cause; cause instanceof Error && causes.length < 5; cause = cause.cause) {
    causes.push(`${cause.name}: ${cause.message}`);
  }
  return { error: `${error.name}: ${error.message}`, ...(causes.length === 0 ? {} : { causes }) };
}
