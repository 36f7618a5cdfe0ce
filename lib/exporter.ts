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
import { createStoredLedger, type StoredLedger } from './stored-ledger.ts';
import { openStore } from './stores/open-store.ts';
import type { Store } from './stores/store.ts';
import { type Carried, nothingCarried, runTick, type TickOptions } from './tick.ts';

/** One wired exporter, for the life of a process: what is cached lives in it, connections live for one call. */
export interface Exporter {
  /** Of the ledger, as `Store.place`. */
  readonly place: string;
  /** For the one that is wired after it. */
  readonly kept: Kept;
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

/** What an exporter knows of its ledger, and what it remembers for the next tick. */
export interface Kept {
  /** Says where the ledger is, and whose it is. */
  readonly key: string;
  readonly store: Store;
  readonly stored: StoredLedger;
  readonly carried: Carried;
}

export interface ExporterOptions {
  /** Whether another process may do the next tick: then an answer of the receiver is written down at once. */
  readonly acknowledgeAtOnce: boolean;
  /** Instead of that of the configuration. */
  readonly store: Store;
  /** Instead of those of the configuration, which stay as they are. */
  readonly credentials: SideCredentials;
  /** The one of this process until now: this one goes on with its ledger, when it has the same. */
  readonly before: Exporter | undefined;
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
  const kept = keptOf(config, clock, options);
  const { store } = kept;
  const tickOptions: TickOptions = {
    clock,
    identity: receiverIdentity(config),
    settings: ledgerSettings(config, chosenCollectors(config)),
    stored: kept.stored,
    acknowledgeAtOnce: options.acknowledgeAtOnce ?? false,
    carried: kept.carried,
    openSession,
    explain: (report, error) => explainFor(withCurrent(config, credentials))(report, error),
  };
  return {
    place: store.place,
    kept,
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

/** Another wiring must not forget a ledger in memory, nor answers that are not written yet. */
function keptOf(config: Config, clock: Clock, { before, store: given }: Partial<ExporterOptions>): Kept {
  const identity = receiverIdentity(config);
  const key = JSON.stringify([config.store, identity]);
  if (before?.kept.key === key && given === undefined) return before.kept;
  const store = given ?? openStore(config.store, clock);
  return { key, store, stored: createStoredLedger(store, identity), carried: nothingCarried() };
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
