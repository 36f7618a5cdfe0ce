import { ConfigError } from '../../lib/config/errors.ts';
import { type ParsedConfig, parseConfig } from '../../lib/config/parse.ts';
import type { Environment } from '../../lib/config/raw-values.ts';
import type { SinkNeed } from '../../lib/config/sink.ts';
import type { Where } from '../../lib/config/store.ts';
import type { Problem } from '../../lib/problem.ts';

/** The least that is accepted. */
export const minimal = {
  PREFECT_API_URL: 'http://127.0.0.1:4200/api',
  REMOTE_WRITE_URL: 'http://prometheus:9090/api/v1/write',
};

/** The same with a Pushgateway. */
export const minimalPushgateway = {
  PREFECT_API_URL: 'http://127.0.0.1:4200/api',
  PUSHGATEWAY_URL: 'http://pushgateway:9091',
};

export const collectors = [
  { name: 'open_runs', byDefault: true, set: 'native' },
  { name: 'deployments', byDefault: true, set: 'native' },
  { name: 'next_runs', byDefault: false, set: 'native' },
  { name: 'history', byDefault: true, set: 'history' },
];

interface Surroundings {
  /** Path to content; other paths do not exist. */
  readonly files?: Readonly<Record<string, string>>;
  readonly sink?: SinkNeed;
  readonly where?: Where;
}

/** Parses exactly this environment. */
export function parseOnly(
  environment: Environment,
  { files = {}, sink = 'required', where = 'command-line' }: Surroundings = {},
): ParsedConfig {
  const readFile = (path: string): string => {
    const content = files[path];
    if (content === undefined) {
      throw Object.assign(new Error(`ENOENT: no such file, open '${path}'`), { code: 'ENOENT' });
    }
    return content;
  };
  return parseConfig(environment, { readFile, collectors, sink, where });
}

/** Parses the minimal environment with these variables beside or instead. */
export const parse = (extra: Environment, surroundings?: Surroundings): ParsedConfig =>
  parseOnly({ ...minimal, ...extra }, surroundings);

/** What is wrong with exactly this environment; fails when nothing is. */
export function problemsOnly(environment: Environment, surroundings?: Surroundings): readonly Problem[] {
  try {
    parseOnly(environment, surroundings);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  throw new Error('the environment was accepted');
}

/** What is wrong with the minimal environment and these variables. */
export const problems = (extra: Environment, surroundings?: Surroundings): readonly Problem[] =>
  problemsOnly({ ...minimal, ...extra }, surroundings);
