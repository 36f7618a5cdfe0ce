import type { Clock } from './clock.ts';
import type { Config } from './config/config.ts';
import type { Deadline } from './deadline.ts';
import { explainFor, explainReading, explainStore } from './diagnosis/tick.ts';
import { createDoctor } from './doctor/doctor.ts';
import type { Probes } from './doctor/probes.ts';
import type { CheckReport } from './doctor/report.ts';
import { tickInstantMs } from './instant.ts';
import { ledgerSettings } from './ledger-settings.ts';
import { type Preview, previewInstantMs, previewTick } from './preview.ts';
import type { Problem } from './problem.ts';
import { receiverIdentity } from './receiver-identity.ts';
import type { TickReport } from './report.ts';
import { chosenCollectors, createSessions, type WiredSession } from './session.ts';
import { credentialsOf, type SideCredentials } from './side-credentials.ts';
import { createStoredLedger } from './stored-ledger.ts';
import { openStore } from './stores/open-store.ts';
import type { Store } from './stores/store.ts';
import { nothingCarried, runTick, type TickOptions } from './tick.ts';

/** One wired exporter, for the life of a process: what is cached lives in it, connections live for one call. */
export interface Exporter {
  /**
   * For an instant that the ledger has already it only sends what waits: schedules deliver an event twice.
   * @param scheduledMs the time the tick is for. Rejects with `TickError`.
   */
  tick(scheduledMs: number, deadline: Deadline): Promise<TickReport>;
  /**
   * To be called when there will be no other tick: writes down what the receiver answered to the last one, so that the
   * next process does not send it again. Rejects with `StoreError`.
   */
  settle(deadline: Deadline): Promise<void>;
  preview(nowMs: number, deadline: Deadline): Promise<Preview>;
  /** @param warnings of the configuration, for the report */
  check(deadline: Deadline, warnings: readonly Problem[]): Promise<CheckReport>;
}

export interface ExporterOptions {
  /** Whether another process may do the next tick: then an answer of the receiver is written down at once. */
  readonly acknowledgeAtOnce: boolean;
  /** Instead of that of the configuration. */
  readonly store: Store;
  /** Instead of those of the configuration, which stay as they are. */
  readonly credentials: SideCredentials;
}

/** Somebody waits for a check: it asks each question twice at most, and for half as long. */
const checkTimeoutMs = 10_000;

export function createExporter(
  config: Config,
  clock: Clock,
  options: Partial<ExporterOptions> = {},
): Exporter {
  const { credentials = credentialsOf(config) } = options;
  const openSession = createSessions(config, clock, { credentials });
  const store = options.store ?? openStore(config.store, clock);
  const tickOptions: TickOptions = {
    clock,
    identity: receiverIdentity(config),
    settings: ledgerSettings(config, chosenCollectors(config)),
    stored: createStoredLedger(store, receiverIdentity(config)),
    acknowledgeAtOnce: options.acknowledgeAtOnce ?? false,
    carried: nothingCarried(),
    openSession,
    explain: (report, error) => explainFor(withCurrent(config, credentials))(report, error),
  };
  return {
    async tick(scheduledMs, deadline) {
      try {
        return await runTick(tickOptions, scheduledMs, deadline);
      } finally {
        await store.close();
      }
    },
    async settle(deadline) {
      try {
        await tickOptions.stored.settle(deadline);
      } finally {
        await store.close();
      }
    },
    async preview(nowMs, deadline) {
      const { stored } = tickOptions;
      const instantMs = await previewInstantMs(config, stored, nowMs, deadline);
      const session = openSession(instantMs);
      try {
        const previewed = await previewTick({ config, clock, stored, session }, instantMs, deadline);
        const errors = previewed.failures.map(({ error }) => error);
        const problems = [
          ...explainReading(errors, withCurrent(config, credentials).prefect),
          ...explainStore(previewed.ledgerError),
        ];
        return { ...previewed, problems: [...previewed.problems, ...problems] };
      } finally {
        await Promise.all([session.close(), store.close()]);
      }
    },
    check(deadline, warnings) {
      const openChecking = createSessions(quick(config), clock, { timeoutMs: checkTimeoutMs, credentials });
      const openProbes = () =>
        probesOf(openChecking(tickInstantMs(clock.now(), config.tick.intervalSeconds)), deadline);
      return createDoctor(withCurrent(config, credentials), clock, openProbes).check(deadline, warnings);
    },
  };
}

const quick = (config: Config): Config => ({
  ...config,
  prefect: { ...config.prefect, maxRetries: Math.min(1, config.prefect.maxRetries) },
  sink: config.sink && { ...config.sink, timeoutMs: Math.min(checkTimeoutMs, config.sink.timeoutMs) },
});

/** The configuration with the credentials of the moment, for messages that tell of them. */
function withCurrent(config: Config, { prefect, sink }: SideCredentials): Config {
  return {
    ...config,
    prefect: { ...config.prefect, auth: prefect.current() },
    sink: config.sink && { ...config.sink, auth: sink.current().auth },
  };
}

function probesOf(session: WiredSession, deadline: Deadline): Probes {
  const { collectors, reader } = session.read({}, [], deadline);
  return { ...session, deadline, collectors: collectors.filter(({ kept }) => kept !== true), reader };
}
