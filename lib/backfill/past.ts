import type { Clock } from '../clock.ts';
import type { PrefectClient } from '../prefect/client.ts';
import { createEndTimeFilterCache } from '../prefect/end-time-filter.ts';
import { finishedSlices } from '../prefect/finished.ts';
import type { MicrosecondRange } from '../prefect/finished-list.ts';
import type { StartedRun } from '../prefect/model.ts';
import { type KnownNames, nameRuns } from '../prefect/names.ts';
import type { NamedFinishedRun } from '../prefect/resources.ts';
import { fromMicroseconds } from '../prefect/timestamps.ts';
import { type ByTick, byTick } from './by-tick.ts';

/** What happened in a period, as streams. */
export interface Past {
  finished(range: MicrosecondRange): ByTick<NamedFinishedRun>;
  started(range: MicrosecondRange): ByTick<NamedStartedRun>;
  /** Undefined where the server cannot count as many. */
  countFinished(range: MicrosecondRange): Promise<number | undefined>;
}

export type NamedStartedRun = StartedRun & Pick<NamedFinishedRun, 'flow' | 'deployment'>;

/** @param known names, with which runs are labelled as in a tick of now */
export function createPast(
  client: Pick<PrefectClient, 'finishedRuns' | 'startedRuns' | 'flows' | 'deployments'>,
  known: KnownNames,
  clock: Clock,
): Past {
  const reading = { clock, endTimeFilter: createEndTimeFilterCache() };
  return {
    finished: (range) =>
      byTick(finishedSlices(client.finishedRuns, range, reading), (runs) => nameRuns(runs, known, client)),
    started: (range) =>
      byTick(finishedSlices(client.startedRuns, range, reading), (runs) => nameRuns(runs, known, client)),
    countFinished: ({ fromUs, toUs }) =>
      client.finishedRuns
        .count({ after: fromMicroseconds(fromUs), before: fromMicroseconds(toUs) })
        .catch(() => undefined),
  };
}
