import { formatProblem, type Problem } from '../problem.ts';

/** The configuration cannot be used; `problems` holds everything that is wrong with it, at least one. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems.map(formatProblem).join('\n\n'));
    this.problems = problems;
  }
}
