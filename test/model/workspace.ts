import type { FinishedRun, FinishedTaskRun, Flow, WorkQueue } from '../../lib/prefect/model.ts';
import type { NamedDeployment } from '../../lib/prefect/resources.ts';
import { fromMicroseconds } from '../../lib/prefect/timestamps.ts';
import type { RunPlan, Schedule, Window } from './schedule.ts';

/** One end of a run, and when it can be seen. */
export interface Finish {
  readonly id: string;
  readonly deployment: number;
  readonly endUs: number;
  readonly visibleMs: number;
  /** When a retry hides it. */
  readonly hiddenMs: number | undefined;
  readonly state: 'COMPLETED' | 'FAILED' | 'CANCELLED';
  /** Sums over all attempts so far. */
  readonly runCount: number;
  readonly runTimeUs: number;
  readonly startUs: number | undefined;
  readonly dueUs: number;
}

export interface ModelRun {
  readonly id: string;
  readonly deployment: number;
  readonly dueUs: number;
  readonly startUs: number | undefined;
  readonly finishes: readonly Finish[];
}

/** What is in Prefect at each moment. Absolute times. */
export interface Workspace {
  readonly runs: readonly ModelRun[];
  readonly taskRuns: readonly ModelRun[];
  deploymentsAt(nowMs: number): readonly NamedDeployment[];
  queuesAt(nowMs: number): readonly WorkQueue[];
}

export const flows: readonly Flow[] = [
  { id: 'flow-0', name: 'f0' },
  { id: 'flow-1', name: 'f1' },
];

export const finishId = ({ id, endUs }: Pick<Finish, 'id' | 'endUs'>): string => `${id}/${endUs}`;

export const isVisible = ({ visibleMs, hiddenMs }: Finish, nowMs: number): boolean =>
  visibleMs <= nowMs && (hiddenMs === undefined || nowMs < hiddenMs);

/** Started, and not seen to have ended. */
export const isOpen = ({ startUs, finishes }: ModelRun, nowMs: number): boolean =>
  startUs !== undefined && startUs / 1000 <= nowMs && !finishes.some((finish) => isVisible(finish, nowMs));

export const isWithin = (windows: readonly Window[], afterStartMs: number): boolean =>
  windows.some(({ from, length }) => afterStartMs >= from && afterStartMs < from + length);

export function createWorkspace(schedule: Schedule, startMs: number): Workspace {
  const modelRuns = (plans: readonly RunPlan[], prefix: string) =>
    plans.map((plan, index) => modelRun(`${prefix}${index}`, plan, startMs));
  return {
    runs: modelRuns(schedule.runs, 'run-'),
    taskRuns: modelRuns(schedule.taskRuns, 'task-'),
    deploymentsAt: (nowMs) =>
      isWithin(schedule.deploymentGaps, nowMs - startMs) ? deployments.slice(1) : deployments,
    queuesAt: (nowMs) =>
      queues.filter(
        (_, index) =>
          !isWithin(
            schedule.queueGaps.filter(({ queue }) => queue === index),
            nowMs - startMs,
          ),
      ),
  };
}

function modelRun(id: string, plan: RunPlan, originMs: number): ModelRun {
  const { deployment, attempts } = plan;
  const dueUs = (originMs + plan.dueMs) * 1000;
  const facts = { id, deployment, dueUs };
  if (attempts === undefined) {
    const end = { ...facts, endUs: dueUs + plan.runUs, hiddenMs: undefined, runCount: 0, runTimeUs: 0 };
    const visibleMs = visibleAt(end.endUs, plan);
    return {
      ...facts,
      startUs: undefined,
      finishes: [{ ...end, visibleMs, startUs: undefined, state: 'CANCELLED' }],
    };
  }
  const startUs = dueUs + plan.delayUs;
  const finishes: Finish[] = [];
  let beginUs = startUs;
  let runCount = 0;
  let runTimeUs = 0;
  for (const [index, end] of [{ ...plan, attempts }, ...plan.retries].entries()) {
    const retry = plan.retries[index];
    const endUs = endOf(beginUs + end.runUs, plan);
    runCount += end.attempts;
    runTimeUs += end.runUs;
    const visibleMs = visibleAt(endUs, end);
    const hiddenMs = retry && visibleMs + retry.afterMs;
    const state = retry === undefined ? plan.state : 'FAILED';
    finishes.push({ ...facts, startUs, endUs, visibleMs, hiddenMs, state, runCount, runTimeUs });
    beginUs = (hiddenMs ?? 0) * 1000;
  }
  return { ...facts, startUs, finishes };
}

const endOf = (endUs: number, { endsOnTick }: RunPlan): number =>
  endsOnTick ? Math.ceil(endUs / 60e6) * 60e6 : endUs;

const visibleAt = (endUs: number, { visibleAfterMs }: Pick<RunPlan, 'visibleAfterMs'>): number =>
  Math.ceil(endUs / 1000) + visibleAfterMs;

const places = [
  { flow: 0, queue: 'q0' },
  { flow: 0, queue: 'q1' },
  { flow: 1, queue: 'q0' },
] as const;

const placeOf = (deployment: number) => places[deployment] ?? places[0];

export const labelsOf = (deployment: number) => ({
  flow: `f${placeOf(deployment).flow}`,
  deployment: `d${deployment}`,
  work_queue: placeOf(deployment).queue,
});

/** The fields of a run that are the same for open and finished ones. */
export const runFields = ({ id, deployment, dueUs, startUs }: ModelRun | Finish) => ({
  id,
  flow_id: `flow-${placeOf(deployment).flow}`,
  deployment_id: `deployment-${deployment}`,
  work_pool_name: 'pool',
  work_queue_name: placeOf(deployment).queue,
  expected_start_time: fromMicroseconds(dueUs),
  start_time: startUs === undefined ? null : fromMicroseconds(startUs),
});

export const finishedRow = (finish: Finish): FinishedRun => ({
  ...runFields(finish),
  state_type: finish.state,
  state_name: `${finish.state.charAt(0)}${finish.state.slice(1).toLowerCase()}`,
  end_time: fromMicroseconds(finish.endUs),
  total_run_time: finish.runTimeUs / 1e6,
  run_count: finish.runCount,
  parent_task_run_id: null,
  auto_scheduled: true,
  created_by_type: null,
});

export const taskRow = (finish: Finish): FinishedTaskRun => ({
  id: finish.id,
  flow_id: `flow-${placeOf(finish.deployment).flow}`,
  flow_run_id: null,
  state_type: finish.state,
  end_time: fromMicroseconds(finish.endUs),
  total_run_time: finish.runTimeUs / 1e6,
  run_count: finish.runCount,
});

const deployments = places.map(
  ({ flow, queue }, index): NamedDeployment => ({
    id: `deployment-${index}`,
    name: `d${index}`,
    flow: `f${flow}`,
    flow_id: `flow-${flow}`,
    created: '2026-11-01T00:00:00.000000Z',
    paused: false,
    status: 'READY',
    tags: [],
    schedules: [],
    work_pool_name: 'pool',
    work_queue_name: queue,
    version: null,
    entrypoint: null,
    global_concurrency_limit: null,
  }),
);

const queues = ['q0', 'q1'].map(
  (name): WorkQueue => ({
    id: name,
    name,
    work_pool_name: 'pool',
    is_paused: false,
    concurrency_limit: null,
    priority: 1,
    status: 'READY',
    last_polled: null,
  }),
);
