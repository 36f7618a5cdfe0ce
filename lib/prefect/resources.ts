import type {
  ConcurrencyLimit,
  Deployment,
  Flow,
  FlowRun,
  HistoryBucket,
  Worker,
  WorkPool,
  WorkQueue,
} from './model.ts';

/** A deployment with the name of its flow: deployment names are unique only within a flow. */
export interface NamedDeployment extends Deployment {
  readonly flow: string;
}

/** A run with the names its ids stand for. */
export interface NamedRun extends FlowRun {
  readonly flow: string;
  /**
   * Undefined for a run without a deployment (`deployment_id` is null) and for one whose deployment is deleted
   * (`deployment_id` is still there).
   */
  readonly deployment: NamedDeployment | undefined;
}

export interface PoolWorkers {
  readonly work_pool: string;
  readonly workers: readonly Worker[];
}

export interface ServerInfo {
  readonly edition: 'server' | 'cloud';
  /** Such as `3.8.4`; undefined on Cloud, which does not say. */
  readonly version: string | undefined;
}

export interface WorkspaceInfo {
  /** The value of the label `workspace`. */
  readonly name: string;
  /** Where people look at it. */
  readonly uiUrl: string;
  /** Empty for a self-hosted server. */
  readonly workspaceId: string;
  readonly accountId: string;
}

/**
 * Everything that can be read from a workspace, by name. A resource is whole or its promise rejects: a part of a
 * list is never handed out. Resources are read at most once a tick, and only if a collector needs them.
 */
export interface Resources {
  /** Runs in PENDING, RUNNING, PAUSED, CANCELLING. */
  readonly activeRuns: readonly FlowRun[];
  /** SCHEDULED runs whose time has come at the tick's instant. */
  readonly dueRuns: readonly FlowRun[];
  /**
   * Active and due runs, each once, with their names; a run seen in both lists counts as active. A run whose flow
   * is deleted is left out: it was deleted with it.
   */
  readonly openRuns: readonly NamedRun[];
  /** All SCHEDULED runs, due or not. */
  readonly scheduledRunCount: number;
  /**
   * Deployment id to the raw timestamp of its next scheduled run; only deployments that have one, are not paused
   * and have an active schedule.
   */
  readonly nextRuns: ReadonlyMap<string, string>;
  readonly flows: readonly Flow[];
  readonly deployments: readonly NamedDeployment[];
  readonly workPools: readonly WorkPool[];
  readonly workQueues: readonly WorkQueue[];
  /** Only pools that have workers of their own: not push, managed and agent pools. */
  readonly workers: readonly PoolWorkers[];
  readonly concurrencyLimits: readonly ConcurrencyLimit[];
  /** Undefined where the server has no automations. */
  readonly automationCount: number | undefined;
  readonly server: ServerInfo;
  readonly workspace: WorkspaceInfo;
  readonly flowRunHistory: readonly HistoryBucket[];
}

export type ResourceName = keyof Resources;

/** Reads the resources of one tick. Asking for one again gives the same promise. */
export interface ResourceReader {
  get<Name extends ResourceName>(name: Name): Promise<Resources[Name]>;
}
