import type { Clock } from './clock.ts';
import { allCollectors } from './collectors/all.ts';
import type { Collector } from './collectors/collector.ts';
import { selectCollectors } from './collectors/select.ts';
import { selfDescriptors } from './collectors/self.ts';
import type { Config, PrefectAuth, PrefectConfig, SinkAuth, SinkConfig } from './config/config.ts';
import { deadlineIn, remainingMs } from './deadline.ts';
import { createConnections } from './http/attempt.ts';
import { withBasicAuth, withBearer, withHeaders } from './http/auth.ts';
import { createCsrf } from './http/csrf.ts';
import { type Exchange, observed } from './http/observed.ts';
import { type Credentials, renewing } from './http/renewing.ts';
import { retrying } from './http/retrying.ts';
import type { Send } from './http/send.ts';
import { createSigning } from './http/sigv4.ts';
import { ownCounters } from './ledger/own-counters.ts';
import { type DescribeFamily, describeBy } from './metrics/description.ts';
import { createPrefectClient, type PrefectClient } from './prefect/client.ts';
import { createEndTimeFilterCache } from './prefect/end-time-filter.ts';
import { createPageSize } from './prefect/page-size.ts';
import { createResourceReader, type PrefectReader } from './prefect/reader.ts';
import { createWorkspaceCache } from './prefect/workspace.ts';
import { createSecret } from './secret.ts';
import { credentialsOf, type SideCredentials } from './side-credentials.ts';
import { createPushgatewaySink } from './sinks/pushgateway.ts';
import { amazonMaxRawBytes, createRemoteWriteSink } from './sinks/remote-write.ts';
import type { Sink } from './sinks/sink.ts';
import type { Session } from './tick-session.ts';
import { version } from './version.ts';

/** One attempt at Prefect may take this long: the server's own statement timeout is 10 s. */
const prefectTimeoutMs = 20_000;

export interface SessionsOptions {
  /** For one attempt at Prefect, ms. */
  readonly timeoutMs: number;
  /** Default: those of the configuration, which stay as they are. */
  readonly credentials: SideCredentials;
}

/** A session that also shows what it sends with, for the doctor. */
export interface WiredSession extends Session {
  readonly prefectSend: Send;
  readonly receiverSend: Send;
}

/** The collectors that run. Without a ledger those that need one are not among them. */
export function chosenCollectors(config: Config): readonly Collector[] {
  const chosen = selectCollectors(allCollectors, config.series);
  return config.store.ledger ? chosen : chosen.filter(({ kept }) => kept !== true);
}

/**
 * Opens the connections and readers of one tick after another. What outlives a tick lives in here: the CSRF token, AWS
 * credentials, the learned page size, the workspace's name, the server's version and what it cannot filter by.
 */
export function createSessions(
  config: Config,
  clock: Clock,
  options: Partial<SessionsOptions> = {},
): (nowMs: number) => WiredSession {
  const { timeoutMs = prefectTimeoutMs, credentials = credentialsOf(config) } = options;
  const { prefect, series, network, sink } = config;
  const csrf = createCsrf({ apiUrl: prefect.apiUrl, mode: prefect.csrf, clock });
  const sign = createSigning(clock);
  const pageSize = createPageSize(prefect.pageSize);
  const cache = createWorkspaceCache();
  const endTimeFilter = createEndTimeFilterCache();
  const collectors = chosenCollectors(config);
  const describe = describeBy([
    ...collectors.flatMap(({ families }) => families),
    ...selfDescriptors,
    ...ownCounters,
  ]);

  return (nowMs) => {
    const connections = createConnections(network, { clock, timeoutMs });
    const sinkConnections = createConnections(network, {
      clock,
      ...(sink === undefined ? {} : { timeoutMs: sink.timeoutMs }),
    });
    const receiverSend = renewing(sinkConnections.send, credentials.sink, (other, { auth, headers }) =>
      // Outside of what authorises: a signature covers headers.
      withHeaders(sinkSend(other, auth, sign), headers),
    );
    const exchanges: Exchange[] = [];
    const onExchange = (exchange: Exchange) => exchanges.push(exchange);
    let retries = 0;
    const onRetry = () => {
      retries += 1;
    };
    // Not by the exchanges: a request that hangs is none of them before it ends.
    let asked = false;
    const noted: Send = (request, until) => {
      asked ||= remainingMs(until, clock) > 0;
      return connections.send(request, until);
    };
    const send = prefectSend(observed(noted, { clock, onExchange }), {
      prefect,
      credentials: credentials.prefect,
      csrf,
      clock,
      onRetry,
    });
    const readers: { readonly reader: PrefectReader; readonly client: PrefectClient }[] = [];
    return {
      read(position, alsoRead, deadline) {
        const client = createPrefectClient({ apiUrl: prefect.apiUrl, send, deadline, version, pageSize });
        const reader = createResourceReader({
          client,
          apiUrl: prefect.apiUrl,
          nowMs,
          historyWindowMinutes: series.historyWindowMinutes,
          workspaceName: prefect.workspace,
          cache,
          endTimeFilter,
          position,
          clock,
          catchUpDeadline: deadlineIn(remainingMs(deadline, clock) / 2, clock),
        });
        readers.push({ reader, client });
        return { collectors, series, reader, alsoRead };
      },
      exchanges: () => exchanges,
      retries: () => retries,
      prefectAnswered: () => (asked ? readers.some(({ client }) => client.hasAnswered()) : undefined),
      serverTimeMs: () => readers.at(-1)?.reader.serverTimeMs(),
      sinkFor: (workspace) =>
        createSink(requireSink(sink), workspace, { send: receiverSend, clock, describe }),
      prefectSend: send,
      receiverSend,
      close: async () => {
        await Promise.all([connections.close(), sinkConnections.close()]);
      },
    };
  };
}

interface PrefectSendOptions {
  readonly prefect: PrefectConfig;
  readonly credentials: Credentials<PrefectAuth>;
  readonly csrf: ReturnType<typeof createCsrf>;
  readonly clock: Clock;
  onRetry(): void;
}

function prefectSend(send: Send, options: PrefectSendOptions): Send {
  const { prefect, credentials, csrf, clock, onRetry } = options;
  const retried = retrying(send, { clock, maxRetries: prefect.maxRetries, onRetry });
  return csrf.around(renewing(retried, credentials, withPrefectAuth));
}

function withPrefectAuth(send: Send, auth: PrefectAuth): Send {
  switch (auth.kind) {
    case 'key':
      return withBearer(send, auth.key);
    case 'basic':
      return withBasicAuth(send, auth.authString);
    case 'none':
      return send;
  }
}

function requireSink(sink: SinkConfig | undefined): SinkConfig {
  if (sink === undefined) throw new Error('A tick was asked for without a receiver in the configuration.');
  return sink;
}

function createSink(
  config: SinkConfig,
  workspace: string,
  { send, clock, describe }: { send: Send; clock: Clock; describe: DescribeFamily },
): Sink {
  if (config.kind === 'remote-write') {
    const limits = config.auth.kind === 'sigv4' ? { maxRawBytes: amazonMaxRawBytes } : {};
    return createRemoteWriteSink({ config, send, clock, ...limits });
  }
  const grouping = { workspace, ...config.grouping };
  return createPushgatewaySink({ config: { ...config, grouping }, send, clock, describe });
}

function sinkSend(send: Send, auth: SinkAuth, sign: ReturnType<typeof createSigning>): Send {
  switch (auth.kind) {
    case 'basic':
      return withBasicAuth(send, createSecret(`${auth.username}:${auth.password.reveal()}`));
    case 'bearer':
      return withBearer(send, auth.token);
    case 'sigv4':
      return sign(send, auth);
    case 'none':
      return send;
  }
}
