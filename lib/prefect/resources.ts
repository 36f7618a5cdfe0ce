import type {
  ConcurrencyLimit,
  Deployment,
  FinishedRun,
  FinishedTaskRun,
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

/** A finished run with the names its ids stand for. */
export interface NamedFinishedRun extends FinishedRun {
  readonly flow: string;
  /** As in `NamedRun`. */
  readonly deployment: NamedDeployment | undefined;
}

/** What of a run says when it started, and where it counts. */
export type StartingRun = Pick<
  NamedRun,
  | 'id'
  | 'flow'
  | 'deployment'
  | 'deployment_id'
  | 'work_pool_name'
  | 'work_queue_name'
  | 'expected_start_time'
  | 'start_time'
> & {
  /** Where it is known; 0: it never ran, whatever `start_time` says. */
  readonly run_count?: number;
};

export interface NamedFinishedTaskRun extends FinishedTaskRun {
  /** `''` where the server does not say which flow it was. */
  readonly flow: string;
}

/** A stretch of a stream that is ordered by `end_time`, read whole. */
export interface Finished<Run> {
  /** Each (`id`, `end_time`) once, in no particular order; a run that ended twice is there as it is now. */
  readonly runs: readonly Run[];
  /**
   * µs since the Unix epoch: every run that was visible and ended at or before this was read. Beyond the cursor that
   * was asked for, at most the tick's instant; before the instant when a catch-up goes on at the next tick.
   */
  readonly upToUs: number;
}

/** Events of one window, by name. */
export interface EventCounts {
  readonly window: EventWindow;
  readonly counts: ReadonlyMap<string, number>;
}

/** Both ends in ms since the Unix epoch; the start belongs to the window, the end does not. */
export interface EventWindow {
  readonly startMs: number;
  readonly endMs: number;
}

/** Where reading starts: given by the ledger, which remembers how far it came. Both in µs since the Unix epoch. */
export interface StreamPosition {
  /** Reading starts here: before the cursor, because runs become visible after their `end_time`. */
  readonly readFromUs: number;
  /** All that ended up to here is known to be read. */
  readonly cursorUs: number;
}

/** What the ledger needs read in this tick; what is undefined is not read, and asking for it rejects. */
export interface LedgerPosition {
  readonly finishedRuns?: StreamPosition | undefined;
  readonly finishedTaskRuns?: StreamPosition | undefined;
  readonly eventWindows?: readonly EventWindow[] | undefined;
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
  /** From the position of the ledger; needs flows and deployments, without whose names nothing may be counted. */
  readonly finishedRuns: Finished<NamedFinishedRun>;
  readonly finishedTaskRuns: Finished<NamedFinishedTaskRun>;
  /** The newest finishes of the last seven days, newest first, at most 25 pages: a part, and meant to be one. */
  readonly recentRuns: readonly NamedFinishedRun[];
  /** One for each window asked for, in that order. */
  readonly eventCounts: readonly EventCounts[];
}

export type ResourceName = keyof Resources;

export type Readers = { readonly [Name in ResourceName]: () => Promise<Resources[Name]> };

/** Gives another resource that one is made from, or rejects with a `DependencyError`. */
export type Need = <Dependency extends ResourceName>(
  resource: ResourceName,
  dependency: Dependency,
) => Promise<Resources[Dependency]>;

/** Reads the resources of one tick. Asking for one again gives the same promise. */
export interface ResourceReader {
  get<Name extends ResourceName>(name: Name): Promise<Resources[Name]>;
}
