import { formatProblem, type Problem } from '../problem.ts';

/** What `check` found out: the same object for people, for `--json` and for the Lambda's `{"check": true}`. */
export interface CheckReport {
  /** 0: a push would work. 1: a side did not answer or refused. 2: the configuration is wrong. */
  readonly exitStatus: 0 | 1 | 2;
  readonly sections: readonly CheckSection[];
}

export interface CheckSection {
  readonly name: 'secrets' | 'configuration' | 'prefect' | 'receiver' | 'store' | 'network';
  readonly status: SectionStatus;
  /** What was found, one fact a line, for instance `self-hosted server 3.8.4`. */
  readonly facts: readonly string[];
  readonly problems: readonly Problem[];
}

/** `warning`: a push works, something is missing. `skipped`: there was nothing to try. */
export type SectionStatus = 'ok' | 'warning' | 'failed' | 'skipped';

export function checkReport(sections: readonly CheckSection[]): CheckReport {
  const failed = sections.filter(({ status }) => status === 'failed');
  const configuration = failed.some(({ name }) => name === 'configuration');
  return { exitStatus: configuration ? 2 : failed.length > 0 ? 1 : 0, sections };
}

/** The report as text; `mark` colours the status words. */
export function formatCheck(
  report: CheckReport,
  mark: (status: SectionStatus, text: string) => string = (_, text) => text,
): string {
  return report.sections.map((section) => formatSection(section, mark)).join('\n');
}

const indent = ' '.repeat(24);

function formatSection(
  { name, status, facts, problems }: CheckSection,
  mark: (status: SectionStatus, text: string) => string,
): string {
  const [first = '', ...rest] = facts;
  const head = `${name.padEnd(15)}${mark(status, status.padEnd(9))}${first}`.trimEnd();
  const details = problems.map((problem) => formatProblem(problem).replace(/^/gm, '    '));
  return [head, ...rest.map((fact) => `${indent}${fact}`), ...details].join('\n');
}
