/**
 * Prefect's timestamps: RFC 3339 with zero to six fractional digits and `Z` or an offset. A Date would cut them
 * to milliseconds, so they stay the strings the server sent and are compared as microseconds.
 */
export const timestampPattern =
  /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,6}))?(?:Z|([+-])(\d{2}):(\d{2}))$/;

/** The value is not a timestamp of Prefect's; the message shows it. */
export class TimestampError extends Error {
  override readonly name = 'TimestampError';

  constructor(raw: string) {
    const shown = JSON.stringify(raw.slice(0, 60));
    super(
      `${shown} is not a timestamp such as 2026-11-20T09:52:43.863959Z (RFC 3339, at most 6 fractional digits)`,
    );
  }
}

/** µs since the Unix epoch. Throws `TimestampError`. */
export function toMicroseconds(raw: string): bigint {
  const match = timestampPattern.exec(raw);
  if (match === null) throw new TimestampError(raw);
  const [, year, month, day, hour, minute, second, fraction = '', sign, offsetHours, offsetMinutes] = match;
  const dayMs = epochDayMs(Number(year), Number(month), Number(day));
  const timeSeconds = secondsOfDay(Number(hour), Number(minute), Number(second));
  const offsetSeconds = secondsOfDay(Number(offsetHours ?? 0), Number(offsetMinutes ?? 0), 0);
  if (dayMs === undefined || timeSeconds === undefined || offsetSeconds === undefined) {
    throw new TimestampError(raw);
  }
  const utcMs = dayMs + (timeSeconds - (sign === '-' ? -offsetSeconds : offsetSeconds)) * 1000;
  return BigInt(utcMs) * 1000n + BigInt(fraction.padEnd(6, '0'));
}

/** The same as a number, exact until the year 2255. Throws `TimestampError`. */
export const microseconds = (raw: string): number => Number(toMicroseconds(raw));

/** Seconds since the Unix epoch, exact to the microsecond for the years of this program. Throws `TimestampError`. */
export const toSeconds = (raw: string): number => microseconds(raw) / 1_000_000;

/** Negative when `a` is earlier than `b`, 0 for the same microsecond however it is written. Throws `TimestampError`. */
export function compareTimestamps(a: string, b: string): number {
  if (a === b) return 0;
  const difference = toMicroseconds(a) - toMicroseconds(b);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** The instant as Prefect takes it, such as `2026-11-20T09:52:00.000Z`. */
export const fromMilliseconds = (ms: number): string => new Date(ms).toISOString();

/** The same for µs since the Unix epoch, such as `2026-11-20T09:52:00.000001Z`. */
export function fromMicroseconds(us: number): string {
  const seconds = Math.floor(us / 1_000_000);
  const fraction = String(us - seconds * 1_000_000).padStart(6, '0');
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}.${fraction}Z`;
}

/** The calendar repeats every 400 years; going one cycle ahead keeps Date.UTC from reading year 50 as 1950. */
const cycleYears = 400;
const cycleMs = 146_097 * 86_400_000;

function epochDayMs(year: number, month: number, day: number): number | undefined {
  const startMs = Date.UTC(year + cycleYears, month - 1, day);
  const date = new Date(startMs);
  // 31 April becomes 1 May: what comes back differs.
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  return startMs - cycleMs;
}

function secondsOfDay(hour: number, minute: number, second: number): number | undefined {
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  return hour * 3600 + minute * 60 + second;
}
