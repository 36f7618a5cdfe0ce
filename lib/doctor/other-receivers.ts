import type { RemoteWriteConfig, SinkConfig } from '../config/config.ts';
import { diagnoseReceiver } from '../diagnosis/receiver.ts';
import { HttpStatusError } from '../http/errors.ts';
import { jsonGet } from '../http/json.ts';
import type { Problem } from '../problem.ts';
import { remoteWriteRequest } from '../sinks/remote-write-request.ts';
import { jsonFrom, type Probes } from './probes.ts';

/** The statuses of an address that is no receiver's, or not of this kind. */
export const isWrongAddress = (error: unknown): error is HttpStatusError =>
  error instanceof HttpStatusError && [400, 404, 405].includes(error.status);

/** No series at all: every receiver takes it and stores nothing. An empty snappy block is its length, 0. */
export const emptyBody = Uint8Array.of(0);

/** The version of the Pushgateway at this address: only a Pushgateway says it at `/api/v1/status`. */
export const pushgatewayVersion = (address: string, probes: Probes): Promise<string | undefined> =>
  textFrom(`${address}/api/v1/status`, ['data', 'build_information', 'version'], probes);

/** The version of the server with the Prometheus API at this address. */
export const prometheusVersion = (address: string, probes: Probes): Promise<string | undefined> =>
  textFrom(`${address}/api/v1/status/buildinfo`, ['data', 'version'], probes);

/** Paths of the receivers there are: Prometheus and VictoriaMetrics, Mimir, Grafana Cloud, Thanos. */
const writePaths = ['/api/v1/write', '/api/v1/push', '/api/prom/push', '/api/v1/receive'];

export type Nearby =
  | { readonly kind: 'takes-writes'; readonly url: URL; readonly status: number }
  /** An answer that tells more than that there is nothing: `receiver-disabled`, `receiver-tenant`, … */
  | { readonly kind: 'refuses'; readonly problem: Problem };

/** The first address near that of the configuration where something knows what remote write is. */
export async function findWritePath(config: RemoteWriteConfig, probes: Probes): Promise<Nearby | undefined> {
  const { origin, pathname } = config.url;
  const prefix = pathname.replace(/\/(?:api\/.*)?$/, '');
  const paths = new Set([...writePaths.map((end) => `${prefix}${end}`), ...writePaths]);
  paths.delete(pathname);
  for (const path of paths) {
    const found = await tryWriting({ ...config, url: new URL(path, origin) }, probes);
    if (found !== undefined) return found;
  }
  return undefined;
}

async function tryWriting(config: RemoteWriteConfig, probes: Probes): Promise<Nearby | undefined> {
  try {
    const { status } = await probes.receiverSend(remoteWriteRequest(config, emptyBody), probes.deadline);
    return { kind: 'takes-writes', url: config.url, status };
  } catch (error) {
    const problem = diagnoseReceiver(error, config);
    const telling = problem !== undefined && tellingSlugs.has(problem.slug);
    return telling ? { kind: 'refuses', problem } : undefined;
  }
}

const tellingSlugs: ReadonlySet<Problem['slug']> = new Set(['receiver-disabled', 'receiver-tenant']);

/** The origin, and the path below which the sink of a Pushgateway writes. */
export const addressOf = ({ url }: SinkConfig): string => `${url.origin}${url.pathname.replace(/\/+$/, '')}`;

async function textFrom(
  address: string,
  path: readonly string[],
  probes: Probes,
): Promise<string | undefined> {
  const request = jsonGet(new URL(address), 'receiver/status');
  let found = await jsonFrom(probes.receiverSend, request, probes.deadline);
  for (const key of path) {
    if (typeof found !== 'object' || found === null) return undefined;
    found = Reflect.get(found, key);
  }
  return typeof found === 'string' ? found : undefined;
}
