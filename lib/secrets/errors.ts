import { formatProblem, type Problem } from '../problem.ts';

/** One secret could not be read. */
export class SecretError extends Error {
  override readonly name = 'SecretError';
  readonly problem: Problem;
  /** Whether the same question may be answered later: no answer, too many questions, a fault over there. */
  readonly isPassing: boolean;

  constructor(problem: Problem, isPassing: boolean, options?: ErrorOptions) {
    super(problem.found === undefined ? problem.message : `${problem.message} ${problem.found}`, options);
    this.problem = problem;
    this.isPassing = isPassing;
  }
}

/** Secrets that the configuration needs could not be read; `problems` has one for each. */
export class SecretsError extends Error {
  override readonly name = 'SecretsError';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[], options?: ErrorOptions) {
    super(problems.map(formatProblem).join('\n\n'), options);
    this.problems = problems;
  }
}
