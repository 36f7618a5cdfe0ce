import type { Clock } from '../clock.ts';
import type { Config, PrefectConfig } from '../config/config.ts';
import { findCause } from '../diagnosis/cause.ts';
import { diagnosePrefect } from '../diagnosis/prefect.ts';
import { HttpStatusError, NoAnswerError } from '../http/errors.ts';
import { editionOf } from '../prefect/edition.ts';
import type { ResourceName } from '../prefect/resources.ts';
import { WorkspaceNotVisibleError } from '../prefect/workspace.ts';
import type { Problem } from '../problem.ts';
import { clockProblem } from './clock.ts';
import { prefectFacts } from './prefect-facts.ts';
import { findPrefectNearby } from './prefect-nearby.ts';
import type { Checked, Probes } from './probes.ts';
import { roleTooSmall } from './role-too-small.ts';

export interface Failure {
  readonly name: ResourceName;
  readonly error: unknown;
}

/** Reads everything that a tick would read. `/health` is not asked: it answers without credentials. */
export async function checkPrefect({ prefect }: Config, probes: Probes, clock: Clock): Promise<Checked> {
  const startedMs = clock.monotonic();
  const { host } = prefect.apiUrl;
  const failedWith = async (error: unknown): Promise<Checked> => {
    const problems = [await explained(error, prefect, probes)];
    return { section: { name: 'prefect', status: 'failed', facts: [], problems }, host, error };
  };
  const silence = await silenceOf(probes);
  if (silence !== undefined) return failedWith(silence);
  const { names, failures } = await readAll(probes);
  const readAny = names.some((name) => !saysNothing.has(name) && !isAmong(failures, name));
  if (!readAny) return failedWith(mostTelling(failures)?.error);
  const ahead = clockProblem('Prefect', probes.serverTimeMs(), clock.now());
  const { failed, warnings } = partialProblems(failures, prefect, probes);
  const problems = [...failed, ...(ahead === undefined ? [] : [ahead]), ...warnings];
  const status = warnings.length < problems.length ? 'failed' : problems.length > 0 ? 'warning' : 'ok';
  const facts = await prefectFacts(names, probes, clock.monotonic() - startedMs);
  return { section: { name: 'prefect', status, facts, problems }, host, error: undefined };
}

/** One small question first: where nobody answers, a dozen would take as many times as long to find out. */
async function silenceOf({ reader }: Probes): Promise<NoAnswerError | undefined> {
  try {
    await reader.get('scheduledRunCount');
    return undefined;
  } catch (error) {
    return findCause(error, NoAnswerError);
  }
}

async function readAll({ collectors, reader }: Probes) {
  const names = [...new Set([...collectors.flatMap(({ needs }) => needs), 'workspace' as const])];
  const results = await Promise.allSettled(names.map((name) => reader.get(name)));
  const failures = names.flatMap((name, index): Failure[] => {
    const result = results[index];
    return result?.status === 'rejected' ? [{ name, error: result.reason }] : [];
  });
  return { names, failures };
}

/** Known without asking, or from another place than the workspace: no sign that the workspace can be read. */
const saysNothing: ReadonlySet<ResourceName> = new Set(['workspace', 'server']);

const isAmong = (failures: readonly Failure[], name: ResourceName): boolean =>
  failures.some((failure) => failure.name === name);

/** Nothing can be read: then one of the errors says why, and the others only what follows from it. */
function mostTelling(failures: readonly Failure[]): Failure | undefined {
  const ofClass = (kind: abstract new (...args: never[]) => Error) =>
    failures.find(({ error }) => findCause(error, kind) !== undefined);
  return ofClass(WorkspaceNotVisibleError) ?? ofClass(HttpStatusError) ?? failures[0];
}

/** Something can be read. What the key may not read is missing and no more; everything else is a fault. */
function partialProblems(failures: readonly Failure[], prefect: PrefectConfig, probes: Probes) {
  const problemOf = ({ error }: Failure) => diagnosePrefect(error, prefect) ?? unknownFailure(error);
  const forbidden = failures.filter((failure) => problemOf(failure).slug === 'prefect-role-too-small');
  const others = failures.filter((failure) => !forbidden.includes(failure)).map(problemOf);
  const once = new Map(others.map((problem) => [`${problem.slug} ${problem.message}`, problem]));
  const warnings = forbidden.length > 0 ? [roleTooSmall(forbidden, probes.collectors)] : [];
  return { failed: [...once.values()], warnings };
}

const unknownFailure = (error: unknown): Problem => ({
  slug: 'prefect-failed',
  message: error instanceof Error ? error.message : String(error),
});

/** The problem; where the address is wrong, with the one nearby that does answer as the Prefect API. */
async function explained(error: unknown, prefect: PrefectConfig, probes: Probes): Promise<Problem> {
  const problem = diagnosePrefect(error, prefect) ?? unknownFailure(error);
  if (problem.slug === 'prefect-role-too-small') {
    return {
      ...problem,
      slug: 'prefect-workspace-not-allowed',
      message: 'The key may read nothing in this workspace (403).',
    };
  }
  // A server asks for a CSRF token at every address, also where it has nothing.
  const wrongAddress = ['prefect-url-without-api', 'prefect-not-json', 'prefect-csrf'].includes(problem.slug);
  if (!wrongAddress || editionOf(prefect.apiUrl).kind === 'cloud') return problem;
  const nearby = await findPrefectNearby(prefect.apiUrl, probes);
  if (nearby === undefined) return problem;
  const status = findCause(error, HttpStatusError);
  const seen = status === undefined ? '' : ` (${status.method} ${status.endpoint}: ${status.status})`;
  return {
    slug: 'prefect-url-without-api',
    message: `${prefect.apiUrl.href} answers, but not as the Prefect API${seen}. ${nearby} does.`,
    do: `PREFECT_API_URL=${nearby}`,
  };
}
