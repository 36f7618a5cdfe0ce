import { isObject, type Json, type JsonObject } from '../../doubles/prefect/json.ts';
import type { StateType } from '../../lib/prefect/model.ts';
import type { PrefectRequests } from './prefect-requests.ts';

/** Writes by Prefect's own API, for any server that speaks it. Names are the caller's; ids come back. */
export interface WorkloadWriter {
  flow(name: string, tags?: readonly string[]): Promise<string>;
  pool(
    name: string,
    options?: { type?: string; concurrencyLimit?: number; paused?: boolean },
  ): Promise<string>;
  queue(
    pool: string,
    name: string,
    options?: { concurrencyLimit?: number; priority?: number },
  ): Promise<string>;
  deployment(flowId: string, name: string, options?: DeploymentPlan): Promise<string>;
  /** A run of a deployment, or of a flow alone, moved through the states in order. */
  run(owner: { deploymentId: string } | { flowId: string }, plan: RunPlan): Promise<string>;
  setState(runId: string, state: StatePlan): Promise<void>;
  heartbeat(pool: string, worker: string, intervalSeconds?: number): Promise<void>;
  limit(name: string, limit: number, slotsTaken?: number): Promise<string>;
}

export interface DeploymentPlan {
  readonly pool?: string;
  readonly queue?: string;
  readonly tags?: readonly string[];
  readonly paused?: boolean;
  /** Seconds between runs. */
  readonly schedule?: number;
  readonly scheduleActive?: boolean;
  /** Prefect 3 only. */
  readonly concurrencyLimit?: number;
  readonly version?: string;
  readonly entrypoint?: string;
}

export interface StatePlan {
  readonly type: StateType;
  readonly name?: string;
  /** RFC 3339; SCHEDULED only. */
  readonly scheduledTime?: string;
  readonly message?: string;
}

export interface RunPlan {
  readonly name: string;
  /** The first one is the state at birth. */
  readonly states: readonly [StatePlan, ...StatePlan[]];
  readonly tags?: readonly string[];
  readonly idempotencyKey?: string;
}

export function workloadWriter(requests: PrefectRequests): WorkloadWriter {
  const create = async (path: string, body: JsonObject) => idOf(await requests.post(path, body));
  const setState = async (runId: string, state: StatePlan) => {
    await requests.post(`/flow_runs/${runId}/set_state`, { state: stateBody(state), force: true });
  };
  return {
    flow: (name, tags = []) => create('/flows/', { name, tags }),
    pool: (name, { type = 'process', concurrencyLimit, paused = false } = {}) =>
      create('/work_pools/', {
        name,
        type,
        base_job_template: {},
        is_paused: paused,
        concurrency_limit: concurrencyLimit ?? null,
      }),
    queue: (pool, name, { concurrencyLimit, priority } = {}) =>
      create(`/work_pools/${pool}/queues`, {
        name,
        concurrency_limit: concurrencyLimit ?? null,
        ...(priority !== undefined && { priority }),
      }),
    deployment: (flowId, name, plan = {}) => create('/deployments/', deploymentBody(flowId, name, plan)),
    run: async (owner, plan) => {
      const runId = await create(...birth(owner, plan));
      for (const state of plan.states.slice(1)) await setState(runId, state);
      return runId;
    },
    setState,
    heartbeat: async (pool, worker, intervalSeconds) => {
      await requests.post(`/work_pools/${pool}/workers/heartbeat`, {
        name: worker,
        heartbeat_interval_seconds: intervalSeconds ?? null,
      });
    },
    limit: async (name, limit, slotsTaken = 0) => {
      const limitId = await create('/v2/concurrency_limits/', { name, limit });
      if (slotsTaken > 0) {
        const body = { names: [name], slots: slotsTaken, mode: 'concurrency' };
        await requests.post('/v2/concurrency_limits/increment', body);
      }
      return limitId;
    },
  };
}

function idOf(row: Json): string {
  if (isObject(row) && typeof row.id === 'string') return row.id;
  throw new Error(`No id in ${JSON.stringify(row)}`);
}

function deploymentBody(flowId: string, name: string, plan: DeploymentPlan): JsonObject {
  const schedule =
    plan.schedule === undefined ? [] : [scheduleBody(plan.schedule, plan.scheduleActive ?? true)];
  return {
    name,
    flow_id: flowId,
    tags: plan.tags ?? [],
    paused: plan.paused ?? false,
    schedules: schedule,
    ...(plan.pool !== undefined && { work_pool_name: plan.pool }),
    ...(plan.queue !== undefined && { work_queue_name: plan.queue }),
    ...(plan.concurrencyLimit !== undefined && { concurrency_limit: plan.concurrencyLimit }),
    ...(plan.version !== undefined && { version: plan.version }),
    ...(plan.entrypoint !== undefined && { entrypoint: plan.entrypoint }),
  };
}

const scheduleBody = (interval: number, active: boolean): JsonObject => ({
  active,
  schedule: { interval, anchor_date: '2026-01-01T00:00:00Z' },
});

function birth(owner: { deploymentId: string } | { flowId: string }, plan: RunPlan): [string, JsonObject] {
  const body = {
    name: plan.name,
    tags: plan.tags ?? [],
    state: stateBody(plan.states[0]),
    ...(plan.idempotencyKey !== undefined && { idempotency_key: plan.idempotencyKey }),
  };
  return 'deploymentId' in owner
    ? [`/deployments/${owner.deploymentId}/create_flow_run`, body]
    : ['/flow_runs/', { ...body, flow_id: owner.flowId }];
}

function stateBody(state: StatePlan): JsonObject {
  return {
    type: state.type,
    ...(state.name !== undefined && { name: state.name }),
    ...(state.message !== undefined && { message: state.message }),
    ...(state.scheduledTime !== undefined && { state_details: { scheduled_time: state.scheduledTime } }),
  };
}
