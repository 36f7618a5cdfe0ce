import type { Problem } from '../problem.ts';

/** A backfill cannot begin or go on, in words a user can act on. */
export class BackfillError extends Error {
  override readonly name = 'BackfillError';
  readonly problem: Problem;

  constructor(problem: Problem, options?: ErrorOptions) {
    super(problem.message, options);
    this.problem = problem;
  }
}
