import { answerJson, type Call, filterFields, type Route, type ServerContext, sortedPage } from './call.ts';
import { historyAnswer } from './history.ts';
import { runAnswer } from './run-answers.ts';
import { runsMatching } from './run-matching.ts';
import { amount, atLeast, datetime, oneOf, type Shape, whole } from './shapes.ts';
import { runSorts } from './sorting.ts';

const defaultSort = { direction: 'desc', key: (run: { readonly id: string }) => run.id } as const;

/** Flow-run reads (api/flow_runs.py). */
export const runRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: '/flow_runs/filter',
    fields: (context) => ({
      limit: whole,
      sort: oneOf(...Object.keys(runSorts)),
      offset: atLeast(0),
      ...runFilters(context, 'work_pool_queues'),
    }),
    answer: (call) =>
      answerJson(
        sortedPage(call, matching(call, 'work_pool_queues'), runSorts, defaultSort).map((run) =>
          runAnswer(call.context.workspace, run, call.context.dialect),
        ),
      ),
  },
  {
    method: 'POST',
    path: '/flow_runs/count',
    fields: (context) => runFilters(context, 'work_pool_queues'),
    answer: (call) => answerJson(matching(call, 'work_pool_queues').length),
  },
  historyRoute(false),
];

/** Cloud calls the interval by another name, and insists on it. */
export const cloudRunRoutes: readonly Route[] = [...runRoutes.slice(0, 2), historyRoute(true)];

function historyRoute(isCloud: boolean): Route {
  const interval = isCloud ? 'history_interval' : 'history_interval_seconds';
  return {
    method: 'POST',
    path: '/flow_runs/history',
    fields: (context) => ({
      history_start: datetime,
      history_end: datetime,
      [interval]: amount,
      ...runFilters(context, 'work_queues'),
    }),
    required: ['history_start', 'history_end', interval],
    answer: (call) => historyAnswer(call, interval, matching(call, 'work_queues')),
  };
}

function runFilters(context: ServerContext, queueKey: string): Readonly<Record<string, Shape>> {
  const filters = filterFields(context, 'flows', 'flow_runs', 'task_runs', 'deployments', 'work_pools');
  return { ...filters, [queueKey]: context.shapes.work_queues };
}

function matching({ context, body }: Call, queueKey: 'work_pool_queues' | 'work_queues') {
  return runsMatching(context.workspace, body, context.dialect, queueKey);
}
