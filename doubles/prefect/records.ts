import type { StateType } from '../../lib/prefect/model.ts';
import type { Microseconds } from './timestamps.ts';

/** The rows of the in-memory workspace. Fields are mutable so that a test can make any situation. */
interface Stored {
  readonly id: string;
  createdUs: Microseconds;
  updatedUs: Microseconds;
}

export interface FlowRecord extends Stored {
  name: string;
  tags: string[];
}

export interface ScheduleRecord extends Stored {
  active: boolean;
  intervalSeconds: number;
  anchorUs: Microseconds;
}

export interface DeploymentRecord extends Stored {
  name: string;
  flowId: string;
  paused: boolean;
  tags: string[];
  schedules: ScheduleRecord[];
  workQueueId: string | null;
  /** Only when the queue was named; answers show the name of the queue itself. */
  workQueueName: string | null;
  version: string | null;
  entrypoint: string | null;
  status: 'READY' | 'NOT_READY';
  lastPolledUs: Microseconds | null;
}

export interface WorkPoolRecord extends Stored {
  name: string;
  type: string;
  description: string | null;
  isPaused: boolean;
  concurrencyLimit: number | null;
  /** Null for pools of agents. */
  status: 'READY' | 'NOT_READY' | 'PAUSED' | null;
  defaultQueueId: string;
}

export interface WorkQueueRecord extends Stored {
  name: string;
  description: string;
  workPoolId: string;
  isPaused: boolean;
  concurrencyLimit: number | null;
  priority: number;
  status: 'READY' | 'NOT_READY' | 'PAUSED';
  lastPolledUs: Microseconds | null;
}

export interface WorkerRecord extends Stored {
  name: string;
  workPoolId: string;
  lastHeartbeatUs: Microseconds;
  heartbeatIntervalSeconds: number | null;
}

export interface ConcurrencyLimitRecord extends Stored {
  name: string;
  active: boolean;
  limit: number;
  activeSlots: number;
  slotDecayPerSecond: number;
}

export interface AutomationRecord extends Stored {
  name: string;
  enabled: boolean;
}

export interface StateRecord {
  readonly id: string;
  readonly type: StateType;
  readonly name: string;
  readonly timestampUs: Microseconds;
  readonly message: string | null;
  /** Only of SCHEDULED states. */
  readonly scheduledUs: Microseconds | null;
}

/** What a state change sets on a run. */
export interface RunProgress {
  updatedUs: Microseconds;
  state: StateRecord;
  runCount: number;
  expectedStartUs: Microseconds | null;
  nextScheduledUs: Microseconds | null;
  startUs: Microseconds | null;
  endUs: Microseconds | null;
  totalRunUs: Microseconds;
  /** The next RUNNING state is not another attempt: the run was paused and is resumed. */
  resuming: boolean;
}

export interface TaskRunRecord extends Stored, RunProgress {
  name: string;
  /** Null for a task without a flow. */
  flowRunId: string | null;
  taskKey: string;
  dynamicKey: string;
  tags: string[];
}

/** Of what happened, only what is counted. */
export interface EventRecord {
  readonly event: string;
  readonly occurredUs: Microseconds;
}

export interface FlowRunRecord extends Stored, RunProgress {
  name: string;
  flowId: string;
  /** Stays when the deployment is deleted: the server has no foreign key here. */
  deploymentId: string | null;
  /** Of the deployment when the run was made. */
  deploymentVersion: string | null;
  workQueueId: string | null;
  /** What `work_queue_name` filters look at: null when the deployment did not name its queue. */
  workQueueName: string | null;
  tags: string[];
  idempotencyKey: string | null;
  parentTaskRunId: string | null;
  parentFlowRunId: string | null;
  autoScheduled: boolean;
  createdBy: { id: string; type: string; display_value: string } | null;
}
