import { answerJson, type Call, filterFields, type Route, type ServerContext, sortedPage } from './call.ts';
import { isObject, objectAt } from './json.ts';
import type { TaskRunRecord } from './records.ts';
import { taskRunAnswer } from './run-answers.ts';
import { runsMatching, taskRunCriterion } from './run-matching.ts';
import { atLeast, oneOf, whole } from './shapes.ts';
import { taskRunSorts } from './sorting.ts';

const defaultSort = { direction: 'desc', key: (run: { readonly id: string }) => run.id } as const;

/** Task-run reads (api/task_runs.py). */
export const taskRunRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: '/task_runs/filter',
    fields: (context) => ({
      limit: whole,
      sort: oneOf(...Object.keys(taskRunSorts)),
      offset: atLeast(0),
      ...filters(context),
    }),
    answer: (call) => {
      const { workspace, dialect } = call.context;
      const rows = sortedPage<TaskRunRecord>(call, matching(call), taskRunSorts, defaultSort);
      return answerJson(rows.map((run) => taskRunAnswer(workspace, run, dialect)));
    },
  },
  {
    method: 'POST',
    path: '/task_runs/count',
    fields: filters,
    answer: (call) => answerJson(matching(call).length),
  },
];

function filters(context: ServerContext) {
  return filterFields(context, 'flows', 'flow_runs', 'task_runs', 'deployments');
}

/** A filter on flows, runs or deployments asks for task runs of such flow runs. */
function matching({ context, body }: Call): TaskRunRecord[] {
  const { workspace, dialect } = context;
  const tasks = [...workspace.taskRuns.values()].filter(
    taskRunCriterion(objectAt(body, 'task_runs') ?? {}, dialect),
  );
  const { flows = null, flow_runs = null, deployments = null } = body;
  if (!isObject(flows) && !isObject(flow_runs) && !isObject(deployments)) return tasks;
  const runs = runsMatching(workspace, { flows, flow_runs, deployments }, dialect, 'work_pool_queues');
  const ids = new Set(runs.map(({ id }) => id));
  return tasks.filter(({ flowRunId }) => flowRunId !== null && ids.has(flowRunId));
}
