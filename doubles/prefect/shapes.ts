import type { Issue, Problem } from './issues.ts';
import { isObject, type Json } from './json.ts';
import { parseTimestamp } from './timestamps.ts';

type Loc = readonly (string | number)[];

/** Says what is wrong with a value that is there and not null. */
export type Shape = (value: Json, loc: Loc) => readonly Issue[];

const ok: readonly Issue[] = [];

const leaf =
  (check: (value: Json) => Problem | undefined): Shape =>
  (value, loc) => {
    const problem = check(value);
    return problem ? [{ loc, problem, input: value }] : ok;
  };

export const text = leaf((value) => (typeof value === 'string' ? undefined : { kind: 'string' }));

const booleanWords = new Set(['true', 'false', 't', 'f', 'yes', 'no', 'y', 'n', 'on', 'off', '1', '0']);

export const flag = leaf((value) =>
  typeof value === 'boolean' || booleanWords.has(String(value).toLowerCase())
    ? undefined
    : { kind: 'boolean' },
);

export const whole = leaf((value) => (Number.isInteger(value) ? undefined : { kind: 'integer' }));

export const amount = leaf((value) => (typeof value === 'number' ? undefined : { kind: 'number' }));

export const uuid = leaf((value) => {
  if (typeof value !== 'string') return { kind: 'uuid', text: String(value) };
  return /^[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}$/i.test(value)
    ? undefined
    : { kind: 'uuid', text: value };
});

export const datetime = leaf((value) =>
  typeof value === 'string' && parseTimestamp(value) !== undefined
    ? undefined
    : { kind: 'datetime', text: String(value) },
);

export const atLeast = (minimum: number): Shape => {
  const enough = leaf((value) =>
    typeof value === 'number' && value < minimum ? { kind: 'minimum', minimum } : undefined,
  );
  return (value, loc) => [...whole(value, loc), ...enough(value, loc)];
};

export const oneOf = (...allowed: readonly string[]): Shape =>
  leaf((value) =>
    typeof value === 'string' && allowed.includes(value) ? undefined : { kind: 'enum', allowed },
  );

export const listOf =
  (item: Shape): Shape =>
  (value, loc) =>
    Array.isArray(value)
      ? value.flatMap((entry, index) => item(entry, [...loc, index]))
      : [{ loc, problem: { kind: 'list' }, input: value }];

/** Fields in the order of the server's model; a field that is null counts as absent; others are forbidden. */
export const strict =
  (fields: Readonly<Record<string, Shape>>): Shape =>
  (value, loc) => {
    if (!isObject(value)) return [{ loc, problem: { kind: 'object' }, input: value }];
    const extra = Object.keys(value).filter((key) => !Object.hasOwn(fields, key));
    return [
      ...fieldIssues(value, fields, loc),
      ...extra.map((key) => ({
        loc: [...loc, key],
        problem: { kind: 'extra' } as const,
        input: value[key] ?? null,
      })),
    ];
  };

/** A filter of several criteria: `operator` says how they are combined. */
export const combined = (fields: Readonly<Record<string, Shape>>): Shape =>
  strict({ operator: oneOf('and_', 'or_'), ...fields });

/** A whole body: unknown keys are ignored, required ones must be there. */
export function bodyIssues(
  body: Json,
  fields: Readonly<Record<string, Shape>>,
  required: readonly string[],
): readonly Issue[] {
  const missing = required
    .filter((key) => !isObject(body) || body[key] === undefined)
    .map((key) => ({ loc: ['body', key], problem: { kind: 'missing' } as const, input: null }));
  return isObject(body) ? [...missing, ...fieldIssues(body, fields, ['body'])] : missing;
}

function fieldIssues(
  value: { readonly [key: string]: Json },
  fields: Readonly<Record<string, Shape>>,
  loc: Loc,
): readonly Issue[] {
  return Object.entries(fields).flatMap(([key, shape]) => {
    const member = value[key];
    return member === undefined || member === null ? ok : shape(member, [...loc, key]);
  });
}
