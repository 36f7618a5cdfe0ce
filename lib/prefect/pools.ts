import { HttpStatusError } from '../http/errors.ts';
import type { PrefectClient } from './client.ts';
import { createGate } from './gate.ts';
import type { WorkPool, WorkQueue } from './model.ts';
import { ListChangedError } from './pages.ts';
import type { PoolWorkers } from './resources.ts';

const maxPoolsAtOnce = 4;

/** Cloud submits the runs of push and managed pools itself; agents are not workers. */
const hasWorkers = ({ type }: WorkPool): boolean =>
  !type.endsWith(':push') && !type.endsWith(':managed') && type !== 'prefect-agent';

export async function readWorkers(
  pools: readonly WorkPool[],
  client: Pick<PrefectClient, 'workersOf' | 'workPools'>,
): Promise<readonly PoolWorkers[]> {
  return readEachPool(pools.filter(hasWorkers), client, async ({ name }) => ({
    work_pool: name,
    workers: await client.workersOf(name),
  }));
}

/**
 * All queues by one list; where its order does not hold (many pools, each with a `default`), pool by pool.
 */
export async function readWorkQueues(
  client: Pick<PrefectClient, 'workQueues' | 'workQueuesOf' | 'workPools'>,
  readPools: () => Promise<readonly WorkPool[]>,
): Promise<readonly WorkQueue[]> {
  try {
    return await client.workQueues();
  } catch (error) {
    if (!(error instanceof ListChangedError)) throw error;
    const lists = await readEachPool(await readPools(), client, ({ name }) => client.workQueuesOf(name));
    return lists.flat();
  }
}

/** What `read` gives for each pool; a pool that was deleted meanwhile is left out. */
async function readEachPool<Value>(
  pools: readonly WorkPool[],
  client: Pick<PrefectClient, 'workPools'>,
  read: (pool: WorkPool) => Promise<Value>,
): Promise<readonly Value[]> {
  const gate = createGate(maxPoolsAtOnce);
  const notFound = new Map<string, HttpStatusError>();
  const readUnlessGone = async (pool: WorkPool): Promise<readonly Value[]> => {
    try {
      return [await read(pool)];
    } catch (error) {
      if (!(error instanceof HttpStatusError) || error.status !== 404) throw error;
      notFound.set(pool.name, error);
      return [];
    }
  };
  const values = await Promise.all(pools.map((pool) => gate.run(() => readUnlessGone(pool), 0)));
  await confirmGone(notFound, client);
  return values.flat();
}

/** A 404 of a pool that is still listed has another reason, and the list is not whole. */
async function confirmGone(
  notFound: ReadonlyMap<string, HttpStatusError>,
  client: Pick<PrefectClient, 'workPools'>,
): Promise<void> {
  if (notFound.size === 0) return;
  const listed = await client.workPools([...notFound.keys()]);
  for (const { name } of listed) {
    const error = notFound.get(name);
    if (error !== undefined) throw error;
  }
}
