import type { Clock } from './clock.ts';
import { allCollectors } from './collectors/all.ts';
import { selectCollectors } from './collectors/select.ts';
import type { Config, PrefectConfig, SinkAuth, SinkConfig } from './config/config.ts';
import { type Deadline, remainingMs } from './deadline.ts';
import { diagnosePrefect } from './diagnosis/prefect.ts';
import { diagnoseReceiver, diagnoseRefusals } from './diagnosis/receiver.ts';
import { createDoctor } from './doctor/doctor.ts';
import type { Probes } from './doctor/probes.ts';
import type { CheckReport } from './doctor/report.ts';
import { createConnections } from './http/attempt.ts';
import { withBasicAuth, withBearer } from './http/auth.ts';
import { createCsrf } from './http/csrf.ts';
import { type Exchange, observed } from './http/observed.ts';
import { retrying } from './http/retrying.ts';
import type { Send } from './http/send.ts';
import { tickInstantMs } from './instant.ts';
import { createPrefectClient } from './prefect/client.ts';
import { createPageSize } from './prefect/page-size.ts';
import { createResourceReader } from './prefect/reader.ts';
import { createWorkspaceCache } from './prefect/workspace.ts';
import { type Preview, previewTick } from './preview.ts';
import type { Problem } from './problem.ts';
import type { TickReport } from './report.ts';
import { createSecret } from './secret.ts';
import { createPushgatewaySink } from './sinks/pushgateway.ts';
import { createRemoteWriteSink } from './sinks/remote-write.ts';
import { PushError, type Sink } from './sinks/sink.ts';
import { runTick, type Session } from './tick.ts';
import { version } from './version.ts';

/** One wired exporter, for the life of a process: what is cached lives in it, connections live for one call. */
export interface Exporter {
  /**
   * Does nothing for an instant that is not after the newest one it has pushed: schedules deliver an event twice.
   * @param scheduledMs the time the tick is for. Rejects with `TickError`.
   */
  tick(scheduledMs: number, deadline: Deadline): Promise<TickReport>;
  preview(nowMs: number, deadline: Deadline): Promise<Preview>;
  /** @param warnings of the configuration, for the report */
  check(deadline: Deadline, warnings: readonly Problem[]): Promise<CheckReport>;
}

/** One attempt at Prefect may take this long: the server's own statement timeout is 10 s. */
const prefectTimeoutMs = 20_000;
/** Somebody waits for a check: it asks each question twice at most, and for half as long. */
const checkTimeoutMs = 10_000;

export function createExporter(config: Config, clock: Clock): Exporter {
  const openSession = createSessions(config, clock);
  const { intervalSeconds } = config.tick;
  const explain = explainFor(config);
  let pushedThroughMs: number | undefined;
  return {
    async tick(scheduledMs, deadline) {
      const options = { clock, intervalSeconds, pushedThroughMs, openSession, explain };
      const report = await runTick(options, scheduledMs, deadline);
      if (report.skip === undefined) pushedThroughMs = report.instantMs;
      return report;
    },
    async preview(nowMs, deadline) {
      const instantMs = tickInstantMs(nowMs, intervalSeconds);
      const session = openSession(instantMs, deadline);
      try {
        const previewed = await previewTick(
          { ...session.gathering, clock },
          allCollectors,
          instantMs,
          deadline,
        );
        const errors = previewed.failures.map(({ error }) => error);
        return { ...previewed, problems: [...previewed.problems, ...explainReading(errors, config.prefect)] };
      } finally {
        await session.close();
      }
    },
    check(deadline, warnings) {
      const openChecking = createSessions(quick(config), clock, checkTimeoutMs);
      const openProbes = () =>
        probesOf(openChecking(tickInstantMs(clock.now(), intervalSeconds), deadline), deadline);
      return createDoctor(config, clock, openProbes).check(deadline, warnings);
    },
  };
}

const quick = (config: Config): Config => ({
  ...config,
  prefect: { ...config.prefect, maxRetries: Math.min(1, config.prefect.maxRetries) },
  sink: config.sink && { ...config.sink, timeoutMs: Math.min(checkTimeoutMs, config.sink.timeoutMs) },
});

/** A session that also shows what it sends with, for the doctor. */
interface WiredSession extends Session {
  readonly prefectSend: Send;
  readonly receiverSend: Send;
}

const probesOf = ({ gathering, ...session }: WiredSession, deadline: Deadline): Probes => ({
  ...session,
  deadline,
  collectors: gathering.collectors,
  reader: gathering.reader,
});

/** Problems behind errors of reading Prefect, each once. */
function explainReading(errors: readonly unknown[], prefect: PrefectConfig): Problem[] {
  const problems = errors.flatMap((error) => diagnosePrefect(error, prefect) ?? []);
  return [...new Map(problems.map((problem) => [`${problem.slug} ${problem.message}`, problem])).values()];
}

/** Problems behind the errors of a tick: those of the receiver, and each of Prefect's once. */
const explainFor =
  ({ prefect, sink }: Config) =>
  (report: TickReport, error: unknown): readonly Problem[] => {
    const errors = [error, ...report.collectors.map((outcome) => outcome.error)];
    const ofPrefect = explainReading(
      errors.filter((cause) => !(cause instanceof PushError)),
      prefect,
    );
    const ofReceiver =
      sink === undefined || !(error instanceof PushError) ? [] : (diagnoseReceiver(error, sink) ?? []);
    const refused = diagnoseRefusals(report.push, report.workspace ?? '');
    return ofPrefect.concat(ofReceiver, refused);
  };

/** What outlives a tick: the CSRF token, the learned page size, the workspace's name, the server's version. */
function createSessions(
  config: Config,
  clock: Clock,
  timeoutMs = prefectTimeoutMs,
): (nowMs: number, deadline: Deadline) => WiredSession {
  const { prefect, series, network, sink } = config;
  const csrf = createCsrf({ apiUrl: prefect.apiUrl, mode: prefect.csrf, clock });
  const pageSize = createPageSize(prefect.pageSize);
  const cache = createWorkspaceCache();
  const collectors = selectCollectors(allCollectors, series);

  return (nowMs, deadline) => {
    const connections = createConnections(network, { clock, timeoutMs });
    const sinkConnections = createConnections(network, {
      clock,
      ...(sink === undefined ? {} : { timeoutMs: sink.timeoutMs }),
    });
    const receiverSend = sinkSend(sinkConnections.send, sink?.auth ?? { kind: 'none' });
    const exchanges: Exchange[] = [];
    const onExchange = (exchange: Exchange) => exchanges.push(exchange);
    // Not by the exchanges: a request that hangs is none of them before it ends.
    let asked = false;
    const noted: Send = (request, until) => {
      asked ||= remainingMs(until, clock) > 0;
      return connections.send(request, until);
    };
    const send = prefectSend(observed(noted, { clock, onExchange }), { prefect, csrf, clock });
    const client = createPrefectClient({ apiUrl: prefect.apiUrl, send, deadline, version, pageSize });
    const reader = createResourceReader({
      client,
      apiUrl: prefect.apiUrl,
      nowMs,
      historyWindowMinutes: series.historyWindowMinutes,
      workspaceName: prefect.workspace,
      cache,
    });
    return {
      gathering: {
        collectors,
        series,
        intervalSeconds: config.tick.intervalSeconds,
        reader,
        prefectAnswered: () => (asked ? client.hasAnswered() : undefined),
      },
      exchanges: () => exchanges,
      serverTimeMs: reader.serverTimeMs,
      sinkFor: (workspace) => createSink(requireSink(sink), workspace, { send: receiverSend, clock }),
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
  readonly csrf: ReturnType<typeof createCsrf>;
  readonly clock: Clock;
}

function prefectSend(send: Send, { prefect, csrf, clock }: PrefectSendOptions): Send {
  const { auth, maxRetries } = prefect;
  const retried = retrying(send, { clock, maxRetries });
  switch (auth.kind) {
    case 'key':
      return csrf.around(withBearer(retried, auth.key));
    case 'basic':
      return csrf.around(withBasicAuth(retried, auth.authString));
    case 'none':
      return csrf.around(retried);
  }
}

function requireSink(sink: SinkConfig | undefined): SinkConfig {
  if (sink === undefined) throw new Error('A tick was asked for without a receiver in the configuration.');
  return sink;
}

function createSink(
  config: SinkConfig,
  workspace: string,
  { send, clock }: { send: Send; clock: Clock },
): Sink {
  if (config.kind === 'remote-write') return createRemoteWriteSink({ config, send, clock });
  const grouping = { workspace, ...config.grouping };
  return createPushgatewaySink({ config: { ...config, grouping }, send, clock });
}

function sinkSend(send: Send, auth: SinkAuth): Send {
  switch (auth.kind) {
    case 'basic':
      return withBasicAuth(send, createSecret(`${auth.username}:${auth.password.reveal()}`));
    case 'bearer':
      return withBearer(send, auth.token);
    case 'none':
      return send;
  }
}
