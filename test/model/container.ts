import type { Send } from '../../lib/http/send.ts';
import { createPushgatewaySink } from '../../lib/sinks/pushgateway.ts';
import { createRemoteWriteSink } from '../../lib/sinks/remote-write.ts';
import type { Sink } from '../../lib/sinks/sink.ts';
import { createStoredLedger, type StoredLedger } from '../../lib/stored-ledger.ts';
import type { Store } from '../../lib/stores/store.ts';
import { type Carried, nothingCarried, type TickOptions } from '../../lib/tick.ts';
import type { Session } from '../../lib/tick-session.ts';
import { createFaultyStore, type FaultyStore } from './faulty-store.ts';
import type { Invocation } from './invocation.ts';
import type { Profile } from './profiles.ts';
import { type Reading, type ReadingOptions, startReading } from './reading.ts';
import { type Cursors, cursorsOf, recordOf, type Stored } from './record.ts';
import { collectorsOf, describe, identity, minuteMs, seriesConfig, settingsAt } from './settings.ts';

/** A process that does one tick after another, and what it remembers between them. */
export interface Container {
  readonly store: FaultyStore;
  readonly carried: Carried;
  readonly stored: StoredLedger;
  isBusy: boolean;
  usedMs: number;
  /** What the running invocation is about to store. */
  pending: Stored | undefined;
  attempt: { reading: Reading | undefined; cursors: Cursors };
}

const notOpened: Cursors = { runsUs: Number.POSITIVE_INFINITY, taskRunsUs: Number.POSITIVE_INFINITY };

export interface ContainerHooks {
  onOpened(invocation: Invocation, ledgerId: string): void;
  onSaved(invocation: Invocation, stored: Stored): void;
}

export function createContainer(shared: Store, { onOpened, onSaved }: ContainerHooks): Container {
  const store = createFaultyStore(shared, (invocation) => {
    if (container.pending !== undefined) onSaved(invocation, container.pending);
  });
  const inner = createStoredLedger(store, identity);
  const container: Container = {
    store,
    carried: nothingCarried(),
    isBusy: false,
    usedMs: 0,
    pending: undefined,
    attempt: { reading: undefined, cursors: notOpened },
    stored: {
      ...inner,
      async open(table, deadline) {
        const opened = await inner.open(table, deadline);
        if (opened !== undefined) onOpened(store.invocation(), opened.ledger.id);
        container.attempt = {
          reading: undefined,
          cursors: opened === undefined ? notOpened : cursorsOf(opened.ledger),
        };
        return opened;
      },
      commit(ledger, deadline) {
        container.pending = recordOf(ledger, container.attempt.reading, container.attempt.cursors);
        return inner.commit(ledger, deadline);
      },
      commitAcknowledgements(ledger, deadline) {
        const written = inner.commitAcknowledgements(ledger, deadline);
        // The entries are out of the ledger, and nothing is in the store yet: each save begins with a step.
        container.pending = recordOf(ledger, undefined, notOpened);
        return written;
      },
    },
  };
  return container;
}

export interface TickSetting extends Omit<ReadingOptions, 'position' | 'deadline'> {
  readonly container: Container;
  readonly send: Send;
}

/** The options of `runTick` for one invocation. */
export function tickOptions(setting: TickSetting): TickOptions {
  const { container, invocation, profile, schedule, startMs } = setting;
  return {
    clock: invocation.clock,
    identity,
    settings: settingsAt(profile, schedule, Math.round((invocation.tickMs - startMs) / minuteMs)),
    stored: container.stored,
    acknowledgeAtOnce: profile.acknowledgeAtOnce,
    carried: container.carried,
    openSession: () => sessionOf(setting),
    explain: () => [],
  };
}

function sessionOf(setting: TickSetting): Session {
  const { container, invocation, profile, send } = setting;
  return {
    read(position, alsoRead, deadline) {
      const { reader, reading } = startReading({ ...setting, position, deadline });
      container.attempt.reading = reading;
      return { collectors: collectorsOf(profile), series: seriesConfig(profile), reader, alsoRead };
    },
    exchanges: () => [],
    retries: () => 0,
    prefectAnswered: () => true,
    serverTimeMs: invocation.clock.now,
    sinkFor: () => sinkOf(profile, send, invocation),
    close: async () => undefined,
  };
}

function sinkOf({ sink }: Profile, send: Send, { clock }: Invocation): Sink {
  if (sink === 'pushgateway') {
    const config = { url: new URL('http://gateway'), job: 'model', grouping: {}, maxRetries: 1 };
    return createPushgatewaySink({ config, send, clock, describe });
  }
  const url = new URL('http://receiver/write');
  const config = { url, headers: {}, maxSeriesPerRequest: 60, concurrency: 2, maxRetries: 1 };
  return createRemoteWriteSink({ config, send, clock });
}
