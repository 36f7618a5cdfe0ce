import type { FlowRun } from './model.ts';
import { type KeysetCursor, keysetPages, type Page } from './pages.ts';

/** Body of `/flow_runs/filter` without limit. */
export interface FlowRunQuery {
  readonly sort: 'EXPECTED_START_TIME_ASC' | 'NEXT_SCHEDULED_START_TIME_ASC';
  readonly flow_runs: FlowRunFilter;
}

interface FlowRunFilter {
  /** One operator only: with `any_` and `not_any_` together the server drops both (schemas/filters.py). */
  readonly state: { readonly type: { readonly any_: readonly string[] } };
  readonly expected_start_time?: TimeRange;
  readonly next_scheduled_start_time?: TimeRange;
  readonly id?: { readonly not_any_: readonly string[] };
}

/** Both ends belong to the range. */
interface TimeRange {
  readonly after_?: string;
  readonly before_?: string;
}

interface FlowRunList {
  /** For messages. */
  readonly name: string;
  /** What the list is sorted by and read along. */
  readonly key: 'expected_start_time' | 'next_scheduled_start_time';
  readonly filter: FlowRunFilter;
  readonly maxPages: number;
}

/** Lists of runs whose key does not change while they are on them, ascending. */
export const runLists = {
  /** `expected_start_time` is set once and never changes, also by a retry. */
  active: (maxPages: number): FlowRunList => ({
    name: 'active runs',
    key: 'expected_start_time',
    filter: { state: { type: { any_: ['PENDING', 'RUNNING', 'PAUSED', 'CANCELLING'] } } },
    maxPages,
  }),
  due: (atOrBefore: string, maxPages: number): FlowRunList => ({
    name: 'due runs',
    key: 'next_scheduled_start_time',
    filter: { state: { type: { any_: ['SCHEDULED'] } }, next_scheduled_start_time: { before_: atOrBefore } },
    maxPages,
  }),
  next: (atOrAfter: string, maxPages: number): FlowRunList => ({
    name: 'scheduled runs',
    key: 'next_scheduled_start_time',
    filter: { state: { type: { any_: ['SCHEDULED'] } }, next_scheduled_start_time: { after_: atOrAfter } },
    maxPages,
  }),
};

export const runPages = (
  { name, key, filter, maxPages }: FlowRunList,
  fetchPage: (query: FlowRunQuery) => Promise<Page<FlowRun>>,
): AsyncGenerator<FlowRun[]> =>
  keysetPages({
    name,
    direction: 'ascending',
    maxPages,
    keyOf: (run) => run[key],
    fetchPage: (cursor) =>
      fetchPage({
        sort: key === 'expected_start_time' ? 'EXPECTED_START_TIME_ASC' : 'NEXT_SCHEDULED_START_TIME_ASC',
        flow_runs: cursor === undefined ? filter : from(cursor, key, filter),
      }),
  });

const from = (cursor: KeysetCursor, key: FlowRunList['key'], filter: FlowRunFilter): FlowRunFilter => ({
  ...filter,
  [key]: { ...filter[key], after_: cursor.from },
  id: { not_any_: cursor.withoutIds },
});
