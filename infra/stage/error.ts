import { formatProblem, type Problem } from '../../lib/problem.ts';

/** A stage file cannot be used; the message holds everything that is wrong with it. */
export class StageError extends Error {
  override readonly name = 'StageError';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems.map(formatProblem).join('\n\n'));
    this.problems = problems;
  }
}

/** What is wrong with one parameter: its path such as `schedule.rate`, and what completes the sentence. */
export interface Complaint {
  readonly path: string;
  readonly what: string;
  readonly found?: unknown;
  readonly expected: string;
  readonly do: string;
}

export const parameterProblem = (file: string, complaint: Complaint): Problem => ({
  slug: 'stage-parameter',
  message: `${file}: ${complaint.path} ${complaint.what}.`,
  ...(complaint.found === undefined ? {} : { found: shown(complaint.found) }),
  expected: complaint.expected,
  do: complaint.do,
});

const shownCharacters = 120;

const shown = (value: unknown): string => {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > shownCharacters ? `${text.slice(0, shownCharacters)}…` : text;
};
