import type { Clock } from '../clock.ts';
import type { Deadline } from '../deadline.ts';
import type { PrefectClient } from './client.ts';
import type { EndTimeFilterCache } from './end-time-filter.ts';
import { countEventWindows } from './events.ts';
import { readFinished, readRecent } from './finished.ts';
import { nameFlows, nameRuns } from './names.ts';
import type { LedgerPosition, Need, Readers } from './resources.ts';
import { nameTaskRuns } from './task-run-flows.ts';

/** The calls that the resources of the ledger are made of. */
export type LedgerCalls = Pick<
  PrefectClient,
  'finishedRuns' | 'finishedTaskRuns' | 'flowsOfRuns' | 'flows' | 'deployments' | 'eventCounts'
>;

export interface LedgerReaderOptions {
  readonly client: LedgerCalls;
  /** The tick's instant, ms since the Unix epoch. */
  readonly nowMs: number;
  /** What the ledger needs; empty where there is none. */
  readonly position: LedgerPosition;
  readonly endTimeFilter: EndTimeFilterCache;
  readonly clock: Clock;
  /** Reading what was missed earlier starts nothing after it: half of the time there is for reading. */
  readonly catchUpDeadline: Deadline;
}

type LedgerReaders = Pick<Readers, 'finishedRuns' | 'finishedTaskRuns' | 'recentRuns' | 'eventCounts'>;

const recentDays = 7;

/** The resources of which the ledger says where they start. */
export function ledgerReaders(options: LedgerReaderOptions, need: Need): LedgerReaders {
  const { client, position, nowMs, clock, endTimeFilter, catchUpDeadline } = options;
  const instantUs = nowMs * 1000;
  const reading = { instantUs, clock, catchUpDeadline, endTimeFilter };
  const names = async (resource: 'finishedRuns' | 'recentRuns') => {
    const [flows, deployments] = await Promise.all([need(resource, 'flows'), need(resource, 'deployments')]);
    return { flows, deployments };
  };
  return {
    finishedRuns: async () => {
      const from = asked('finishedRuns', position.finishedRuns);
      const [{ runs, upToUs }, known] = await Promise.all([
        readFinished(client.finishedRuns, from, reading),
        names('finishedRuns'),
      ]);
      return { runs: await nameRuns(runs, known, client), upToUs };
    },
    recentRuns: async () => {
      const range = { fromUs: instantUs - recentDays * 86_400_000_000, toUs: instantUs };
      const [runs, known] = await Promise.all([
        readRecent(client.finishedRuns, range, reading),
        names('recentRuns'),
      ]);
      return nameRuns(runs, known, client);
    },
    finishedTaskRuns: async () => {
      const from = asked('finishedTaskRuns', position.finishedTaskRuns);
      const [{ runs, upToUs }, flows] = await Promise.all([
        readFinished(client.finishedTaskRuns, from, reading),
        need('finishedTaskRuns', 'flows'),
      ]);
      const named = await nameTaskRuns(runs, {
        flowsOfRuns: client.flowsOfRuns,
        withFlows: (taskRuns) => nameFlows(taskRuns, flows, client),
      });
      return { runs: named, upToUs };
    },
    eventCounts: async () =>
      countEventWindows(asked('eventCounts', position.eventWindows), client.eventCounts),
  };
}

function asked<Position>(resource: keyof LedgerReaders, position: Position | undefined): Position {
  if (position === undefined) throw new Error(`${resource}: the ledger did not say what to read`);
  return position;
}
