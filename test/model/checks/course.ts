import {
  type Expected,
  finishedFamily,
  finishLabels,
  shownLabels,
  taskLabels,
  tasksFamily,
} from '../expected.ts';
import type { ReceivedSeries, Value } from '../receiver.ts';
import type { Schedule } from '../schedule.ts';
import { intervalAt, minuteMs } from '../settings.ts';
import type { Violation } from '../watch.ts';
import type { Finish } from '../workspace.ts';
import { deliveriesOf, type Outcome, startMs } from '../world.ts';

const isCounter = ({ name }: ReceivedSeries): boolean =>
  /_total$|_(?:bucket|count|sum)$/.test(name) && !name.startsWith('prefect_exporter_');

/** How each counter went: up, from a zero, without holes, in the right minutes. */
export function checkCourses(outcome: Outcome, expected: Expected): readonly Violation[] {
  const { received, schedule, profile, watch } = outcome;
  const violations: Violation[] = [];
  const isLost = schedule.lostAtMs !== undefined;
  const isWhole = hasNoGaps(outcome);
  const mayLackZeros = hasTrimmedZeros(outcome);
  const isSplit = profile.deploymentGaps || profile.maxSeries < 1_000;
  for (const [key, series] of received) {
    if (!isCounter(series)) continue;
    const report = (rule: string, what: string) =>
      violations.push({ rule, what: `${nameOf(series)} ${what}` });
    const excuses = { birth: watch.expired.has(key) || mayLackZeros, reset: profile.deploymentGaps };
    if (!isLost) checkRise(series, excuses, report);
    if (!isLost && !isSplit) checkMinutes(series, outcome, expected, report);
    // Above MAX_SERIES histograms are counted and not sent.
    const mayStayBehind = profile.maxSeries < 1_000 && !series.name.endsWith('_total');
    if (isWhole && !mayStayBehind) checkHoles(series, outcome, report);
  }
  return violations;
}

/** Zeros that may have been sent do not move on when their entry is trimmed: nobody knows whether they arrived. */
function hasTrimmedZeros({ stored }: Outcome): boolean {
  return stored.some(({ folded, entries, triedThrough }, index) => {
    if (folded === undefined) return false;
    const kept = new Set(entries.map(({ id }) => id));
    const [, ...behind] = stored[index - 1]?.entries ?? [];
    return behind.some(({ id, births }) => births > 0 && id <= triedThrough && !kept.has(id));
  });
}

type Report = (rule: string, what: string) => void;

export const nameOf = ({ name, labels }: ReceivedSeries): string =>
  `${name}{${shownLabels(labels)}${labels.le ?? ''}}`;

interface Excuses {
  /** Its zero was given up, by the age limit or with an entry that may have been sent. */
  readonly birth: boolean;
  /** A label set that is forgotten and comes back in the same tick begins at zero again. */
  readonly reset: boolean;
}

function checkRise({ samples }: ReceivedSeries, excuses: Excuses, report: Report): void {
  let before: Value | undefined;
  for (const [atMs, value] of samples) {
    const isBirth = before === undefined || before === 'stale';
    if (value !== 'stale') {
      if (isBirth && value !== 0 && !excuses.birth)
        report('birth without zero', `${value} at ${minutes(atMs)}`);
      const isReset = excuses.reset && value === 0;
      if (typeof before === 'number' && value < before && !isReset)
        report('counter fell', `from ${before} to ${value} at ${minutes(atMs)}`);
    }
    before = value;
  }
}

const minutes = (atMs: number): string => `${(atMs - startMs) / minuteMs}`;

/** Nothing counts before it ended, and what was visible at its tick counts there. */
function checkMinutes(series: ReceivedSeries, outcome: Outcome, expected: Expected, report: Report): void {
  const own = finishesOf(series, expected);
  if (own === undefined) return;
  for (const [atMs, value] of series.samples) {
    if (value === 'stale') continue;
    const most = own.filter(({ endUs }) => endUs <= atMs * 1000).length;
    const least = own.filter((finish) => dueAt(finish, outcome, atMs)).length;
    if (value > most) report('too early', `${value} at ${minutes(atMs)}, and ${most} had ended`);
    if (value < least && !(value === 0 && atMs % 1000 !== 0))
      report('wrong minute', `${value} at ${minutes(atMs)}, and ${least} were visible in time`);
  }
}

function finishesOf({ name, labels }: ReceivedSeries, expected: Expected): readonly Finish[] | undefined {
  const own = shownLabels(labels);
  if (name === finishedFamily) return expected.finishes.filter((finish) => finishLabels(finish) === own);
  if (name === tasksFamily) return expected.taskFinishes.filter((finish) => taskLabels(finish) === own);
  return undefined;
}

function dueAt({ endUs, visibleMs }: Finish, { schedule, stored }: Outcome, atMs: number): boolean {
  // The first tick of a ledger counts nothing, nor what ends with it.
  if (atMs <= (stored[0]?.createdMs ?? 0)) return false;
  const intervalMs = intervalAt(schedule, Math.round((atMs - startMs) / minuteMs));
  const tickMs = Math.ceil(endUs / 1000 / intervalMs) * intervalMs;
  return tickMs <= atMs && visibleMs <= tickMs;
}

/** Whether nothing may be missing: ticks beyond the age limit are not written. */
const hasNoGaps = ({ profile, schedule }: Outcome): boolean =>
  profile.outboxMs > profile.ticks[1] * minuteMs && schedule.lostAtMs === undefined;

function checkHoles(series: ReceivedSeries, outcome: Outcome, report: Report): void {
  if (outcome.profile.change === 'interval') checkSteps(series, outcome.schedule, report);
  // A label set that is forgotten at a repaired tick is in none of those that are repaired with it.
  else checkMinutely(series, outcome.profile.deploymentGaps, report);
}

function checkMinutely({ samples, newestMs }: ReceivedSeries, mayEndEarly: boolean, report: Report): void {
  let isAlive = false;
  let firstMs = Number.POSITIVE_INFINITY;
  for (const atMs of samples.keys()) firstMs = Math.min(firstMs, Math.ceil(atMs / minuteMs) * minuteMs);
  for (let atMs = firstMs; atMs <= newestMs; atMs += minuteMs) {
    const value = samples.get(atMs);
    if (value === undefined && isAlive && !mayEndEarly) {
      report('hole', `at ${minutes(atMs)}`);
      return;
    }
    isAlive = value !== undefined && value !== 'stale';
  }
}

/** Where the interval changes: each sample is one interval behind the one before it, or of an event that was delivered. */
function checkSteps({ samples }: ReceivedSeries, schedule: Schedule, report: Report): void {
  let beforeMs: number | undefined;
  const ticks = [...samples].filter(([atMs, value]) => atMs % minuteMs === 0 && value !== 'stale');
  for (const [atMs] of ticks) {
    const tick = (atMs - startMs) / minuteMs;
    const stepMs = atMs - (beforeMs ?? atMs);
    const wasDelivered = deliveriesOf(schedule, tick).length > 0;
    if (stepMs > 0 && !wasDelivered && !intervalsOf(schedule).includes(stepMs))
      report('off the grid', `${minutes(atMs)}, after ${minutes(beforeMs ?? atMs)}`);
    if (stepMs > 1.5 * Math.max(...intervalsOf(schedule)))
      report('hole', `from ${minutes(beforeMs ?? atMs)} to ${minutes(atMs)}`);
    beforeMs = atMs;
  }
}

const intervalsOf = ({ change }: Schedule): readonly number[] => [
  minuteMs,
  ...(change?.intervalMs === undefined ? [] : [change.intervalMs]),
];
