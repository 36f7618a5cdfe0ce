import * as z from 'zod';
import type { Api, Call } from './api.ts';
import type { EndTimeQuery, EndTimes, FinishedList } from './finished-list.ts';
import type { FinishedRun, FinishedTaskRun, StartedRun } from './model.ts';
import { type Page, readOffset } from './pages.ts';
import * as schemas from './schemas.ts';
import { fromMicroseconds, microseconds } from './timestamps.ts';

type FetchPage = <Row>(call: Call<Row[]>, body: object) => Promise<Page<Row>>;

const rank = 0;
const maxTiePages = 250;
const terminal = ['COMPLETED', 'FAILED', 'CRASHED', 'CANCELLED'];

const calls = {
  runs: { path: 'flow_runs/filter', schema: z.array(schemas.finishedRun), rank },
  startedRuns: { path: 'flow_runs/filter', schema: z.array(schemas.startedRun), rank },
  runCount: { path: 'flow_runs/count', schema: schemas.total, rank, finalStatuses: [500] },
  taskRuns: { path: 'task_runs/filter', schema: z.array(schemas.finishedTaskRun), rank },
  taskRunCount: { path: 'task_runs/count', schema: schemas.total, rank, finalStatuses: [500] },
};

const sort = 'END_TIME_DESC';
const range = ({ after, before }: EndTimes) => ({ after_: after, before_: before });
const for500 = ({ canBeHalved }: EndTimeQuery) => (canBeHalved ? { finalStatuses: [500] } : {});

/** Flow runs in a terminal state. */
export const finishedRunList = (api: Api, fetchPage: FetchPage): FinishedList<FinishedRun> => ({
  name: 'finished runs',
  page: (query) =>
    fetchPage(
      { ...calls.runs, ...for500(query) },
      {
        sort,
        flow_runs: {
          end_time: range(query),
          ...(query.withoutIds.length > 0 && { id: { not_any_: query.withoutIds } }),
        },
      },
    ),
  count: (window) => api.post(calls.runCount, { flow_runs: { end_time: range(window) } }),
  unfilteredPage: (offset, { startedOnly }) =>
    fetchPage(calls.runs, {
      sort,
      offset,
      flow_runs: {
        state: { type: { any_: terminal } },
        ...(startedOnly && { start_time: { is_null_: false } }),
      },
    }),
});

/**
 * Flow runs by their first start, those that are open now too. Servers look at the expected start where there is no
 * other: those runs are left out.
 */
export const startedRunList = (api: Api, fetchPage: FetchPage): FinishedList<StartedRun> => ({
  name: 'started runs',
  page: (query) =>
    fetchPage(
      { ...calls.startedRuns, ...for500(query) },
      {
        sort: 'START_TIME_DESC',
        flow_runs: {
          start_time: { ...range(query), is_null_: false },
          ...(query.withoutIds.length > 0 && { id: { not_any_: query.withoutIds } }),
        },
      },
    ),
  count: (window) =>
    api.post(calls.runCount, { flow_runs: { start_time: { ...range(window), is_null_: false } } }),
});

/** Task runs in a terminal state. Their filter cannot leave out ids: known rows come again and are passed over. */
export const finishedTaskRunList = (api: Api, fetchPage: FetchPage): FinishedList<FinishedTaskRun> => {
  const name = 'finished task runs';
  const ask = (query: EndTimeQuery, offset = 0) =>
    fetchPage(
      { ...calls.taskRuns, ...for500(query) },
      { sort, offset, task_runs: { end_time: range(query) } },
    );
  return {
    name,
    async page(query) {
      const page = await ask(query);
      const known = new Set(query.withoutIds);
      if (!page.full || page.rows.some(({ id }) => !known.has(id))) return page;
      // More than a page of them ended in this microsecond: those alone, and then what is before.
      const ties = { ...query, after: query.before };
      const rows = await readOffset({ name, maxPages: maxTiePages, fetchPage: (at) => ask(ties, at) });
      const older = await ask({ ...query, before: fromMicroseconds(microseconds(query.before) - 1) });
      return { rows: [...rows, ...older.rows], full: older.full };
    },
    count: (window) => api.post(calls.taskRunCount, { task_runs: { end_time: range(window) } }),
  };
};
