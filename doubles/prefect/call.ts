import type { Reply } from '../server.ts';
import type { Dialect } from './dialect.ts';
import type { FilterName, FilterShapes } from './filter-shapes.ts';
import { type Json, type JsonObject, numberAt, stringAt } from './json.ts';
import type { Shape } from './shapes.ts';
import { type Ordering, type Sort, sorted } from './sorting.ts';
import type { Workspace } from './workspace.ts';

/** What every endpoint of one server knows. */
export interface ServerContext {
  readonly workspace: Workspace;
  readonly dialect: Dialect;
  readonly shapes: FilterShapes;
  readonly ordering: Ordering;
  /** `PREFECT_SERVER_API_DEFAULT_LIMIT`: the default and the largest `limit`. */
  readonly pageLimit: number;
  readonly isCloud: boolean;
  /** Prefect 2 keeps events only as an experiment. */
  readonly keepsEvents: boolean;
}

/** One request that passed guards and validation. */
export interface Call {
  readonly context: ServerContext;
  readonly body: JsonObject;
  /** A body that is a list instead; else empty. */
  readonly items: readonly Json[];
  /** The variable parts of the path, in order. */
  readonly parts: readonly string[];
}

export interface Route {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** With `{}` for a variable part. */
  readonly path: string;
  /** Keys of the body and their shapes, in the server's order; others are ignored. */
  readonly fields?: (context: ServerContext) => Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
  readonly answer: (call: Call) => Reply;
}

const jsonHeaders = { 'content-type': 'application/json' };

export const answerJson = (value: Json, status = 200): Reply => ({
  status,
  headers: jsonHeaders,
  body: JSON.stringify(value),
});

export const detail = (text: string, status: number): Reply => answerJson({ detail: text }, status);

export const noContent: Reply = { status: 204 };

/** The filters of these names under their own keys. */
export function filterFields(context: ServerContext, ...names: readonly FilterName[]) {
  return Object.fromEntries(names.map((name) => [name, context.shapes[name]]));
}

/** The page that `limit` and `offset` ask for. */
export function page<Row>(call: Call, rows: readonly Row[]): readonly Row[] {
  const offset = numberAt(call.body, 'offset') ?? 0;
  return rows.slice(offset, offset + (numberAt(call.body, 'limit') ?? call.context.pageLimit));
}

/** The page of the rows in the order that `sort` asks for. */
export function sortedPage<Row>(
  call: Call,
  rows: readonly Row[],
  sorts: Readonly<Record<string, Sort<Row>>>,
  fallback: Sort<Row>,
): readonly Row[] {
  const sort = sorts[stringAt(call.body, 'sort') ?? ''] ?? fallback;
  return page(call, sorted(rows, sort, call.context.ordering));
}
