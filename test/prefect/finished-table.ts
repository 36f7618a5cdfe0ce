import { HttpStatusError } from '../../lib/http/errors.ts';
import { jsonPost } from '../../lib/http/json.ts';
import type { Ended, EndTimeQuery, FinishedList } from '../../lib/prefect/finished-list.ts';
import { fromMicroseconds, microseconds } from '../../lib/prefect/timestamps.ts';

/** 2026-11-20T09:00:00Z. */
export const baseUs = Date.UTC(2026, 10, 20, 9) * 1000;
export const minuteUs = 60_000_000;

export const endedAt = (id: string, us: number): Ended => ({ id, end_time: fromMicroseconds(us) });

/** What is asked of the table, before it answers; may change its rows, wait, or throw. */
export type BeforeAnswer = (call: {
  readonly kind: 'page' | 'count' | 'unfiltered';
  /** Of the request's window; of all time without one. */
  readonly fromUs: number;
  readonly toUs: number;
  /** Requests before this one. */
  readonly earlier: number;
}) => void | Promise<void>;

export interface FinishedTableOptions {
  readonly pageSize: number;
  readonly before?: BeforeAnswer;
  /** What refuses the filter, in the words of its server. */
  readonly refusal?: 'value_error.extra' | 'extra_forbidden';
  /** Decides the order among ties, a new one at each request. */
  readonly tie?: () => number;
  readonly canReadUnfiltered?: boolean;
}

export function statusError(status: number, body: unknown = {}): HttpStatusError {
  const request = jsonPost(new URL('http://prefect.test/api/flow_runs/filter'), 'flow_runs/filter', {});
  return new HttpStatusError(request, { status, headers: {}, bodyExcerpt: JSON.stringify(body) });
}

const refusalOf = (type: string) =>
  statusError(422, {
    exception_detail: [{ type, loc: ['body', 'flow_runs', 'end_time'], msg: 'no' }],
    request_body: { flow_runs: { end_time: {} } },
  });

/** A list of finished rows as a server answers it; `rows` may be changed at any time. */
export function createFinishedTable(rows: readonly Ended[], options: FinishedTableOptions) {
  const { pageSize, tie = () => 0, refusal, before, canReadUnfiltered = true } = options;
  const table = { rows: [...rows] };
  const asked: ('page' | 'count' | 'unfiltered')[] = [];
  const queries: EndTimeQuery[] = [];
  const offsets: number[] = [];

  const ends = new Map<string, number>();
  const endOf = ({ end_time: raw }: Ended): number => {
    const us = ends.get(raw) ?? microseconds(raw);
    ends.set(raw, us);
    return us;
  };

  const answer = async (kind: (typeof asked)[number], fromUs: number, toUs: number) => {
    asked.push(kind);
    await before?.({ kind, fromUs, toUs, earlier: asked.length - 1 });
    if (refusal !== undefined && kind !== 'unfiltered') throw refusalOf(refusal);
    return table.rows
      .map((row) => ({ row, us: endOf(row), tie: tie() }))
      .filter(({ us }) => us >= fromUs && us <= toUs)
      .sort((a, b) => b.us - a.us || a.tie - b.tie)
      .map(({ row }) => row);
  };
  const pageOf = (found: readonly Ended[], offset = 0) => {
    const page = found.slice(offset, offset + pageSize);
    return { rows: page, full: page.length >= pageSize };
  };
  const list: FinishedList<Ended> = {
    name: 'finished runs',
    page: async (query) => {
      queries.push(query);
      const found = await answer('page', microseconds(query.after), microseconds(query.before));
      return pageOf(found.filter(({ id }) => !query.withoutIds.includes(id)));
    },
    count: async ({ after, before: until }) =>
      (await answer('count', microseconds(after), microseconds(until))).length,
    ...(canReadUnfiltered && {
      unfilteredPage: async (offset: number) => {
        offsets.push(offset);
        return pageOf(await answer('unfiltered', Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY), offset);
      },
    }),
  };
  return { list, table, asked, queries, offsets };
}

export const identities = (rows: readonly Ended[]): string[] =>
  rows.map(({ id, end_time }) => `${id} ${microseconds(end_time) - baseUs}`).sort();
