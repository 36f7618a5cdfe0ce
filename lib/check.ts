import type { Clock } from './clock.ts';
import { ConfigError } from './config/errors.ts';
import type { ParseOptions } from './config/parse.ts';
import type { Deadline } from './deadline.ts';
import { checkConfiguration } from './doctor/configuration.ts';
import { type CheckReport, type CheckSection, checkReport } from './doctor/report.ts';
import { createExporter } from './exporter.ts';
import type { Problem } from './problem.ts';
import { SecretsError } from './secrets/errors.ts';
import type { SecretEnvironment, SecretSource } from './secrets/secret-environment.ts';

export interface CheckOptions extends Omit<ParseOptions, 'sink' | 'found'> {
  readonly environment: SecretEnvironment;
  /** What was found before. */
  readonly warnings?: readonly Problem[];
  readonly clock: Clock;
}

/** The doctor's report, also where the configuration is wrong or its secrets cannot be read: then it holds that. */
export async function check(options: CheckOptions, deadline: Deadline): Promise<CheckReport> {
  const { environment, clock, warnings = [] } = options;
  try {
    const resolved = await environment.resolve(deadline, true);
    const found = { problems: resolved.problems, warnings: [...warnings, ...resolved.warnings] };
    const configuration = checkConfiguration(resolved.environment, { ...options, found });
    const report =
      configuration.config === undefined
        ? configuration.report
        : await createExporter(configuration.config, clock).check(deadline, configuration.warnings);
    return checkReport([...sourcesSection(resolved.sources), ...report.sections]);
  } catch (error) {
    if (error instanceof ConfigError) return failedWith('configuration', error.problems);
    if (error instanceof SecretsError) return failedWith('secrets', error.problems);
    throw error;
  }
}

export const failedWith = (name: 'configuration' | 'secrets', problems: readonly Problem[]): CheckReport =>
  checkReport([{ name, status: 'failed', facts: [], problems }]);

function sourcesSection(sources: readonly SecretSource[]): readonly CheckSection[] {
  if (sources.length === 0) return [];
  const facts = sources.map(({ arn, names }) => `${names.join(', ') || 'nothing'} from ${arn}`);
  return [{ name: 'secrets', status: 'ok', facts, problems: [] }];
}
