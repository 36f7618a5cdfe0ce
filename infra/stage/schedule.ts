import { longestIntervalSeconds } from '../../lib/config/tick.ts';
import { readCron } from './cron.ts';
import type { Complaint } from './error.ts';
import type { StageFile } from './schema.ts';
import { isTimeZone } from './time-zone.ts';

export interface Schedule {
  /** As EventBridge Scheduler takes it. */
  readonly expression: string;
  readonly intervalSeconds: number;
  readonly timeZone: string;
  readonly flexibleMinutes: number | undefined;
}

/** A flexible window moves a tick anywhere inside it, so it is for intervals that have room for that. */
const shortestFlexibleSeconds = 300;

/** One tick a minute unless the stage says otherwise. */
export function scheduleOf(file: StageFile, complain: (complaint: Complaint) => void): Schedule {
  const { rate, cron, intervalSeconds: given, timeZone = 'UTC', flexibleMinutes } = file.schedule ?? {};
  const intervalSeconds = given ?? secondsOf(rate ?? '1 minute');
  if (cron !== undefined) checkCron(cron, { rate, given }, complain);
  else if (given !== undefined && given !== intervalOf(rate)) complain(twoIntervals(given, rate));
  if (intervalOf(rate) > longestIntervalSeconds) complain(tooLong(rate));
  if (!isTimeZone(timeZone)) complain(noTimeZone(timeZone));
  if (flexibleMinutes !== undefined) checkWindow(flexibleMinutes, intervalSeconds, complain);
  return {
    expression: cron === undefined ? `rate(${normal(rate ?? '1 minute')})` : `cron(${cron})`,
    intervalSeconds,
    timeZone,
    flexibleMinutes,
  };
}

function secondsOf(rate: string): number {
  const [count = '1', unit = 'minute'] = rate.split(' ');
  return Number(count) * (unit.startsWith('hour') ? 3600 : 60);
}

const intervalOf = (rate: string | undefined): number => secondsOf(rate ?? '1 minute');

/** `1 minute`, `5 minutes`: a rate of one is singular, any other plural. */
function normal(rate: string): string {
  const [count = '1', unit = 'minute'] = rate.split(' ');
  const singular = unit.replace(/s$/, '');
  return `${count} ${count === '1' ? singular : `${singular}s`}`;
}

function checkCron(
  cron: string,
  { rate, given }: { rate: string | undefined; given: number | undefined },
  complain: (complaint: Complaint) => void,
): void {
  if (rate !== undefined) {
    complain({
      path: 'schedule.cron',
      what: 'is set, and schedule.rate is too',
      found: `rate: ${rate}, cron: ${cron}`,
      expected: 'one of them',
      do: 'remove schedule.rate, or remove schedule.cron',
    });
  }
  if (given === undefined) {
    complain({
      path: 'schedule.intervalSeconds',
      what: 'is missing: the exporter has to know the time between two ticks, and cron does not say it',
      expected: `a multiple of 60 from 60 to ${longestIntervalSeconds}, the time between two ticks of schedule.cron`,
      do: 'schedule.intervalSeconds: 300 for a cron that runs every five minutes',
    });
  }
  checkFields(cron, given, complain);
}

function checkFields(
  cron: string,
  given: number | undefined,
  complain: (complaint: Complaint) => void,
): void {
  const { unusable, gaps } = readCron(cron);
  if (unusable.length > 0) complain(unusableFields(unusable));
  else if (given !== undefined && !gaps.includes(given)) complain(otherInterval(given, gaps));
  const [, , dayOfMonth, , dayOfWeek] = cron.split(' ');
  if ((dayOfMonth === '?') !== (dayOfWeek === '?')) return;
  complain({
    path: 'schedule.cron',
    what:
      dayOfMonth === '?'
        ? 'names neither the day of the month nor the day of the week'
        : 'names the day of the month and the day of the week',
    found: cron,
    expected: 'a question mark in exactly one of the two, such as 0/5 * * * ? *',
    do: `schedule.cron: ${cron.split(' ').toSpliced(2, 1, '*').toSpliced(4, 1, '?').join(' ')}`,
  });
}

const unusableFields = (unusable: readonly string[]): Complaint => ({
  path: 'schedule.cron',
  what: 'has fields that cannot be used',
  found: unusable.join(', '),
  expected:
    'minute 0-59, hour 0-23, day 1-31, month 1-12, day of the week 1-7 or SUN-SAT, year; see the guide of EventBridge Scheduler',
  do: 'schedule.cron: 0/5 * * * ? *',
});

const otherInterval = (given: number, gaps: readonly number[]): Complaint => ({
  path: 'schedule.intervalSeconds',
  what: 'is not the time between two ticks of schedule.cron',
  found: given,
  expected: `${gaps.slice(0, 5).join(' or ')}`,
  do: `schedule.intervalSeconds: ${gaps[0]}`,
});

const tooLong = (rate: string | undefined): Complaint => ({
  path: 'schedule.rate',
  what: 'is longer than the exporter and CloudWatch alarms take',
  found: rate ?? '',
  expected: `at most ${longestIntervalSeconds / 3600} hours; 1 minute is best, because Prometheus looks back 5 minutes`,
  do: 'schedule.rate: 1 minute',
});

const twoIntervals = (given: number, rate: string | undefined): Complaint => ({
  path: 'schedule.intervalSeconds',
  what: `contradicts schedule.rate, which makes a tick every ${intervalOf(rate)} s`,
  found: given,
  expected: 'nothing beside schedule.rate: it is for schedule.cron',
  do: 'remove schedule.intervalSeconds',
});

const noTimeZone = (found: string): Complaint => ({
  path: 'schedule.timeZone',
  what: 'is no time zone',
  found,
  expected: 'a name of the IANA database such as Europe/Paris or UTC',
  do: 'schedule.timeZone: UTC',
});

function checkWindow(
  flexibleMinutes: number,
  intervalSeconds: number,
  complain: (complaint: Complaint) => void,
): void {
  if (intervalSeconds >= shortestFlexibleSeconds && flexibleMinutes * 60 < intervalSeconds) return;
  complain({
    path: 'schedule.flexibleMinutes',
    what: 'leaves no room: two ticks could come at once, or in the wrong order',
    found: `${flexibleMinutes} min, with a tick every ${intervalSeconds / 60} min`,
    expected: 'an interval of at least 5 min, and a window shorter than it',
    do: 'remove schedule.flexibleMinutes, or make the interval longer',
  });
}
