import { estimatedRunUs, startDeltaUs } from './derived.ts';
import type { Dialect } from './dialect.ts';
import type { JsonObject } from './json.ts';
import type { FlowRunRecord, RunProgress, StateRecord, TaskRunRecord } from './records.ts';
import { formatTimestamp, type Microseconds, microsecondsPerSecond } from './timestamps.ts';
import { poolOfQueue, type Workspace } from './workspace.ts';

const seconds = (us: Microseconds) => us / microsecondsPerSecond;

/** A row of `/flow_runs/filter`, in the server's order of fields. */
export function runAnswer(workspace: Workspace, run: FlowRunRecord, dialect: Dialect): JsonObject {
  const pool = poolOfQueue(workspace, run.workQueueId);
  return {
    ...identity(run, dialect),
    work_queue_id: run.workQueueId,
    work_queue_name: workspace.workQueues.get(run.workQueueId ?? '')?.name ?? run.workQueueName,
    flow_version: null,
    parameters: {},
    idempotency_key: run.idempotencyKey,
    context: {},
    empirical_policy: policy(run),
    tags: run.tags,
    ...(dialect.major === 3 && { labels: labels(run) }),
    parent_task_run_id: run.parentTaskRunId,
    ...progress(workspace.nowUs(), run, dialect),
    auto_scheduled: run.autoScheduled,
    infrastructure_document_id: null,
    infrastructure_pid: null,
    created_by: run.createdBy,
    work_pool_id: pool?.id ?? null,
    work_pool_name: pool?.name ?? null,
    state: stateAnswer(run.state, { flow_run_id: run.id }, dialect),
    // The insert of a run with a key leaves them out, in Prefect 3.
    job_variables: dialect.major === 3 && run.idempotencyKey !== null ? null : {},
  };
}

function identity(run: FlowRunRecord, dialect: Dialect): JsonObject {
  return {
    id: run.id,
    created: formatTimestamp(run.createdUs, dialect.zone),
    updated: formatTimestamp(run.updatedUs, dialect.zone),
    name: run.name,
    flow_id: run.flowId,
    state_id: run.state.id,
    deployment_id: run.deploymentId,
    deployment_version: run.deploymentVersion,
  };
}

function progress(nowUs: Microseconds, run: RunProgress, dialect: Dialect): JsonObject {
  const time = (us: Microseconds | null) => (us === null ? null : formatTimestamp(us, dialect.zone));
  return {
    state_type: run.state.type,
    state_name: run.state.name,
    run_count: run.runCount,
    expected_start_time: time(run.expectedStartUs),
    next_scheduled_start_time: time(run.nextScheduledUs),
    start_time: time(run.startUs),
    end_time: time(run.endUs),
    total_run_time: seconds(run.totalRunUs),
    estimated_run_time: seconds(estimatedRunUs(run, nowUs)),
    estimated_start_time_delta: seconds(startDeltaUs(run, nowUs)),
  };
}

interface StateOwner extends JsonObject {
  readonly flow_run_id: string | null;
  readonly task_run_id?: string;
}

export function stateAnswer(state: StateRecord, owner: StateOwner, dialect: Dialect): JsonObject {
  return {
    id: state.id,
    type: state.type,
    name: state.name,
    timestamp: formatTimestamp(state.timestampUs, dialect.zone),
    message: state.message,
    data: null,
    state_details: {
      task_run_id: null,
      ...owner,
      child_flow_run_id: null,
      scheduled_time: state.scheduledUs === null ? null : formatTimestamp(state.scheduledUs, dialect.zone),
      cache_key: null,
      cache_expiration: null,
      ...(dialect.major === 3 && { deferred: false }),
      untrackable_result: false,
      pause_timeout: null,
      pause_reschedule: false,
      pause_key: null,
      run_input_keyset: null,
      refresh_cache: null,
      retriable: null,
      transition_id: null,
      task_parameters_id: null,
      ...(dialect.major === 3 && { traceparent: null, deployment_concurrency_lease_id: null }),
    },
  };
}

function policy(run: FlowRunRecord): JsonObject {
  return {
    max_retries: 0,
    retry_delay_seconds: 0,
    retries: null,
    retry_delay: null,
    pause_keys: [],
    resuming: run.resuming,
    retry_type: null,
  };
}

function labels(run: FlowRunRecord): JsonObject {
  return {
    'prefect.flow.id': run.flowId,
    ...(run.deploymentId !== null && { 'prefect.deployment.id': run.deploymentId }),
  };
}

/** A row of `/task_runs/filter`. */
export function taskRunAnswer(workspace: Workspace, run: TaskRunRecord, dialect: Dialect): JsonObject {
  const { flowRunId } = run;
  const flowId = workspace.runs.get(flowRunId ?? '')?.flowId;
  return {
    id: run.id,
    created: formatTimestamp(run.createdUs, dialect.zone),
    updated: formatTimestamp(run.updatedUs, dialect.zone),
    name: run.name,
    flow_run_id: flowRunId,
    task_key: run.taskKey,
    dynamic_key: run.dynamicKey,
    cache_key: null,
    cache_expiration: null,
    task_version: null,
    empirical_policy: {
      max_retries: 0,
      retry_delay_seconds: 0,
      retries: null,
      retry_delay: null,
      retry_jitter_factor: null,
    },
    tags: run.tags,
    ...(dialect.major === 3 && {
      labels: {
        ...(flowId !== undefined && { 'prefect.flow.id': flowId, 'prefect.flow-run.id': flowRunId }),
      },
    }),
    state_id: run.state.id,
    task_inputs: {},
    ...progress(workspace.nowUs(), run, dialect),
    flow_run_run_count: 0,
    state: stateAnswer(run.state, { flow_run_id: flowRunId, task_run_id: run.id }, dialect),
  };
}
