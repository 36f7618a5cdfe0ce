import type { Clock } from '../clock.ts';
import type { PushgatewayConfig } from '../config/config.ts';
import { diagnoseReceiver } from '../diagnosis/receiver.ts';
import { HttpStatusError } from '../http/errors.ts';
import { jsonGet, parseJson } from '../http/json.ts';
import type { Problem } from '../problem.ts';
import { deleteRequest, putRequest } from '../sinks/pushgateway-request.ts';
import type { Checked, Probes } from './probes.ts';

/** Writes an empty group under a name of its own and deletes it again. */
export async function checkPushgateway(
  config: PushgatewayConfig,
  probes: Probes,
  clock: Clock,
): Promise<Checked> {
  const { host } = config.url;
  const group = { ...config, job: `${config.job}-check` };
  const startedMs = clock.monotonic();
  try {
    await probes.receiverSend(putRequest(group, ''), probes.deadline);
    await probes.receiverSend(deleteRequest(group), probes.deadline);
    const tookMs = Math.round(clock.monotonic() - startedMs);
    const version = await versionOf(config.url, probes);
    const facts = [
      `Pushgateway ${version ?? '(it does not say its version)'}, an empty group was written and deleted in ${tookMs} ms`,
      'a Pushgateway keeps the last values for ever: alert on the age of prefect_exporter_tick_timestamp_seconds',
      'scrape it with honor_labels: true, at least as often as a tick',
    ];
    return { section: { name: 'receiver', status: 'ok', facts, problems: [] }, host, error: undefined };
  } catch (error) {
    const problems = [await explained(error, config, probes)];
    return { section: { name: 'receiver', status: 'failed', facts: [], problems }, host, error };
  }
}

async function explained(error: unknown, config: PushgatewayConfig, probes: Probes): Promise<Problem> {
  const wrongAddress = error instanceof HttpStatusError && [400, 404, 405].includes(error.status);
  if (wrongAddress && (await isPrometheus(config.url, probes))) {
    return {
      slug: 'receiver-kind',
      message: `${config.url.origin} is not a Pushgateway but a server with the Prometheus API.`,
      do: `REMOTE_WRITE_URL=${config.url.origin}/api/v1/write instead of PUSHGATEWAY_URL`,
    };
  }
  return (
    diagnoseReceiver(error, config) ?? {
      slug: 'receiver-failed',
      message: error instanceof Error ? error.message : String(error),
    }
  );
}

/** Whether a Pushgateway answers at this origin: only it has `/api/v1/status` with its flags. */
export const isPushgateway = async (url: URL, probes: Probes): Promise<boolean> =>
  (await versionOf(url, probes)) !== undefined;

async function versionOf(url: URL, { receiverSend, deadline }: Probes): Promise<string | undefined> {
  const base = url.pathname.replace(/\/+$/, '');
  const request = jsonGet(new URL(`${base}/api/v1/status`, url.origin), 'pushgateway/status');
  try {
    const answer = parseJson(request, await receiverSend(request, deadline));
    return textAt(answer, ['data', 'build_information', 'version']);
  } catch {
    return undefined;
  }
}

async function isPrometheus(url: URL, { receiverSend, deadline }: Probes): Promise<boolean> {
  const request = jsonGet(new URL('/api/v1/status/buildinfo', url.origin), 'prometheus/buildinfo');
  try {
    const answer = parseJson(request, await receiverSend(request, deadline));
    return textAt(answer, ['data', 'version']) !== undefined;
  } catch {
    return false;
  }
}

function textAt(value: unknown, path: readonly string[]): string | undefined {
  let found: unknown = value;
  for (const key of path) {
    if (typeof found !== 'object' || found === null) return undefined;
    found = Reflect.get(found, key);
  }
  return typeof found === 'string' ? found : undefined;
}
