import { type Born, born, store } from './additions.ts';
import type { FlowRunRecord, TaskRunRecord } from './records.ts';
import { enterState, newState, noProgress, type StateChange } from './transitions.ts';
import type { Workspace } from './workspace.ts';

export interface NewTaskRun extends Born {
  /** Without one it is a task that runs by itself. */
  readonly flowRun?: FlowRunRecord | undefined;
  readonly name?: string | undefined;
  readonly taskKey?: string;
  readonly dynamicKey?: string;
  readonly state?: StateChange;
  readonly tags?: readonly string[];
}

/** Moved on by `moveRun`. */
export function addTaskRun(workspace: Workspace, options: NewTaskRun): TaskRunRecord {
  const row = born(workspace, options);
  const state = newState(workspace, {
    timestampUs: row.createdUs,
    ...(options.state ?? { type: 'PENDING' }),
  });
  const run: TaskRunRecord = {
    ...row,
    name: options.name ?? `task-${row.id.slice(0, 8)}`,
    flowRunId: options.flowRun?.id ?? null,
    taskKey: options.taskKey ?? 'task',
    dynamicKey: options.dynamicKey ?? row.id,
    tags: [...(options.tags ?? [])],
    ...noProgress(row.updatedUs, state),
  };
  enterState(run, state);
  return store(workspace.taskRuns, run);
}
