/**
 * What is read of Prefect's answers: only the fields that are used, under the names they have on the wire.
 * Timestamps stay the raw RFC 3339 strings of the server (microseconds do not fit a Date).
 */

export type KnownStateType =
  | 'SCHEDULED'
  | 'PENDING'
  | 'RUNNING'
  | 'COMPLETED'
  | 'FAILED'
  | 'CANCELLED'
  | 'CRASHED'
  | 'PAUSED'
  | 'CANCELLING';

/** Open: a state type that a later Prefect adds is one more label value, not the end of all run metrics. */
export type StateType = KnownStateType | (string & {});

export interface FlowRun {
  readonly id: string;
  readonly flow_id: string;
  readonly deployment_id: string | null;
  readonly work_pool_name: string | null;
  readonly work_queue_name: string | null;
  readonly work_queue_id: string | null;
  readonly state_type: StateType;
  readonly state_name: string;
  readonly expected_start_time: string | null;
  readonly next_scheduled_start_time: string | null;
  readonly start_time: string | null;
  /** When the run entered its state; null where the answer has no state. */
  readonly state_timestamp: string | null;
}

/** A run in a terminal state. */
export interface FinishedRun {
  readonly id: string;
  readonly flow_id: string;
  readonly deployment_id: string | null;
  readonly work_pool_name: string | null;
  readonly work_queue_name: string | null;
  readonly state_type: StateType;
  readonly state_name: string;
  readonly expected_start_time: string | null;
  /** The first start, kept over retries; servers since 3.6.14 set it to `end_time` for a run that never ran. */
  readonly start_time: string | null;
  readonly end_time: string;
  /** Seconds in running states, over all attempts. */
  readonly total_run_time: number;
  /** How often the run entered a running state; 0: it never ran. */
  readonly run_count: number;
  /** Set for a subflow run. */
  readonly parent_task_run_id: string | null;
  readonly auto_scheduled: boolean;
  /** SCHEDULE, AUTOMATION, DEPLOYMENT, …; null where the server does not say. */
  readonly created_by_type: string | null;
}

/** A run that has started, whatever became of it. */
export interface StartedRun
  extends Pick<
    FinishedRun,
    | 'id'
    | 'flow_id'
    | 'deployment_id'
    | 'work_pool_name'
    | 'work_queue_name'
    | 'expected_start_time'
    | 'run_count'
  > {
  /** As in `FinishedRun`. */
  readonly start_time: string;
  /** The same as `start_time`: what it ended is the wait. */
  readonly end_time: string;
}

/** A task run in a terminal state. */
export interface FinishedTaskRun {
  readonly id: string;
  /** Null where the server does not say. */
  readonly flow_id: string | null;
  readonly flow_run_id: string | null;
  readonly state_type: StateType;
  readonly end_time: string;
  /** Seconds in running states, over all attempts. */
  readonly total_run_time: number;
  readonly run_count: number;
}

export interface Flow {
  readonly id: string;
  readonly name: string;
}

export interface Deployment {
  readonly id: string;
  readonly name: string;
  readonly flow_id: string;
  readonly created: string;
  readonly paused: boolean;
  /** READY or NOT_READY; null where nobody ever polled (some Prefect 2 servers). */
  readonly status: string | null;
  readonly tags: readonly string[];
  readonly schedules: readonly { readonly active: boolean }[];
  readonly work_pool_name: string | null;
  readonly work_queue_name: string | null;
  readonly version: string | null;
  readonly entrypoint: string | null;
  readonly global_concurrency_limit: ConcurrencyLimit | null;
}

export interface WorkPool {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly is_paused: boolean;
  readonly concurrency_limit: number | null;
  /** READY, NOT_READY, PAUSED; null for pools of agents. */
  readonly status: string | null;
}

export interface WorkQueue {
  readonly id: string;
  readonly name: string;
  readonly work_pool_name: string | null;
  readonly is_paused: boolean;
  readonly concurrency_limit: number | null;
  readonly priority: number | null;
  readonly status: string | null;
  readonly last_polled: string | null;
}

export interface Worker {
  readonly id: string;
  readonly name: string;
  readonly last_heartbeat_time: string | null;
  /** ONLINE or OFFLINE, as the server computes it. */
  readonly status: string;
}

export interface ConcurrencyLimit {
  readonly id: string;
  readonly name: string;
  readonly active: boolean;
  readonly limit: number;
  readonly active_slots: number;
}

export interface HistoryBucket {
  readonly interval_start: string;
  readonly states: readonly HistoryState[];
}

export interface HistoryState {
  readonly state_type: StateType;
  readonly state_name: string;
  readonly count_runs: number;
  /** Seconds. */
  readonly sum_estimated_run_time: number;
  /** Seconds. */
  readonly sum_estimated_lateness: number;
}
