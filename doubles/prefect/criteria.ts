import { booleanAt, type JsonObject, objectAt, stringAt, stringsAt } from './json.ts';
import { type Microseconds, parseTimestamp } from './timestamps.ts';

/** Whether a record matches. Nulls behave as in SQL: a comparison with null is never true. */
export type Criterion<Row> = (row: Row) => boolean;

export const everything = () => true;

/** Criteria under the filter's `operator`. A filter without criteria lets everything through. */
export function combine<Row>(filter: JsonObject, criteria: readonly Criterion<Row>[]): Criterion<Row> {
  if (criteria.length === 0) return everything;
  if (criteria.length === 1) return criteria[0] ?? everything;
  return stringAt(filter, 'operator') === 'or_'
    ? (row) => criteria.some((criterion) => criterion(row))
    : (row) => criteria.every((criterion) => criterion(row));
}

/** The criteria of the keys that are there and not null. */
export function present<Row>(
  filter: JsonObject,
  readers: Readonly<Record<string, (part: JsonObject) => Criterion<Row>>>,
): readonly Criterion<Row>[] {
  return Object.entries(readers).flatMap(([key, read]) => {
    const part = objectAt(filter, key);
    return part ? [read(part)] : [];
  });
}

/** `any_` and `not_any_`. An empty `any_` matches nothing, an empty `not_any_` everything. */
export function membership<Row>(part: JsonObject, value: (row: Row) => string | null): Criterion<Row> {
  return every(membershipCriteria(part, value));
}

function membershipCriteria<Row>(part: JsonObject, value: (row: Row) => string | null): Criterion<Row>[] {
  const anyOf = stringsAt(part, 'any_');
  const noneOf = stringsAt(part, 'not_any_');
  const criteria: Criterion<Row>[] = [];
  if (anyOf) criteria.push(inSet(new Set(anyOf), value));
  if (noneOf?.length) {
    const excluded = new Set(noneOf);
    criteria.push((row) => {
      const found = value(row);
      return found !== null && !excluded.has(found);
    });
  }
  return criteria;
}

function inSet<Row>(wanted: ReadonlySet<string>, value: (row: Row) => string | null): Criterion<Row> {
  return (row) => {
    const found = value(row);
    return found !== null && wanted.has(found);
  };
}

/** `any_` and `is_null_` under an `operator`. */
export function membershipOrNull<Row>(part: JsonObject, value: (row: Row) => string | null): Criterion<Row> {
  return combine(part, [...membershipCriteria(part, value), ...nullCriteria(part, value)]);
}

export function nullCriteria<Row>(part: JsonObject, value: (row: Row) => unknown): Criterion<Row>[] {
  const isNull = booleanAt(part, 'is_null_');
  return isNull === undefined ? [] : [(row) => (value(row) === null) === isNull];
}

/** `any_`, `like_` (case-insensitive, `%` and `_` are wildcards) and `startswith_`. */
export function naming<Row>(part: JsonObject, value: (row: Row) => string | null): Criterion<Row> {
  const criteria = membershipCriteria(part, value);
  const like = stringAt(part, 'like_');
  const starts = stringsAt(part, 'startswith_');
  if (like) criteria.push((row) => likeTest(like)(value(row) ?? ''));
  if (starts?.length) {
    criteria.push((row) => starts.some((start) => value(row)?.toLowerCase().startsWith(start.toLowerCase())));
  }
  return every(criteria);
}

export function likeTest(like: string): (text: string) => boolean {
  const escaped = like
    .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replaceAll('%', '.*')
    .replaceAll('_', '.');
  const pattern = new RegExp(escaped, 'is');
  return (text) => pattern.test(text);
}

/** `before_`, `after_`: both ends inclusive. */
export function timeWindow<Row>(part: JsonObject, value: (row: Row) => Microseconds | null): Criterion<Row> {
  const before = parseTimestamp(stringAt(part, 'before_') ?? '') ?? Number.POSITIVE_INFINITY;
  const after = parseTimestamp(stringAt(part, 'after_') ?? '') ?? Number.NEGATIVE_INFINITY;
  if (before === Number.POSITIVE_INFINITY && after === Number.NEGATIVE_INFINITY) return everything;
  return (row) => {
    const at = value(row);
    return at !== null && at <= before && at >= after;
  };
}

/** `all_`, `any_`, `is_null_` (no tags at all) under an `operator`. */
export function tagging<Row extends { readonly tags: readonly string[] }>(part: JsonObject): Criterion<Row> {
  const all = stringsAt(part, 'all_');
  const any = stringsAt(part, 'any_');
  const isNull = booleanAt(part, 'is_null_');
  const criteria: Criterion<Row>[] = [];
  if (all?.length) criteria.push((row) => all.every((tag) => row.tags.includes(tag)));
  if (any) criteria.push((row) => any.some((tag) => row.tags.includes(tag)));
  if (isNull !== undefined) criteria.push((row) => (row.tags.length === 0) === isNull);
  return combine(part, criteria);
}

export function every<Row>(criteria: readonly Criterion<Row>[]): Criterion<Row> {
  return (row) => criteria.every((criterion) => criterion(row));
}
