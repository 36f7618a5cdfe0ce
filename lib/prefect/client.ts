import * as z from 'zod';
import { HttpStatusError } from '../http/errors.ts';
import { type ApiOptions, type Call, createApi, endpointOf } from './api.ts';
import { countEvents } from './events.ts';
import { finishedRunList, finishedTaskRunList, startedRunList } from './finished-calls.ts';
import type { FinishedList } from './finished-list.ts';
import { runLists, runPages } from './flow-runs.ts';
import type { HistoryWindow } from './history-window.ts';
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
import type { PageSize } from './page-size.ts';
import { collectPages, type Page, readOffset } from './pages.ts';
import type { EventWindow } from './resources.ts';
import * as schemas from './schemas.ts';

/**
 * The endpoints that are used, all of them read-only. `get_scheduled_flow_runs` and `get_runs` are not among them
 * and never may be: they mark queues as polled, so that dead workers look healthy. Lists are whole or the promise
 * rejects.
 */
export interface PrefectClient {
  activeRuns(): Promise<readonly FlowRun[]>;
  /** SCHEDULED runs with `next_scheduled_start_time` at or before the instant. */
  dueRuns(atOrBefore: string): Promise<readonly FlowRun[]>;
  /** SCHEDULED runs at or after the instant, soonest first, a page at a time for as long as the caller goes on. */
  scheduledRunPages(atOrAfter: string): AsyncGenerator<readonly FlowRun[]>;
  scheduledRunCount(): Promise<number>;
  flowRunHistory(window: HistoryWindow): Promise<readonly HistoryBucket[]>;
  readonly finishedRuns: FinishedList<FinishedRun>;
  readonly finishedTaskRuns: FinishedList<FinishedTaskRun>;
  /** By their start, as if that were an end. */
  readonly startedRuns: FinishedList<StartedRun>;
  /** Run id to flow id, of those that are still there. */
  flowsOfRuns(ids: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Events of the window by name. */
  eventCounts(window: EventWindow): Promise<ReadonlyMap<string, number>>;
  flows(ids?: readonly string[]): Promise<readonly Flow[]>;
  deployments(ids?: readonly string[]): Promise<readonly Deployment[]>;
  workPools(names?: readonly string[]): Promise<readonly WorkPool[]>;
  /** All pools' queues. Every pool has a `default` and the order is by name: `ListChangedError` is not rare. */
  workQueues(): Promise<readonly WorkQueue[]>;
  workQueuesOf(workPool: string): Promise<readonly WorkQueue[]>;
  workersOf(workPool: string): Promise<readonly Worker[]>;
  concurrencyLimits(): Promise<readonly ConcurrencyLimit[]>;
  /** Undefined where the server has no automations: Prefect 2 unless its experimental events are on. */
  automationCount(): Promise<number | undefined>;
  /** Servers only: Cloud has no such endpoint. */
  serverVersion(): Promise<string>;
  /** Cloud only: the workspaces the key can see. */
  cloudWorkspaces(cloudApiUrl: URL): Promise<readonly schemas.CloudWorkspace[]>;
  /** What the newest answer's `Date` says, ms since the Unix epoch; undefined before the first answer. */
  serverTimeMs(): number | undefined;
  /** Whether at least one answer was what its endpoint answers. */
  hasAnswered(): boolean;
}

/** One for each tick; the page size lives as long as the process. */
export interface ClientOptions extends ApiOptions {
  readonly pageSize: PageSize;
}

const maxPages = 250;
const maxNextRunPages = 50;
/** Asked for at once: one fewer than a page has, so that the first answer is known to be all. */
const maxIds = 199;

/** What cannot be read again later goes first, what takes many requests last. */
const rank = { runs: 0, names: 1, others: 2, workers: 3 } as const;

export function createPrefectClient({ pageSize, ...options }: ClientOptions): PrefectClient {
  const api = createApi(options);
  const page = <Row>(call: Call<Row[]>, body: object): Promise<Page<Row>> =>
    pageSize.read(endpointOf(call), (limit) => api.post(call, { ...body, limit }));
  const list = <Row extends { id: string }>(name: string, call: Call<Row[]>, body: object = {}) =>
    readOffset({ name, maxPages, fetchPage: (offset) => page(call, { ...body, offset }) });

  return {
    ...runCalls(api, page),
    finishedRuns: finishedRunList(api, page),
    finishedTaskRuns: finishedTaskRunList(api, page),
    startedRuns: startedRunList(api, page),
    flowsOfRuns: async (ids) => {
      const batches = batchesOf(ids, maxIds).map((any_) =>
        list('runs by id', calls.flowsOfRuns, { sort: 'ID_DESC', flow_runs: { id: { any_ } } }),
      );
      return new Map((await Promise.all(batches)).flat().map(({ id, flow_id }) => [id, flow_id]));
    },
    eventCounts: (window) => countEvents(api, window),
    flows: (ids) =>
      list('flows', calls.flows, {
        sort: 'NAME_ASC',
        ...(ids && { flows: { id: { any_: ids } } }),
      }),
    // By name there would be ties: it is unique only within a flow.
    deployments: (ids) =>
      list('deployments', calls.deployments, {
        sort: 'CREATED_DESC',
        ...(ids && { deployments: { id: { any_: ids } } }),
      }),
    workPools: (names) =>
      list('work pools', calls.workPools, names && { work_pools: { name: { any_: names } } }),
    workQueues: () => list('work queues', calls.workQueues),
    workQueuesOf: (workPool) => list(`work queues of ${workPool}`, calls.workQueuesOf(workPool)),
    workersOf: (workPool) => list(`workers of ${workPool}`, calls.workersOf(workPool)),
    concurrencyLimits: () => list('concurrency limits', calls.concurrencyLimits),
    automationCount: () => api.post(calls.automationCount, {}).catch(withoutAutomations),
    serverVersion: () => api.get(calls.serverVersion),
    cloudWorkspaces: (baseUrl) => api.get({ ...calls.cloudWorkspaces, baseUrl }),
    serverTimeMs: api.serverTimeMs,
    hasAnswered: api.hasAnswered,
  };
}

function batchesOf<Item>(items: readonly Item[], size: number): Item[][] {
  const batches: Item[][] = [];
  for (let start = 0; start < items.length; start += size) batches.push(items.slice(start, start + size));
  return batches;
}

/** Prefect 2 answers 404 and says so; any other 404 is a failure. */
function withoutAutomations(error: unknown): undefined {
  const isOff = error instanceof HttpStatusError && error.status === 404;
  if (isOff && /automations are not enabled/i.test(error.bodyExcerpt)) return undefined;
  throw error;
}

type RunCalls = 'activeRuns' | 'dueRuns' | 'scheduledRunPages' | 'scheduledRunCount' | 'flowRunHistory';

function runCalls(
  api: ReturnType<typeof createApi>,
  page: <Row>(call: Call<Row[]>, body: object) => Promise<Page<Row>>,
): Pick<PrefectClient, RunCalls> {
  const runs = (runList: Parameters<typeof runPages>[0]) =>
    runPages(runList, (query) => page(calls.flowRuns, query));
  return {
    activeRuns: () => collectPages(runs(runLists.active(maxPages))),
    dueRuns: (atOrBefore) => collectPages(runs(runLists.due(atOrBefore, maxPages))),
    scheduledRunPages: (atOrAfter) => runs(runLists.next(atOrAfter, maxNextRunPages)),
    scheduledRunCount: () =>
      api.post(calls.flowRunCount, { flow_runs: { state: { type: { any_: ['SCHEDULED'] } } } }),
    flowRunHistory: ({ start, end, intervalSeconds }) =>
      api.post(calls.flowRunHistory, {
        history_start: start,
        history_end: end,
        // Servers read the first name, Cloud requires the second.
        history_interval_seconds: intervalSeconds,
        history_interval: intervalSeconds,
        // The same window again: without it the server's plan takes 30 times as long.
        flow_runs: { expected_start_time: { after_: start, before_: end } },
      }),
  };
}

const below = (workPool: string, path: string) => ({
  path: `work_pools/${encodeURIComponent(workPool)}/${path}`,
  endpoint: `work_pools/{name}/${path}`,
});

const calls = {
  flowRuns: { path: 'flow_runs/filter', schema: z.array(schemas.flowRun), rank: rank.runs },
  flowsOfRuns: { path: 'flow_runs/filter', schema: z.array(schemas.flowOfRun), rank: rank.names },
  flowRunCount: { path: 'flow_runs/count', schema: schemas.total, rank: rank.runs },
  flowRunHistory: { path: 'flow_runs/history', schema: z.array(schemas.historyBucket), rank: rank.runs },
  flows: { path: 'flows/filter', schema: z.array(schemas.flow), rank: rank.names },
  deployments: { path: 'deployments/filter', schema: z.array(schemas.deployment), rank: rank.names },
  workPools: { path: 'work_pools/filter', schema: z.array(schemas.workPool), rank: rank.others },
  workQueues: { path: 'work_queues/filter', schema: z.array(schemas.workQueue), rank: rank.others },
  workQueuesOf: (workPool: string) => ({
    ...below(workPool, 'queues/filter'),
    schema: z.array(schemas.workQueue),
    rank: rank.others,
  }),
  workersOf: (workPool: string) => ({
    ...below(workPool, 'workers/filter'),
    schema: z.array(schemas.worker),
    rank: rank.workers,
  }),
  concurrencyLimits: {
    path: 'v2/concurrency_limits/filter',
    schema: z.array(schemas.concurrencyLimit),
    rank: rank.others,
  },
  automationCount: { path: 'automations/count', schema: schemas.total, rank: rank.others },
  serverVersion: { path: 'admin/version', schema: schemas.versionText, rank: rank.names },
  cloudWorkspaces: { path: 'me/workspaces', schema: z.array(schemas.cloudWorkspace), rank: rank.runs },
};
