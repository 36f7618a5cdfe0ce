import type { Clock } from '../clock.ts';
import type { PushgatewayConfig } from '../config/config.ts';
import { diagnoseReceiver } from '../diagnosis/receiver.ts';
import type { Problem } from '../problem.ts';
import { deleteRequest, putRequest } from '../sinks/pushgateway-request.ts';
import { addressOf, isWrongAddress, prometheusVersion, pushgatewayVersion } from './other-receivers.ts';
import { type Checked, type Probes, statusOf } from './probes.ts';

/** Not the text format: a Pushgateway refuses it, anything else that says yes to all does not. */
const brokenText = 'not a metric at all {';

/** Writes an empty group under a name of its own and deletes it again. */
export async function checkPushgateway(
  config: PushgatewayConfig,
  probes: Probes,
  clock: Clock,
): Promise<Checked> {
  const { receiverSend, deadline } = probes;
  const { host } = config.url;
  const group = { ...config, job: `${config.job}-check` };
  const startedMs = clock.monotonic();
  const failed = (problem: Problem, error?: unknown): Checked => {
    return { section: { name: 'receiver', status: 'failed', facts: [], problems: [problem] }, host, error };
  };
  try {
    await receiverSend(putRequest(group, ''), deadline);
    const broken = await statusOf(receiverSend, putRequest(group, brokenText), deadline);
    await receiverSend(deleteRequest(group), deadline);
    if (broken !== undefined) return failed(takesAnything(config, broken));
  } catch (error) {
    return failed(await explained(error, config, probes), error);
  }
  const tookMs = Math.round(clock.monotonic() - startedMs);
  const version = await pushgatewayVersion(addressOf(config), probes);
  const facts = [
    `Pushgateway ${version ?? '(it does not say its version)'}, an empty group was written and deleted in ${tookMs} ms`,
    'a Pushgateway keeps the last values for ever: alert on the age of prefect_exporter_tick_timestamp_seconds',
    'scrape it with honor_labels: true, at least as often as a tick',
  ];
  return { section: { name: 'receiver', status: 'ok', facts, problems: [] }, host, error: undefined };
}

const takesAnything = (config: PushgatewayConfig, status: number): Problem => ({
  slug: 'receiver-kind',
  message: `${addressOf(config)} answers ${status} to everything, also to what is not the text format.`,
  expected: 'a Pushgateway, which refuses a text that it cannot parse',
  do: 'look at PUSHGATEWAY_URL: a web page or a proxy answers there',
});

async function explained(error: unknown, config: PushgatewayConfig, probes: Probes): Promise<Problem> {
  const { origin } = config.url;
  if (isWrongAddress(error)) {
    if ((await prometheusVersion(origin, probes)) !== undefined) return notPushgateway(origin);
    const atOrigin = addressOf(config) !== origin && (await pushgatewayVersion(origin, probes)) !== undefined;
    if (atOrigin) return otherPath(config);
  }
  return (
    diagnoseReceiver(error, config) ?? {
      slug: 'receiver-failed',
      message: error instanceof Error ? error.message : String(error),
    }
  );
}

const notPushgateway = (origin: string): Problem => ({
  slug: 'receiver-kind',
  message: `${origin} is not a Pushgateway but a server with the Prometheus API. Use REMOTE_WRITE_URL instead of PUSHGATEWAY_URL.`,
  do: `REMOTE_WRITE_URL=${origin}/api/v1/write`,
});

const otherPath = (config: PushgatewayConfig): Problem => ({
  slug: 'receiver-url-without-path',
  message: `${addressOf(config)} takes no pushes. The Pushgateway is at ${config.url.origin}.`,
  do: `PUSHGATEWAY_URL=${config.url.origin}`,
});
