import type { Clock } from '../../lib/clock.ts';
import type {
  AutomationRecord,
  ConcurrencyLimitRecord,
  DeploymentRecord,
  EventRecord,
  FlowRecord,
  FlowRunRecord,
  TaskRunRecord,
  WorkerRecord,
  WorkPoolRecord,
  WorkQueueRecord,
} from './records.ts';
import { type SeededChance, seededChance } from './seeded.ts';
import type { Microseconds } from './timestamps.ts';

/**
 * A Prefect workspace in memory: tables by id, a clock, and ids from a seed. What fills it is in `additions.ts`,
 * what moves its runs in `transitions.ts`; a test may change any record directly.
 */
export interface Workspace {
  readonly chance: SeededChance;
  readonly flows: Map<string, FlowRecord>;
  readonly deployments: Map<string, DeploymentRecord>;
  readonly workPools: Map<string, WorkPoolRecord>;
  readonly workQueues: Map<string, WorkQueueRecord>;
  readonly workers: Map<string, WorkerRecord>;
  readonly concurrencyLimits: Map<string, ConcurrencyLimitRecord>;
  readonly automations: Map<string, AutomationRecord>;
  readonly runs: Map<string, FlowRunRecord>;
  readonly taskRuns: Map<string, TaskRunRecord>;
  readonly events: EventRecord[];
  /** What would have made dead workers look alive: calls of polling endpoints, as `METHOD path`. */
  readonly violations: string[];
  nowUs(): Microseconds;
}

export interface WorkspaceOptions {
  readonly clock: Pick<Clock, 'now'>;
  readonly seed?: number;
}

export function createWorkspace({ clock, seed = 1 }: WorkspaceOptions): Workspace {
  return {
    chance: seededChance(seed),
    flows: new Map(),
    deployments: new Map(),
    workPools: new Map(),
    workQueues: new Map(),
    workers: new Map(),
    concurrencyLimits: new Map(),
    automations: new Map(),
    runs: new Map(),
    taskRuns: new Map(),
    events: [],
    violations: [],
    nowUs: () => Math.round(clock.now() * 1000),
  };
}

export function poolNamed(workspace: Workspace, name: string): WorkPoolRecord | undefined {
  return [...workspace.workPools.values()].find((pool) => pool.name === name);
}

export function queueNamed(
  workspace: Workspace,
  workPoolId: string,
  name: string,
): WorkQueueRecord | undefined {
  return [...workspace.workQueues.values()].find(
    (queue) => queue.workPoolId === workPoolId && queue.name === name,
  );
}

/** The pool of a queue; undefined for no queue and for a queue that is gone. */
export function poolOfQueue(workspace: Workspace, queueId: string | null): WorkPoolRecord | undefined {
  const queue = queueId === null ? undefined : workspace.workQueues.get(queueId);
  return queue && workspace.workPools.get(queue.workPoolId);
}

export function limitNamed(workspace: Workspace, name: string): ConcurrencyLimitRecord | undefined {
  return [...workspace.concurrencyLimits.values()].find((limit) => limit.name === name);
}

/** As the server does: its runs stay and lose their pool. */
export function removeWorkQueue(workspace: Workspace, queue: WorkQueueRecord): void {
  workspace.workQueues.delete(queue.id);
  for (const run of workspace.runs.values()) if (run.workQueueId === queue.id) run.workQueueId = null;
  for (const deployment of workspace.deployments.values()) {
    if (deployment.workQueueId === queue.id) deployment.workQueueId = null;
  }
}

/** As the server does: runs that have not started vanish, the others keep an id that leads nowhere. */
export function removeDeployment(workspace: Workspace, deployment: DeploymentRecord): void {
  workspace.deployments.delete(deployment.id);
  for (const run of workspace.runs.values()) {
    if (run.deploymentId === deployment.id && run.autoScheduled && run.state.type === 'SCHEDULED') {
      workspace.runs.delete(run.id);
    }
  }
}

/** As the server does: its deployments and all its runs vanish, and theirs. */
export function removeFlow(workspace: Workspace, flow: FlowRecord): void {
  workspace.flows.delete(flow.id);
  for (const deployment of workspace.deployments.values()) {
    if (deployment.flowId === flow.id) workspace.deployments.delete(deployment.id);
  }
  for (const run of workspace.runs.values()) if (run.flowId === flow.id) workspace.runs.delete(run.id);
  for (const { id, flowRunId } of workspace.taskRuns.values()) {
    if (flowRunId !== null && !workspace.runs.has(flowRunId)) workspace.taskRuns.delete(id);
  }
}
