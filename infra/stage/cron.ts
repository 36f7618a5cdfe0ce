// Cron expressions as EventBridge Scheduler takes them:
// https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#cron-based

interface Field {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** Instead of numbers, from `min` on. */
  readonly words: readonly string[];
  /** Parts that only this field has. */
  readonly special: RegExp;
}

const none = /^$/;
const months = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const days = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

const fields: readonly Field[] = [
  { name: 'minute', min: 0, max: 59, words: [], special: none },
  { name: 'hour', min: 0, max: 23, words: [], special: none },
  {
    name: 'day of the month',
    min: 1,
    max: 31,
    words: [],
    special: /^(?:\?|L|LW|(?:[1-9]|[12]\d|3[01])W)$/,
  },
  { name: 'month', min: 1, max: 12, words: months, special: none },
  {
    name: 'day of the week',
    min: 1,
    max: 7,
    words: days,
    special: /^(?:\?|L|(?:[1-7]|SUN|MON|TUE|WED|THU|FRI|SAT)(?:L|#[1-5]))$/,
  },
  { name: 'year', min: 1970, max: 2199, words: [], special: none },
];

export interface Cron {
  /** Fields that cannot be used, as text. */
  readonly unusable: readonly string[];
  /** Seconds between a tick and the next one on a day that has ticks, each that there is. */
  readonly gaps: readonly number[];
}

/** @param expression six fields, with single spaces between them */
export function readCron(expression: string): Cron {
  const texts = expression.split(' ');
  const values = fields.map((field, index) => valuesOf(texts[index] ?? '', field));
  const unusable = fields.flatMap(({ name }, index) =>
    values[index] === undefined ? [`${name}: ${texts[index]}`] : [],
  );
  return { unusable, gaps: gapsOf(values[0] ?? [], values[1] ?? []) };
}

/** What a field stands for; nothing for what only a calendar knows. Undefined where it cannot be used. */
function valuesOf(text: string, field: Field): readonly number[] | undefined {
  const parts = text.toUpperCase().split(',');
  // A question mark stands alone.
  if (parts.includes('?') && parts.length > 1) return undefined;
  const values = parts.map((part) => (field.special.test(part) ? [] : rangeOf(part, field)));
  return values.some((one) => one === undefined) ? undefined : values.flatMap((one) => one ?? []);
}

/** Days and months may go round, as from FRI to MON; nothing is made of their numbers. */
function rangeOf(part: string, field: Field): readonly number[] | undefined {
  const [, range = '', step] = /^([^/]+)(?:\/([1-9]\d{0,3}))?$/.exec(part) ?? [];
  const [first = '', last = step === undefined ? first : String(field.max), ...more] =
    range === '*' ? [String(field.min), String(field.max)] : range.split('-');
  const [from, to, by] = [numberOf(first, field), numberOf(last, field), Number(step ?? 1)];
  if (from === undefined || to === undefined || more.length > 0) return undefined;
  if (from > to) return field.words.length > 0 ? [] : undefined;
  return Array.from({ length: Math.floor((to - from) / by) + 1 }, (_, index) => from + index * by);
}

function numberOf(text: string, { min, max, words }: Field): number | undefined {
  const word = words.indexOf(text);
  if (word >= 0) return min + word;
  const number = /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  return number >= min && number <= max ? number : undefined;
}

const minutesOfDay = 1_440;

function gapsOf(minutes: readonly number[], hours: readonly number[]): readonly number[] {
  const ticks = [...new Set(hours.flatMap((hour) => minutes.map((minute) => hour * 60 + minute)))].sort(
    (a, b) => a - b,
  );
  const gaps = ticks.map((tick, index) => (ticks[index + 1] ?? (ticks[0] ?? 0) + minutesOfDay) - tick);
  return [...new Set(gaps)].sort((a, b) => a - b).map((gap) => gap * 60);
}
