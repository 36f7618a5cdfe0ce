import { runDuration, startDelay, taskRunDuration } from '../collectors/kept-families.ts';
import type {
  EventCounts,
  Finished,
  LedgerPosition,
  NamedDeployment,
  NamedFinishedRun,
  NamedFinishedTaskRun,
  ResourceName,
  StartingRun,
} from '../prefect/resources.ts';
import { forgetAttempts } from './attempts.ts';
import { countEvents, dueWindows, settledUs } from './events.ts';
import { newEnds, newStarts, type RunFold } from './finished-runs.ts';
import { dropUnwanted, forgetSeries } from './forget.ts';
import { forgetLastRuns, seedLastRuns } from './last-runs.ts';
import { type Ledger, type SourceName, sourceNames } from './ledger.ts';
import { dropOtherBounds, type Room } from './series-map.ts';
import type { LedgerSettings } from './settings.ts';
import { advanceSource, type EmittedTick, type Observation } from './source.ts';
import { keepStarted } from './start-delays.ts';
import { newTaskEnds } from './task-runs.ts';
import { zeroFill } from './zero-fill.ts';

/** What was read for the ledger. What is undefined was not read, or not asked for: its source stays where it is. */
export interface LedgerReading {
  readonly finishedRuns?: Finished<NamedFinishedRun> | undefined;
  readonly openRuns?: readonly StartingRun[] | undefined;
  readonly deployments?: readonly NamedDeployment[] | undefined;
  readonly recentRuns?: readonly NamedFinishedRun[] | undefined;
  readonly finishedTaskRuns?: Finished<NamedFinishedTaskRun> | undefined;
  readonly eventCounts?: readonly EventCounts[] | undefined;
}

export interface Folded {
  /** The ticks of each source, oldest first; none for a source that was not read. */
  readonly emitted: Readonly<Record<SourceName, readonly EmittedTick[]>>;
  readonly runsFiltered: number;
  readonly labelSetsFolded: number;
}

/**
 * Begins sources that are wanted for the first time at this tick: what was before is not counted, and their series start
 * at 0 with it.
 */
export function beginSources(
  ledger: Ledger,
  { sources: wanted, intervalMs }: LedgerSettings,
  nowMs: number,
): void {
  for (const name of sourceNames) {
    const source = ledger.sources[name];
    if (!wanted[name] || source.startedMs !== undefined) continue;
    const begin = { startedMs: nowMs, cursorUs: nowMs * 1000, readFromUs: nowMs * 1000 };
    Object.assign(source, begin, { emittedToMs: nowMs - intervalMs });
  }
}

/** What to read for the tick at `nowMs`. */
export function readPosition(
  ledger: Ledger,
  { sources: wanted }: LedgerSettings,
  nowMs: number,
): LedgerPosition {
  const { finishedRuns, finishedTaskRuns } = ledger.sources;
  return {
    ...(wanted.finishedRuns ? { finishedRuns } : {}),
    ...(wanted.finishedTaskRuns ? { finishedTaskRuns } : {}),
    ...(wanted.events ? { eventWindows: dueWindows(ledger, nowMs) } : {}),
  };
}

/** Seeding is not tried for ever: it takes up to 25 requests, and what it brings is old by then. */
const longestSeedingMs = 3_600_000;

/** What else to read, once: when deployments last ended before there was a ledger. */
export function seedingNeeds(
  { seeded, createdMs }: Ledger,
  { sources: wanted }: LedgerSettings,
  nowMs: number,
): readonly ResourceName[] {
  return wanted.finishedRuns && !seeded && nowMs - createdMs < longestSeedingMs ? ['recentRuns'] : [];
}

/**
 * Takes what was read into the ledger, tick by tick. @param room for series that do not exist yet
 */
export function fold(
  ledger: Ledger,
  reading: LedgerReading,
  settings: LedgerSettings,
  nowMs: number,
  room: Room,
): Folded {
  const grid = { nowMs, intervalMs: settings.intervalMs, repairMs: settings.outboxMs };
  prepare(ledger, reading, settings, nowMs);
  let runsFiltered = 0;
  const runFold: RunFold = {
    ledger,
    settings,
    nowMs,
    onFiltered: () => {
      runsFiltered += 1;
    },
  };
  const advance = (
    name: SourceName,
    readToUs: number | undefined,
    observations: readonly Observation[],
    overlapUs: number,
  ) =>
    readToUs === undefined
      ? []
      : advanceSource(ledger.sources[name], { observations, readToUs, overlapUs }, grid, room);

  const { finishedRuns, openRuns, finishedTaskRuns, eventCounts, deployments } = reading;
  if (finishedRuns !== undefined && deployments !== undefined) {
    zeroFill({ map: ledger.sources.finishedRuns.series, tickMs: nowMs, room }, deployments, settings);
  }
  const emitted = {
    finishedRuns: advance(
      'finishedRuns',
      finishedRuns?.upToUs,
      finishedRuns === undefined
        ? []
        : [
            ...newStarts(runFold, openRuns ?? [], finishedRuns.upToUs),
            ...newEnds(runFold, finishedRuns.runs),
          ],
      settings.overlapUs.finishedRuns,
    ),
    finishedTaskRuns: advance(
      'finishedTaskRuns',
      finishedTaskRuns?.upToUs,
      finishedTaskRuns === undefined ? [] : newTaskEnds(ledger, finishedTaskRuns.runs, settings),
      settings.overlapUs.finishedTaskRuns,
    ),
    events: advance(
      'events',
      eventCounts === undefined ? undefined : settledUs(nowMs),
      countEvents(ledger, eventCounts ?? [], nowMs),
      0,
    ),
  };
  keepStarted(ledger, openRuns && new Set(openRuns.map(({ id }) => id)), nowMs);
  forgetAttempts(ledger);
  return { emitted, runsFiltered, labelSetsFolded: room.folded };
}

/** What must be done before anything new is counted. */
function prepare(ledger: Ledger, reading: LedgerReading, settings: LedgerSettings, nowMs: number): void {
  const { deployments, recentRuns, finishedRuns, finishedTaskRuns } = reading;
  for (const name of sourceNames) {
    const { series } = ledger.sources[name];
    dropUnwanted(series, settings);
    dropOtherBounds(series, runDuration.name, settings.durationBounds);
    dropOtherBounds(series, startDelay.name, settings.startDelayBounds);
    dropOtherBounds(series, taskRunDuration.name, settings.durationBounds);
  }
  if (recentRuns !== undefined) seedLastRuns(ledger, recentRuns, nowMs);
  if (deployments === undefined) return;
  const nowUs = nowMs * 1000;
  if (finishedTaskRuns?.upToUs === nowUs) {
    forgetSeries(ledger.sources.finishedTaskRuns.series, deployments, settings, nowMs);
  }
  if (finishedRuns?.upToUs !== nowUs) return;
  forgetSeries(ledger.sources.finishedRuns.series, deployments, settings, nowMs);
  forgetLastRuns(ledger, deployments, nowMs, settings.retentionMs);
}
