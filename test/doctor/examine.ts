import type { Clock } from '../../lib/clock.ts';
import { allCollectors as collectors } from '../../lib/collectors/all.ts';
import { deadlineIn } from '../../lib/deadline.ts';
import { checkConfiguration } from '../../lib/doctor/configuration.ts';
import type { CheckReport, CheckSection } from '../../lib/doctor/report.ts';
import { createExporter } from '../../lib/exporter.ts';
import { formatProblem } from '../../lib/problem.ts';

export type Env = Readonly<Record<string, string>>;

/** What `check` finds out with these variables. */
export async function examine(env: Env, clock: Clock, { withinMs = 60_000 } = {}): Promise<CheckReport> {
  const configuration = checkConfiguration(
    { STORE: 'memory:', ...env },
    { readFile: () => '', collectors, where: 'command-line' },
  );
  if (configuration.config === undefined) return configuration.report;
  const exporter = createExporter(configuration.config, clock);
  return exporter.check(deadlineIn(withinMs, clock), configuration.warnings);
}

export function sectionOf({ sections }: CheckReport, name: CheckSection['name']): CheckSection {
  const found = sections.find((section) => section.name === name);
  if (found === undefined) throw new Error(`No section ${name} in ${JSON.stringify(sections)}`);
  return found;
}

/** Every problem as it is printed, with `<host>` for each address that only this run has. */
export const problemsOf = ({ sections }: CheckReport): string[] =>
  sections.flatMap(({ problems }) => problems.map((problem) => withoutPorts(formatProblem(problem))));

export const withoutPorts = (text: string): string =>
  text.replace(/127\.0\.0\.1:\d{4,5}/g, '<host>').replace(/after \d+ ms/g, 'after <n> ms');
