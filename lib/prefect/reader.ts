import type { PrefectClient } from './client.ts';
import { editionOf } from './edition.ts';
import { historyWindow } from './history-window.ts';
import { nameDeployments, nameRuns } from './names.ts';
import { findNextRuns } from './next-runs.ts';
import { readWorkers, readWorkQueues } from './pools.ts';
import type { ResourceName, ResourceReader, Resources } from './resources.ts';
import { fromMilliseconds } from './timestamps.ts';
import { readServer, readWorkspace, type WorkspaceCache } from './workspace.ts';

export interface ReaderOptions {
  readonly client: PrefectClient;
  readonly apiUrl: URL;
  /** The tick's instant, ms since the Unix epoch. */
  readonly nowMs: number;
  readonly historyWindowMinutes: number;
  /** WORKSPACE; undefined: the name is found out. */
  readonly workspaceName: string | undefined;
  readonly cache: WorkspaceCache;
}

/** A resource could not be read because one it is made from could not; the cause is that one's error. */
export class DependencyError extends Error {
  override readonly name = 'DependencyError';
  readonly resource: ResourceName;
  readonly dependency: ResourceName;

  constructor(resource: ResourceName, dependency: ResourceName, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`${resource} need ${dependency}: ${reason}`, { cause });
    this.resource = resource;
    this.dependency = dependency;
  }
}

/** Asking for a resource again gives the same promise. */
export interface PrefectReader extends ResourceReader {
  /** What the newest answer's `Date` says, ms since the Unix epoch, whole seconds; undefined before the first. */
  serverTimeMs(): number | undefined;
}

type Readers = { readonly [Name in ResourceName]: () => Promise<Resources[Name]> };

/** Reads the resources of one tick, each at most once, each settled alone. */
export function createResourceReader(options: ReaderOptions): PrefectReader {
  const get = <Name extends ResourceName>(name: Name): Promise<Resources[Name]> => readers[name]();
  const readers = createReaders(options, (resource, dependency) =>
    get(dependency).catch((error: unknown) => {
      throw new DependencyError(resource, dependency, error);
    }),
  );
  return { get, serverTimeMs: options.client.serverTimeMs };
}

function once<Value>(read: () => Promise<Value>): () => Promise<Value> {
  let promise: Promise<Value> | undefined;
  return () => {
    promise ??= read();
    return promise;
  };
}

type Need = <Dependency extends ResourceName>(
  resource: ResourceName,
  dependency: Dependency,
) => Promise<Resources[Dependency]>;

function createReaders({ client, nowMs, cache, ...options }: ReaderOptions, need: Need): Readers {
  const now = fromMilliseconds(nowMs);
  const { apiUrl, workspaceName: configuredName } = options;
  const edition = editionOf(apiUrl);
  let due: Promise<unknown> | undefined;
  return {
    // After the due runs, if anyone asks for those: a run that starts meanwhile is then in both lists, where the
    // other order could lose it between them.
    activeRuns: once(async () => {
      await Promise.resolve();
      await due?.catch(() => undefined);
      return client.activeRuns();
    }),
    dueRuns: once(() => {
      const runs = client.dueRuns(now);
      due = runs;
      return runs;
    }),
    scheduledRunCount: once(() => client.scheduledRunCount()),
    flowRunHistory: once(() => client.flowRunHistory(historyWindow(nowMs, options.historyWindowMinutes))),
    flows: once(() => client.flows()),
    workPools: once(() => client.workPools()),
    concurrencyLimits: once(() => client.concurrencyLimits()),
    automationCount: once(() => client.automationCount()),
    server: once(() => readServer(edition, nowMs, cache, client)),
    workspace: once(() => readWorkspace({ apiUrl, edition, configuredName }, cache, client)),
    workQueues: once(() => readWorkQueues(client, () => need('workQueues', 'workPools'))),
    workers: once(async () => readWorkers(await need('workers', 'workPools'), client)),
    nextRuns: once(async () =>
      findNextRuns(client.scheduledRunPages(now), await need('nextRuns', 'deployments')),
    ),
    deployments: once(async () => {
      const [deployments, flows] = await Promise.all([client.deployments(), need('deployments', 'flows')]);
      return nameDeployments(deployments, flows, client);
    }),
    openRuns: once(async () => {
      const [active, due, flows, deployments] = await Promise.all([
        need('openRuns', 'activeRuns'),
        need('openRuns', 'dueRuns'),
        need('openRuns', 'flows'),
        need('openRuns', 'deployments'),
      ]);
      return nameRuns({ active, due }, { flows, deployments }, client);
    }),
    finishedRuns: notYet('finishedRuns'),
    finishedTaskRuns: notYet('finishedTaskRuns'),
    recentRuns: notYet('recentRuns'),
    eventCounts: notYet('eventCounts'),
  };
}

const notYet = (name: ResourceName) => () => Promise.reject(new Error(`${name} cannot be read yet`));
