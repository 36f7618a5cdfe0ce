import type { Config } from '../config/config.ts';
import { ConfigError } from '../config/errors.ts';
import { type ParseOptions, parseConfig } from '../config/parse.ts';
import type { Problem } from '../problem.ts';
import { type CheckReport, checkReport } from './report.ts';

export type ConfigurationCheck =
  | { readonly config: Config; readonly warnings: readonly Problem[] }
  | { readonly config?: undefined; readonly report: CheckReport };

/** The configuration, or the report that says everything that is wrong with it. A sink may be missing. */
export function checkConfiguration(
  env: Readonly<Record<string, string | undefined>>,
  options: Omit<ParseOptions, 'sink'>,
): ConfigurationCheck {
  try {
    return parseConfig(env, { ...options, sink: 'optional' });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const { problems } = error;
    return { report: checkReport([{ name: 'configuration', status: 'failed', facts: [], problems }]) };
  }
}
