import type { Reply } from '../server.ts';
import { answerJson, type Call } from './call.ts';
import { objectAt, stringAt } from './json.ts';
import { stateAnswer, taskRunAnswer } from './run-answers.ts';
import { accepted, stateChange } from './state-bodies.ts';
import { addTaskRun } from './task-run-additions.ts';
import { enterState, newState } from './transitions.ts';

export function createTaskRun({ context, body }: Call): Reply {
  const { workspace, dialect } = context;
  const state = stateChange(objectAt(body, 'state'));
  const run = addTaskRun(workspace, {
    name: stringAt(body, 'name'),
    flowRun: workspace.runs.get(stringAt(body, 'flow_run_id') ?? ''),
    taskKey: stringAt(body, 'task_key') ?? '',
    dynamicKey: stringAt(body, 'dynamic_key') ?? '',
    ...(state && { state }),
  });
  return answerJson(taskRunAnswer(workspace, run, dialect), 201);
}

export function setTaskState({ context, body, parts }: Call): Reply {
  const { workspace, dialect } = context;
  const run = workspace.taskRuns.get(parts[0] ?? '');
  if (!run) return answerJson({ exception_message: `Task run with id ${parts[0]} not found` }, 404);
  const change = stateChange(objectAt(body, 'state'));
  if (change) enterState(run, newState(workspace, change), dialect.neverStarted);
  return accepted(stateAnswer(run.state, { flow_run_id: run.flowRunId, task_run_id: run.id }, dialect));
}
