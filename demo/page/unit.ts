/** How a value is read, told from the name of its family. */
export type Unit = 'duration' | 'timestamp' | 'bytes' | 'flag' | 'count';

/** Gauges of 0 and 1. `_active` is not among the endings: prefect_deployment_schedules_active counts. */
const flag = /(?:_ready|_paused|_healthy|_info|_success)$|^prefect_up$|^prefect_concurrency_limit_active$/;

export function unitOf(family: string): Unit {
  if (family.endsWith('_timestamp_seconds')) return 'timestamp';
  if (/_seconds(?:_[a-z]+)?$/.test(family)) return 'duration';
  if (/_bytes(?:_total)?$/.test(family)) return 'bytes';
  return flag.test(family) ? 'flag' : 'count';
}

/** A value as the page draws it: timestamps become ages at `atMs`, in seconds. */
export const drawn = (unit: Unit, value: number | null, atMs: number): number | null =>
  value !== null && unit === 'timestamp' ? atMs / 1000 - value : value;

/** The value for a reader; takes what `drawn` gives. */
export function formatValue(unit: Unit, value: number | null | undefined): string {
  if (value === null || value === undefined) return '–';
  switch (unit) {
    case 'duration':
      return formatDuration(value);
    case 'timestamp':
      return value < 0 ? `in ${formatDuration(-value)}` : `${formatDuration(value)} ago`;
    case 'bytes':
      return formatBytes(value);
    case 'flag':
      return value === 1 ? 'yes' : value === 0 ? 'no' : formatNumber(value);
    case 'count':
      return formatNumber(value);
  }
}

/** For a legend, where the title says that a timestamp is drawn as an age. */
export const formatShort = (unit: Unit, value: number | null | undefined): string =>
  formatValue(unit, value).replace(/ ago$/, '');

/** For an axis. */
export const formatTick = (unit: Unit, value: number): string =>
  unit === 'flag' && value !== 0 && value !== 1 ? '' : formatShort(unit, value);

const scales = [
  { seconds: 86_400, unit: 'd', next: 'h', nextSeconds: 3600 },
  { seconds: 3600, unit: 'h', next: 'min', nextSeconds: 60 },
  { seconds: 60, unit: 'min', next: 's', nextSeconds: 1 },
] as const;

/** `850 µs`, `12 ms`, `4.2 s`, `48 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`. */
export function formatDuration(seconds: number): string {
  if (seconds < 0) return `−${formatDuration(-seconds)}`;
  if (seconds === 0) return '0 s';
  if (seconds < 0.000_999_5) return `${significant(seconds * 1e6)} µs`;
  if (seconds < 0.9995) return `${significant(seconds * 1e3)} ms`;
  if (seconds < 59.5) return `${significant(seconds)} s`;
  const rounded = Math.round(seconds);
  const scale = scales.find((candidate) => rounded >= candidate.seconds) ?? scales[2];
  const whole = Math.floor(rounded / scale.seconds);
  const rest = Math.floor((rounded % scale.seconds) / scale.nextSeconds);
  return rest === 0 ? `${whole} ${scale.unit}` : `${whole} ${scale.unit} ${rest} ${scale.next}`;
}

/** At most three digits where there is a fraction: `4.25`, `48`, `0.5`. */
const significant = (value: number): string =>
  value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(value >= 10 ? 2 : 3)));

/** `812 B`, `9.8 KiB`, `1.2 MiB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${Math.round(bytes)} B`;
  const [value, unit] = bytes < 1000 * 1024 ? [bytes / 1024, 'KiB'] : [bytes / 1024 ** 2, 'MiB'];
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}

/** Thousands apart by a space, at most three decimals. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  return value.toLocaleString('en-US', { maximumFractionDigits: 3 }).replaceAll(',', ' ');
}

/** `14:03:08` in the reader's time zone. */
export const formatClock = (ms: number): string =>
  new Date(ms).toLocaleTimeString('en-GB', { hour12: false });
