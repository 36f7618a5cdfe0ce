import { countEventWindows } from './events.ts';
import { readFinished, readRecent } from './finished.ts';
import { nameFlows, nameRuns } from './names.ts';
import type { Need, ReaderOptions, Readers } from './reader.ts';
import { nameTaskRuns } from './task-run-flows.ts';

type LedgerReaders = Pick<Readers, 'finishedRuns' | 'finishedTaskRuns' | 'recentRuns' | 'eventCounts'>;

const recentDays = 7;

/** The resources of which the ledger says where they start. */
export function ledgerReaders(options: ReaderOptions, need: Need): LedgerReaders {
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
