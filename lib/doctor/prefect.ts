import type { Clock } from '../clock.ts';
import type { Config, PrefectConfig } from '../config/config.ts';
import { findCause } from '../diagnosis/cause.ts';
import { diagnosePrefect } from '../diagnosis/prefect.ts';
import { HttpStatusError } from '../http/errors.ts';
import { jsonPost } from '../http/json.ts';
import { maxAheadMs } from '../instant.ts';
import { editionOf } from '../prefect/edition.ts';
import type { ResourceName } from '../prefect/resources.ts';
import type { Problem } from '../problem.ts';
import { prefectFacts } from './prefect-facts.ts';
import { type Checked, clockDifferenceSeconds, type Probes, statusOf } from './probes.ts';

/** Reads everything that a tick would read. `/health` is not asked: it answers without credentials. */
export async function checkPrefect({ prefect }: Config, probes: Probes, clock: Clock): Promise<Checked> {
  const startedMs = clock.monotonic();
  const names: readonly ResourceName[] = [...new Set([...probes.needs, 'workspace' as const])];
  const results = await Promise.allSettled(names.map((name) => probes.reader.get(name)));
  const failures = results.flatMap((result, index) => {
    const name = names[index];
    return result.status === 'rejected' && name !== undefined
      ? [{ name, error: result.reason as unknown }]
      : [];
  });
  const host = prefect.apiUrl.host;
  const answered = probes.exchanges().some(({ code }) => code.startsWith('2'));
  if (!answered && failures[0] !== undefined) {
    const { error } = failures[0];
    const problems = await explained(error, prefect, probes);
    return { section: { name: 'prefect', status: 'failed', facts: [], problems }, host, error };
  }
  const problems = [...failureProblems(failures, prefect), ...clockProblems(probes, clock)];
  const failed = problems.some(({ slug }) => slug !== 'prefect-role-too-small');
  const status = failed ? 'failed' : problems.length > 0 ? 'warning' : 'ok';
  const facts = await prefectFacts(names, probes, clock.monotonic() - startedMs);
  return { section: { name: 'prefect', status, facts, problems }, host, error: undefined };
}

interface Failure {
  readonly name: ResourceName;
  readonly error: unknown;
}

/** Resources the key may not read, together; every other failure once, however many resources it costs. */
function failureProblems(failures: readonly Failure[], prefect: PrefectConfig): readonly Problem[] {
  const forbidden = failures.filter(({ error }) => findCause(error, HttpStatusError)?.status === 403);
  const others = failures.filter((failure) => !forbidden.includes(failure));
  const problems = new Map(
    others.map(({ error }) => {
      const problem = diagnosePrefect(error, prefect) ?? unknownFailure(error);
      return [`${problem.slug} ${problem.message}`, problem];
    }),
  );
  return [...(forbidden.length > 0 ? [roleTooSmall(forbidden)] : []), ...problems.values()];
}

const roleTooSmall = (forbidden: readonly Failure[]): Problem => ({
  slug: 'prefect-role-too-small',
  message: `The key may not read: ${forbidden.map(({ name }) => name).join(', ')} (403). What needs them will be absent.`,
  do: 'the smallest built-in role that may read everything is Viewer',
});

const unknownFailure = (error: unknown): Problem => ({
  slug: 'prefect-failed',
  message: error instanceof Error ? error.message : String(error),
});

function clockProblems({ serverTimeMs }: Probes, clock: Clock): readonly Problem[] {
  const seconds = clockDifferenceSeconds(serverTimeMs(), clock.now());
  if (seconds === undefined || Math.abs(seconds) * 1000 <= maxAheadMs) return [];
  const way = seconds > 0 ? 'ahead of' : 'behind';
  const message = `This machine is ${Math.abs(seconds)} s ${way} Prefect (Date header).`;
  return [{ slug: 'clock', message, do: 'set the clock; ticks ahead of Prefect do nothing' }];
}

/** The problem, with the address that does answer as the Prefect API where one of the neighbours does. */
async function explained(
  error: unknown,
  prefect: PrefectConfig,
  probes: Probes,
): Promise<readonly Problem[]> {
  const problem = diagnosePrefect(error, prefect) ?? unknownFailure(error);
  if (problem.slug !== 'prefect-url-without-api' && problem.slug !== 'prefect-not-json') return [problem];
  if (editionOf(prefect.apiUrl).kind === 'cloud') return [problem];
  for (const url of neighbours(prefect.apiUrl)) {
    const request = jsonPost(new URL(`${url}/deployments/filter`), 'deployments/filter', { limit: 1 });
    if ((await statusOf(probes.prefectSend, request, probes.deadline)) !== 200) continue;
    const message = `${prefect.apiUrl.href} answers, but not as the Prefect API. ${url} does.`;
    return [{ slug: 'prefect-url-without-api', message, do: `PREFECT_API_URL=${url}` }];
  }
  return [problem];
}

function neighbours(apiUrl: URL): readonly string[] {
  const path = apiUrl.pathname.replace(/\/+$/, '');
  const paths = [`${path}/api`, path.replace(/(?:\/api)+$/, '/api'), path.replace(/\/api$/, ''), '/api'];
  return [...new Set(paths)].filter((other) => other !== path).map((other) => `${apiUrl.origin}${other}`);
}
