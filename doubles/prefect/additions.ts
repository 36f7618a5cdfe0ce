import type {
  AutomationRecord,
  ConcurrencyLimitRecord,
  DeploymentRecord,
  FlowRecord,
  FlowRunRecord,
  RunProgress,
  ScheduleRecord,
  WorkerRecord,
  WorkPoolRecord,
  WorkQueueRecord,
} from './records.ts';
import type { Microseconds } from './timestamps.ts';
import {
  enterState,
  type NeverStartedFinish,
  newState,
  noProgress,
  type StateChange,
} from './transitions.ts';
import { limitNamed, type Workspace } from './workspace.ts';

export interface Born {
  /** Defaults to now. */
  readonly createdUs?: Microseconds | undefined;
}

export function born(workspace: Workspace, options: Born) {
  const createdUs = options.createdUs ?? workspace.nowUs();
  return { id: workspace.chance.uuid(), createdUs, updatedUs: createdUs };
}

export function store<Row extends { readonly id: string }>(table: Map<string, Row>, row: Row): Row {
  table.set(row.id, row);
  return row;
}

export interface NewFlow extends Born {
  readonly name: string;
  readonly tags?: readonly string[];
}

export function addFlow(workspace: Workspace, options: NewFlow): FlowRecord {
  const row = { ...born(workspace, options), name: options.name, tags: [...(options.tags ?? [])] };
  return store(workspace.flows, row);
}

export interface NewSchedule {
  readonly intervalSeconds: number;
  readonly anchorUs?: Microseconds;
  readonly active?: boolean;
}

export interface NewDeployment extends Born {
  readonly name: string;
  readonly flow: FlowRecord;
  readonly queue?: WorkQueueRecord | undefined;
  /** False: the pool's default queue was taken because none was named. */
  readonly isQueueNamed?: boolean;
  readonly tags?: readonly string[];
  readonly paused?: boolean;
  readonly schedules?: readonly NewSchedule[];
  /** Makes the limit `deployment:<id>`. */
  readonly concurrencyLimit?: number | undefined;
  readonly version?: string | null;
  readonly entrypoint?: string | null;
  readonly status?: 'READY' | 'NOT_READY';
}

export function addDeployment(workspace: Workspace, options: NewDeployment): DeploymentRecord {
  const deployment: DeploymentRecord = {
    ...born(workspace, options),
    name: options.name,
    flowId: options.flow.id,
    paused: options.paused ?? false,
    tags: [...(options.tags ?? [])],
    schedules: (options.schedules ?? []).map((schedule) => newSchedule(workspace, schedule, options)),
    workQueueId: options.queue?.id ?? null,
    workQueueName: options.isQueueNamed === false ? null : (options.queue?.name ?? null),
    version: options.version ?? null,
    entrypoint: options.entrypoint ?? null,
    status: options.status ?? 'NOT_READY',
    lastPolledUs: null,
  };
  if (options.concurrencyLimit !== undefined) {
    addConcurrencyLimit(workspace, {
      name: `deployment:${deployment.id}`,
      limit: options.concurrencyLimit,
      createdUs: deployment.createdUs,
    });
  }
  return store(workspace.deployments, deployment);
}

function newSchedule(workspace: Workspace, schedule: NewSchedule, options: Born): ScheduleRecord {
  const row = born(workspace, options);
  return {
    ...row,
    active: schedule.active ?? true,
    intervalSeconds: schedule.intervalSeconds,
    anchorUs: schedule.anchorUs ?? row.createdUs,
  };
}

export interface NewWorkPool extends Born {
  readonly name: string;
  /** Such as `process`, `kubernetes`, `ecs:push`, `prefect:managed`, `prefect-agent`. */
  readonly type?: string;
  readonly description?: string | null;
  readonly isPaused?: boolean;
  readonly concurrencyLimit?: number | null;
  readonly status?: WorkPoolRecord['status'];
}

/** With its queue `default`, as the server does. */
export function addWorkPool(workspace: Workspace, options: NewWorkPool): WorkPoolRecord {
  const row = born(workspace, options);
  const type = options.type ?? 'process';
  const queue = addWorkQueue(workspace, {
    name: 'default',
    workPoolId: row.id,
    description: "The work pool's default queue.",
    createdUs: row.createdUs,
  });
  return store(workspace.workPools, {
    ...row,
    name: options.name,
    type,
    description: options.description ?? null,
    isPaused: options.isPaused ?? false,
    concurrencyLimit: options.concurrencyLimit ?? null,
    status: options.status ?? (type === 'prefect-agent' ? null : 'NOT_READY'),
    defaultQueueId: queue.id,
  });
}

export interface NewWorkQueue extends Born {
  readonly name: string;
  readonly workPoolId: string;
  readonly description?: string;
  readonly isPaused?: boolean;
  readonly concurrencyLimit?: number | null;
  /** A queue that has it, and those behind, move back by one. Defaults to the end. */
  readonly priority?: number | undefined;
  readonly status?: WorkQueueRecord['status'];
}

export function addWorkQueue(workspace: Workspace, options: NewWorkQueue): WorkQueueRecord {
  return store(workspace.workQueues, {
    ...born(workspace, options),
    name: options.name,
    description: options.description ?? '',
    workPoolId: options.workPoolId,
    isPaused: options.isPaused ?? false,
    concurrencyLimit: options.concurrencyLimit ?? null,
    priority: makeRoom(workspace, options.workPoolId, options.priority),
    status: options.status ?? (options.isPaused ? 'PAUSED' : 'NOT_READY'),
    lastPolledUs: null,
  });
}

function makeRoom(workspace: Workspace, workPoolId: string, wanted: number | undefined): number {
  const queues = [...workspace.workQueues.values()].filter((queue) => queue.workPoolId === workPoolId);
  if (wanted === undefined) return Math.max(0, ...queues.map((queue) => queue.priority)) + 1;
  let taken = wanted;
  for (const queue of queues.sort((a, b) => a.priority - b.priority)) {
    if (queue.priority !== taken) continue;
    queue.priority += 1;
    taken += 1;
  }
  return wanted;
}

/** Makes the worker at its first heartbeat; a worker makes its pool READY. */
export function heartbeat(
  workspace: Workspace,
  pool: WorkPoolRecord,
  worker: { name: string; intervalSeconds?: number | null; atUs?: Microseconds },
): WorkerRecord {
  const atUs = worker.atUs ?? workspace.nowUs();
  const known = [...workspace.workers.values()].find(
    (row) => row.workPoolId === pool.id && row.name === worker.name,
  );
  if (pool.status === 'NOT_READY') pool.status = 'READY';
  if (known) {
    known.lastHeartbeatUs = atUs;
    known.heartbeatIntervalSeconds = worker.intervalSeconds ?? known.heartbeatIntervalSeconds;
    return known;
  }
  return store(workspace.workers, {
    ...born(workspace, { createdUs: atUs }),
    name: worker.name,
    workPoolId: pool.id,
    lastHeartbeatUs: atUs,
    heartbeatIntervalSeconds: worker.intervalSeconds ?? null,
  });
}

export interface NewConcurrencyLimit extends Born {
  /** `tag:<tag>` and `deployment:<id>` are limits of the server's own making. */
  readonly name: string;
  readonly limit: number;
  readonly active?: boolean;
  readonly activeSlots?: number;
  readonly slotDecayPerSecond?: number;
}

export function addConcurrencyLimit(
  workspace: Workspace,
  options: NewConcurrencyLimit,
): ConcurrencyLimitRecord {
  return store(workspace.concurrencyLimits, {
    ...born(workspace, options),
    name: options.name,
    active: options.active ?? true,
    limit: options.limit,
    activeSlots: options.activeSlots ?? 0,
    slotDecayPerSecond: options.slotDecayPerSecond ?? 0,
  });
}

export function deploymentLimit(workspace: Workspace, deploymentId: string) {
  return limitNamed(workspace, `deployment:${deploymentId}`);
}

export function addAutomation(workspace: Workspace, options: { name: string } & Born): AutomationRecord {
  return store(workspace.automations, { ...born(workspace, options), name: options.name, enabled: true });
}

export interface NewRun extends Born {
  readonly flow: FlowRecord;
  readonly deployment?: DeploymentRecord | undefined;
  readonly name?: string;
  /** The run's first state; later ones through `moveRun`. Defaults to PENDING, as the server's does. */
  readonly state?: StateChange;
  readonly tags?: readonly string[];
  readonly idempotencyKey?: string | null;
  /** Makes it a subflow run. */
  readonly parent?: FlowRunRecord;
  readonly parentTaskRunId?: string | null;
  readonly autoScheduled?: boolean;
  readonly createdBy?: FlowRunRecord['createdBy'];
  readonly neverStarted?: NeverStartedFinish;
}

export function addRun(workspace: Workspace, options: NewRun): FlowRunRecord {
  const row = born(workspace, options);
  const state = newState(workspace, {
    timestampUs: row.createdUs,
    ...(options.state ?? { type: 'PENDING' }),
  });
  const run: FlowRunRecord = {
    ...row,
    name: options.name ?? `run-${row.id.slice(0, 8)}`,
    flowId: options.flow.id,
    deploymentId: options.deployment?.id ?? null,
    deploymentVersion: options.deployment?.version ?? null,
    workQueueId: options.deployment?.workQueueId ?? null,
    workQueueName: options.deployment?.workQueueName ?? null,
    tags: [...(options.tags ?? [])],
    idempotencyKey: options.idempotencyKey ?? null,
    parentTaskRunId: options.parentTaskRunId ?? (options.parent ? workspace.chance.uuid() : null),
    parentFlowRunId: options.parent?.id ?? null,
    autoScheduled: options.autoScheduled ?? false,
    createdBy: options.createdBy ?? null,
    ...noProgress(row.updatedUs, state),
  };
  enterState(run, state, options.neverStarted);
  return store(workspace.runs, run);
}

/** Moves a run through states, in order, each at its own time. */
export function moveRun<Run extends RunProgress>(
  workspace: Workspace,
  run: Run,
  ...changes: readonly StateChange[]
): Run {
  for (const change of changes) enterState(run, newState(workspace, change));
  return run;
}
