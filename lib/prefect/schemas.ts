import * as z from 'zod';
import type {
  ConcurrencyLimit,
  Deployment,
  FinishedRun,
  FinishedTaskRun,
  Flow,
  FlowRun,
  HistoryBucket,
  StartedRun,
  Worker,
  WorkPool,
  WorkQueue,
} from './model.ts';
import { timestampPattern } from './timestamps.ts';

/*
 * The shapes of `model.ts` as Prefect 2.20, every Prefect 3 and Cloud send them. Fields that are not named here are
 * dropped at once: parameters and state messages of 200 runs can be tens of megabytes. A field that only some
 * versions send may be absent and is null then; every other absent field is an error.
 */

const timestamp = z.string().regex(timestampPattern);
const count = z.int().nonnegative();

/** Null where it is absent. */
const optional = <Shape extends z.ZodType>(shape: Shape) =>
  shape.nullish().transform((value) => value ?? null);

export const flowRun: z.ZodType<FlowRun> = z
  .object({
    id: z.string(),
    flow_id: z.string(),
    deployment_id: z.string().nullable(),
    work_pool_name: optional(z.string()),
    work_queue_name: optional(z.string()),
    work_queue_id: optional(z.string()),
    state_type: z.string(),
    state_name: z.string(),
    expected_start_time: timestamp.nullable(),
    next_scheduled_start_time: timestamp.nullable(),
    start_time: timestamp.nullable(),
    state: z.object({ timestamp }).nullish(),
  })
  .transform(({ state, ...run }) => ({ ...run, state_timestamp: state?.timestamp ?? null }));

/** A run that has an end; asked for only where it must have one. */
export const finishedRun: z.ZodType<FinishedRun> = z
  .object({
    id: z.string(),
    flow_id: z.string(),
    deployment_id: z.string().nullable(),
    work_pool_name: optional(z.string()),
    work_queue_name: optional(z.string()),
    state_type: z.string(),
    state_name: z.string(),
    expected_start_time: timestamp.nullable(),
    start_time: timestamp.nullable(),
    end_time: timestamp,
    total_run_time: z.number(),
    run_count: count,
    parent_task_run_id: optional(z.string()),
    auto_scheduled: z.boolean(),
    created_by: z.object({ type: optional(z.string()) }).nullish(),
  })
  .transform(({ created_by, ...run }) => ({ ...run, created_by_type: created_by?.type ?? null }));

export const startedRun: z.ZodType<StartedRun> = z
  .object({
    id: z.string(),
    flow_id: z.string(),
    deployment_id: z.string().nullable(),
    work_pool_name: optional(z.string()),
    work_queue_name: optional(z.string()),
    expected_start_time: timestamp.nullable(),
    start_time: timestamp,
    run_count: count,
  })
  .transform((run) => ({ ...run, end_time: run.start_time }));

export const finishedTaskRun: z.ZodType<FinishedTaskRun> = z
  .object({
    id: z.string(),
    flow_run_id: optional(z.string()),
    state_type: z.string(),
    end_time: timestamp,
    total_run_time: z.number(),
    run_count: count,
    labels: z.object({ 'prefect.flow.id': optional(z.string()) }).nullish(),
  })
  .transform(({ labels, ...run }) => ({ ...run, flow_id: labels?.['prefect.flow.id'] ?? null }));

/** Which flow a run is of. */
export const flowOfRun: z.ZodType<{ readonly id: string; readonly flow_id: string }> = z.object({
  id: z.string(),
  flow_id: z.string(),
});

/** One entry of `/events/count-by/event`. */
export const eventCount: z.ZodType<{ readonly value: string; readonly count: number }> = z.object({
  value: z.string(),
  count,
});

export const flow: z.ZodType<Flow> = z.object({ id: z.string(), name: z.string() });

export const concurrencyLimit: z.ZodType<ConcurrencyLimit> = z.object({
  id: z.string(),
  name: z.string(),
  active: z.boolean(),
  limit: count,
  active_slots: count,
});

export const deployment: z.ZodType<Deployment> = z.object({
  id: z.string(),
  name: z.string(),
  flow_id: z.string(),
  created: timestamp,
  paused: z.boolean(),
  status: optional(z.string()),
  tags: z.array(z.string()),
  schedules: z.array(z.object({ active: z.boolean() })),
  work_pool_name: optional(z.string()),
  work_queue_name: optional(z.string()),
  version: optional(z.string()),
  entrypoint: optional(z.string()),
  // Since Prefect 3.
  global_concurrency_limit: optional(concurrencyLimit),
});

export const workPool: z.ZodType<WorkPool> = z.object({
  id: z.string(),
  name: z.string(),
  type: z.string(),
  is_paused: z.boolean(),
  concurrency_limit: count.nullable(),
  status: optional(z.string()),
});

export const workQueue: z.ZodType<WorkQueue> = z.object({
  id: z.string(),
  name: z.string(),
  work_pool_name: optional(z.string()),
  is_paused: z.boolean(),
  concurrency_limit: count.nullable(),
  priority: optional(z.int()),
  status: optional(z.string()),
  last_polled: optional(timestamp),
});

export const worker: z.ZodType<Worker> = z.object({
  id: z.string(),
  name: z.string(),
  last_heartbeat_time: timestamp.nullable(),
  status: z.string(),
});

export const historyBucket: z.ZodType<HistoryBucket> = z.object({
  interval_start: timestamp,
  states: z.array(
    z.object({
      state_type: z.string(),
      state_name: z.string(),
      count_runs: count,
      sum_estimated_run_time: z.number(),
      sum_estimated_lateness: z.number(),
    }),
  ),
});

/** One entry of Cloud's `/me/workspaces`. */
export interface CloudWorkspace {
  readonly account_id: string;
  readonly workspace_id: string;
  readonly workspace_handle: string;
}

export const cloudWorkspace: z.ZodType<CloudWorkspace> = z.object({
  account_id: z.string(),
  workspace_id: z.string(),
  workspace_handle: z.string().min(1),
});

export const total: z.ZodType<number> = count;

export const versionText: z.ZodType<string> = z.string().min(1).max(100);
