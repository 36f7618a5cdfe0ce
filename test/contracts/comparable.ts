import { isObject, type Json } from '../../doubles/prefect/json.ts';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const embeddedUuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const timestamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?(Z|\+00:00)$/;

/** Seconds that run on while a test runs: only whether they are zero is compared. */
const durations = new Set([
  'total_run_time',
  'estimated_run_time',
  'estimated_start_time_delta',
  'sum_estimated_run_time',
  'sum_estimated_lateness',
]);

/**
 * An answer without what differs from server to server: ids, the times at which things happened (times that were
 * chosen are whole seconds and stay), durations, the order of tags, and of rows unless it is asked for.
 */
export function comparable(value: Json, options: { isOrdered: boolean }): Json {
  return stripped(value, options.isOrdered, '');
}

function stripped(value: Json, isOrdered: boolean, key: string): Json {
  if (typeof value === 'string') return strippedText(value, key);
  if (typeof value === 'number') return durations.has(key) ? (value > 0 ? '<some>' : '<none>') : value;
  if (Array.isArray(value)) return strippedList(value, isOrdered, key);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, stripped(member, isOrdered, name)]),
  );
}

function strippedText(text: string, key: string): string {
  if (uuid.test(text)) return '<id>';
  const match = timestamp.exec(text);
  if (match)
    return key === 'created' || key === 'updated' || match[1] !== undefined ? `<time>${match[2]}` : text;
  return text.replaceAll(embeddedUuid, '<id>');
}

function strippedList(list: readonly Json[], isOrdered: boolean, key: string): Json {
  const rows = list.map((item) => stripped(item, isOrdered, key));
  const isLocation = key === 'loc' || key === 'exception_detail';
  return isLocation || (isOrdered && key !== 'tags') ? rows : rows.sort(byText);
}

const byText = (a: Json, b: Json) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
