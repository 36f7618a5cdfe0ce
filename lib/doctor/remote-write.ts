import type { Clock } from '../clock.ts';
import type { RemoteWriteConfig } from '../config/config.ts';
import { diagnoseReceiver } from '../diagnosis/receiver.ts';
import { HttpStatusError } from '../http/errors.ts';
import { parseHttpDate } from '../http/http-date.ts';
import type { HttpRequest, HttpResponse } from '../http/send.ts';
import type { Problem } from '../problem.ts';
import { remoteWriteRequest } from '../sinks/remote-write-request.ts';
import { type Checked, clockDifferenceSeconds, type Probes, statusOf } from './probes.ts';
import { isPushgateway } from './pushgateway.ts';

/** No series at all: every receiver takes it and stores nothing. An empty snappy block is its length, 0. */
const emptyBody = Uint8Array.of(0);
/** Not snappy: a receiver of remote write refuses it, anything else that says yes to all does not. */
const brokenBody = new TextEncoder().encode('not a snappy block');

/** Paths of the receivers there are: Prometheus and VictoriaMetrics, Mimir, Grafana Cloud, Thanos. */
const writePaths = ['/api/v1/write', '/api/v1/push', '/api/prom/push', '/api/v1/receive'];

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
  { url }: RemoteWriteConfig,
  response: HttpResponse,
  { tookMs, clock }: { tookMs: number; clock: Clock },
): Checked {
  const seconds = clockDifferenceSeconds(parseHttpDate(response.headers.date), clock.now());
  const ahead = seconds !== undefined && seconds > 60;
  const facts = [
    `${nameOf(url)}, remote write 1.0, an empty request was accepted in ${tookMs} ms`,
    ...(seconds === undefined ? [] : [`its clock differs by ${Math.abs(seconds)} s`]),
  ];
  const problem: Problem = {
    slug: 'clock',
    message: `This machine is ${seconds} s ahead of the receiver (Date header).`,
    do: 'set the clock: samples in the future are refused',
  };
  const section = {
    name: 'receiver',
    status: ahead ? 'failed' : 'ok',
    facts,
    problems: ahead ? [problem] : [],
  } as const;
  return { section, host: url.host, error: undefined };
}

function nameOf({ hostname, host }: URL): string {
  if (hostname.endsWith('.grafana.net')) return 'Grafana Cloud';
  if (/^aps-workspaces\..*\.amazonaws\.com$/.test(hostname)) return 'Amazon Managed Prometheus';
  return host;
}

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
  const wrongAddress = error instanceof HttpStatusError && [400, 404, 405].includes(error.status);
  if (!wrongAddress || problem.slug === 'receiver-disabled') return [problem];
  if (await isPushgateway(config.url, probes)) return [otherKind(config.url)];
  const answering = await writingNeighbour(config, probes);
  if (answering === undefined) return [problem];
  const { pathname, href } = answering.url;
  return [
    {
      slug: problem.slug,
      message: `${config.url.origin}${config.url.pathname} takes no remote write. It answers at ${pathname} (${answering.status}).`,
      do: `REMOTE_WRITE_URL=${href}`,
    },
  ];
}

const otherKind = (url: URL): Problem => ({
  slug: 'receiver-kind',
  message: `${url.origin} is a Pushgateway (GET /api/v1/status).`,
  do: `PUSHGATEWAY_URL=${url.origin} instead of REMOTE_WRITE_URL`,
});

async function writingNeighbour(
  config: RemoteWriteConfig,
  { receiverSend, deadline }: Probes,
): Promise<{ url: URL; status: number } | undefined> {
  const prefix = config.url.pathname.replace(/\/(?:api\/.*)?$/, '');
  for (const path of new Set([...writePaths.map((end) => `${prefix}${end}`), ...writePaths])) {
    if (path === config.url.pathname) continue;
    const url = new URL(path, config.url.origin);
    const request: HttpRequest = remoteWriteRequest({ ...config, url }, emptyBody);
    const status = await statusOf(receiverSend, request, deadline);
    if (status !== undefined) return { url, status };
  }
  return undefined;
}
