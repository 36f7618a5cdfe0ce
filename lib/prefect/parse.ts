import type * as z from 'zod';
import { UnexpectedBodyError } from '../http/errors.ts';
import { parseJson } from '../http/json.ts';
import type { HttpRequest, HttpResponse } from '../http/send.ts';

/**
 * The answer's body in the shape of `schema`, without the fields that are not in it. Throws `UnexpectedBodyError`
 * that names the endpoint and the first place that differs: `flow_runs/filter [3].state_type: expected string,
 * found nothing`.
 */
export function parseAnswer<Shape>(
  schema: z.ZodType<Shape>,
  request: HttpRequest,
  response: HttpResponse,
): Shape {
  const value = parseJson(request, response);
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const what = issue === undefined ? result.error.message : describeIssue(issue, value, response);
  throw new UnexpectedBodyError(request, `the answer differs from what is known: ${request.endpoint}${what}`);
}

function describeIssue(issue: z.core.$ZodIssue, value: unknown, { quotesSecret }: HttpResponse): string {
  const expected = issue.code === 'invalid_type' ? issue.expected : expectedBy(issue);
  const place = placeOf(issue.path);
  const found = valueAt(value, issue.path);
  const shown = quotesSecret?.(String(found)) === true ? 'a secret' : show(found);
  return `${place === '' ? '' : ` ${place}`}: expected ${expected}, found ${shown}`;
}

function expectedBy(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_format' && issue.format === 'regex') return 'a timestamp';
  return issue.message.replace(/^Invalid input: expected /, '');
}

/** `[3].state.timestamp`. */
const placeOf = (path: readonly PropertyKey[]): string =>
  path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('')
    .replace(/^\./, '');

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined),
    value,
  );
}

/** Enough to see what it is; never the inside of an object, which may hold parameters of a flow. */
function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
