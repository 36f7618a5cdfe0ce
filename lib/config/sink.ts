import type { Problem } from '../problem.ts';
import type { SinkConfig } from './config.ts';
import { signedPushgateway } from './mistakes/sigv4.ts';
import { pushgatewayVariables, readPushgateway } from './pushgateway.ts';
import type { Reader } from './reader.ts';
import { readRemoteWrite, remoteWriteVariables } from './remote-write.ts';
import type { Variable } from './variable.ts';

/** `optional` for commands that do not push. */
export type SinkNeed = 'required' | 'optional';

/** The one sink whose address is set. Both groups are read, so that mistakes in either are reported. */
export function readSink(reader: Reader, need: SinkNeed): SinkConfig | undefined {
  const [writes, pushes] = [reader.isSet(remoteWriteVariables.url), reader.isSet(pushgatewayVariables.url)];
  if (writes && pushes) reader.report(both);
  if (!writes && !pushes && need === 'required') reader.report(neither);
  const remoteWrite = readRemoteWrite(reader);
  const pushgateway = readPushgateway(reader);
  if (pushes && !writes && reader.get(remoteWriteVariables.sigV4)) reader.report(signedPushgateway);
  else if (!writes) warnOfIgnored(reader, Object.values(remoteWriteVariables), remoteWriteVariables.url);
  if (!pushes) warnOfIgnored(reader, Object.values(pushgatewayVariables), pushgatewayVariables.url);
  return remoteWrite ?? pushgateway;
}

const ways =
  'REMOTE_WRITE_URL=http://prometheus:9090/api/v1/write (Prometheus, Mimir, Grafana Cloud, VictoriaMetrics, Thanos) or PUSHGATEWAY_URL=http://pushgateway:9091';

const neither: Problem = {
  slug: 'sink-choice',
  message: 'Neither REMOTE_WRITE_URL nor PUSHGATEWAY_URL is set: there is nowhere to push to.',
  found: 'none of them',
  expected: 'exactly one of them',
  do: ways,
};

const both: Problem = {
  slug: 'sink-choice',
  message: 'REMOTE_WRITE_URL and PUSHGATEWAY_URL are both set: samples go to one place.',
  found: 'both of them',
  expected: 'exactly one of them',
  do: 'keep REMOTE_WRITE_URL if the receiver takes remote write, and unset PUSHGATEWAY_URL; a Pushgateway is for networks that allow nothing else',
};

function warnOfIgnored(reader: Reader, variables: readonly Variable[], url: Variable): void {
  const ignored = variables.filter((variable) => reader.isSet(variable)).map(({ name }) => name);
  if (ignored.length === 0) return;
  reader.warn({
    slug: 'value-ignored',
    message: `${ignored.join(', ')}: no effect, because ${url.name} is not set.`,
    expected: `${url.name} beside them`,
    do: `set ${url.name}, or unset ${ignored.join(', ')}`,
  });
}
