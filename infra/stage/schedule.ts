import type { Complaint } from './error.ts';
import type { StageFile } from './schema.ts';

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
      expected: 'a multiple of 60 from 60 to 28800, the time between two ticks of schedule.cron',
      do: 'schedule.intervalSeconds: 300 for a cron that runs every five minutes',
    });
  }
  const [, , dayOfMonth, , dayOfWeek] = cron.split(' ');
  if (dayOfMonth === '?' || dayOfWeek === '?') return;
  complain({
    path: 'schedule.cron',
    what: 'names the day of the month and the day of the week',
    found: cron,
    expected: 'a question mark in one of the two, such as 0/5 * * * ? *',
    do: `schedule.cron: ${cron.split(' ').toSpliced(4, 1, '?').join(' ')}`,
  });
}

const twoIntervals = (given: number, rate: string | undefined): Complaint => ({
  path: 'schedule.intervalSeconds',
  what: `contradicts schedule.rate, which makes a tick every ${intervalOf(rate)} s`,
  found: given,
  expected: 'nothing beside schedule.rate: it is for schedule.cron',
  do: 'remove schedule.intervalSeconds',
});

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return /^[A-Z]/.test(name);
  } catch {
    return false;
  }
}

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
