import type { Clock } from '../clock.ts';
import { isAmazon } from '../config/amazon-address.ts';
import type { RemoteWriteConfig } from '../config/config.ts';
import { diagnoseReceiver } from '../diagnosis/receiver.ts';
import { parseHttpDate } from '../http/http-date.ts';
import type { HttpResponse } from '../http/send.ts';
import type { Problem } from '../problem.ts';
import { remoteWriteRequest } from '../sinks/remote-write-request.ts';
import { clockProblem, secondsAhead } from './clock.ts';
import { emptyBody, findWritePath, isWrongAddress, pushgatewayVersion } from './other-receivers.ts';
import { type Checked, type Probes, statusOf } from './probes.ts';
import type { CheckSection } from './report.ts';

/** Not snappy: a receiver of remote write refuses it, anything else that says yes to all does not. */
const brokenBody = new TextEncoder().encode('not a snappy block');

export async function checkRemoteWrite(
  config: RemoteWriteConfig,
  probes: Probes,
  clock: Clock,
): Promise<Checked> {
  const { host } = config.url;
  const startedMs = clock.monotonic();
  try {
    const response = await probes.receiverSend(remoteWriteRequest(config, emptyBody), probes.deadline);
    const tookMs = Math.round(clock.monotonic() - startedMs);
    const broken = remoteWriteRequest(config, brokenBody);
    if ((await statusOf(probes.receiverSend, broken, probes.deadline)) !== undefined) {
      return failedWith([takesAnything(config, response)], host);
    }
    return accepted(config, response, { tookMs, clock });
  } catch (error) {
    return { ...failedWith(await explained(error, config, probes), host), error };
  }
}

const failedWith = (problems: readonly Problem[], host: string): Checked => ({
  section: { name: 'receiver', status: 'failed', facts: [], problems },
  host,
  error: undefined,
});

function accepted(
  config: RemoteWriteConfig,
  response: HttpResponse,
  { tookMs, clock }: { tookMs: number; clock: Clock },
): Checked {
  const { url } = config;
  const dateMs = parseHttpDate(response.headers.date);
  const seconds = secondsAhead(dateMs, clock.now());
  const facts = [
    `${nameOf(url)}, remote write 1.0, an empty request was accepted in ${tookMs} ms`,
    ...signatureFacts(config),
    ...(seconds === undefined ? [] : [clockFact(Math.abs(seconds))]),
  ];
  const problem = clockProblem('the receiver', dateMs, clock.now());
  const section: CheckSection =
    problem === undefined
      ? { name: 'receiver', status: 'ok', facts, problems: [] }
      : { name: 'receiver', status: 'failed', facts, problems: [problem] };
  return { section, host: url.host, error: undefined };
}

/** A `Date` header has whole seconds. */
const clockFact = (seconds: number): string =>
  seconds <= 1 ? 'its clock agrees' : `its clock differs by ${seconds} s`;

function nameOf(url: URL): string {
  if (url.hostname.endsWith('.grafana.net')) return 'Grafana Cloud';
  return isAmazon(url) ? 'Amazon Managed Prometheus' : url.host;
}

const signatureFacts = ({ auth }: RemoteWriteConfig): readonly string[] =>
  auth.kind === 'sigv4'
    ? [
        `signed for ${auth.region}, ${auth.service}${auth.roleArn === undefined ? '' : `, as ${auth.roleArn}`}`,
      ]
    : [];

const takesAnything = ({ url }: RemoteWriteConfig, response: HttpResponse): Problem => ({
  slug: 'receiver-url-without-path',
  message: `${url.origin}${url.pathname} answers ${response.status} to everything, also to what is not remote write.`,
  found: `content-type ${response.headers['content-type'] ?? 'not given'}`,
  expected: 'a receiver of remote write, which refuses a body that is not snappy',
  do: 'look at REMOTE_WRITE_URL: a web page or a proxy answers there',
});

async function explained(
  error: unknown,
  config: RemoteWriteConfig,
  probes: Probes,
): Promise<readonly Problem[]> {
  const problem = diagnoseReceiver(error, config) ?? {
    slug: 'receiver-failed',
    message: error instanceof Error ? error.message : String(error),
  };
  if (!isWrongAddress(error) || isTheirs.has(problem.slug)) return [problem];
  const { origin } = config.url;
  if ((await pushgatewayVersion(origin, probes)) !== undefined) return [otherKind(origin)];
  const nearby = await findWritePath(config, probes);
  if (nearby?.kind === 'refuses') return [nearby.problem];
  return [nearby === undefined ? nothingThere(problem) : atOtherPath(problem, config, nearby)];
}

/** The address is right, and what is wrong is at its other end. */
const isTheirs: ReadonlySet<Problem['slug']> = new Set(['receiver-disabled', 'receiver-workspace']);

const otherKind = (origin: string): Problem => ({
  slug: 'receiver-kind',
  message: `${origin} is a Pushgateway (GET /api/v1/status). Use PUSHGATEWAY_URL instead of REMOTE_WRITE_URL.`,
  do: `PUSHGATEWAY_URL=${origin}`,
});

const nothingThere = (problem: Problem): Problem =>
  problem.slug === 'receiver-url-without-path'
    ? { ...problem, do: 'look at the host and the port: the usual paths take no remote write there either' }
    : problem;

const atOtherPath = (
  { slug, found }: Problem,
  { url }: RemoteWriteConfig,
  { url: other, status }: { url: URL; status: number },
): Problem => ({
  slug: slug === 'receiver-url-is-for-queries' ? slug : 'receiver-url-without-path',
  message:
    url.pathname === '/'
      ? `${url.origin} has no remote-write path. It answers at ${other.pathname} (${status}).`
      : `${url.origin}${url.pathname} takes no remote write. It answers at ${other.pathname} (${status}).`,
  ...(found === undefined ? {} : { found }),
  do: `REMOTE_WRITE_URL=${other.href}`,
});
