/** Microseconds since the Unix epoch: exact as a number until the year 2255. */
export type Microseconds = number;

export const microsecondsPerSecond = 1_000_000;

/** How a server writes the zone of UTC: Prefect 3 `Z`, Prefect 2 `+00:00`. */
export type ZoneSuffix = 'Z' | '+00:00';

/** No fraction when there are no microseconds, six digits otherwise, as Python's isoformat does. */
export function formatTimestamp(us: Microseconds, suffix: ZoneSuffix): string {
  const seconds = Math.floor(us / microsecondsPerSecond);
  const fraction = us - seconds * microsecondsPerSecond;
  const whole = new Date(seconds * 1000).toISOString().slice(0, 19);
  return fraction === 0 ? `${whole}${suffix}` : `${whole}.${String(fraction).padStart(6, '0')}${suffix}`;
}

const pattern = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,9}))?(Z|[+-]\d\d:?\d\d)?)?$/i;

/** Undefined for what is not a timestamp. One without a zone is UTC; digits past microseconds are cut off. */
export function parseTimestamp(text: string): Microseconds | undefined {
  const match = pattern.exec(text);
  if (!match) return undefined;
  const [, day, time = '00:00', fraction = '', zone = 'Z'] = match;
  const ms = Date.parse(`${day}T${time.length === 5 ? `${time}:00` : time}${zone.toUpperCase()}`);
  return Number.isNaN(ms) ? undefined : ms * 1000 + Number(fraction.slice(0, 6).padEnd(6, '0'));
}
