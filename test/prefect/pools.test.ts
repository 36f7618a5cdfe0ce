import { describe, expect, it } from 'vitest';
import { HttpStatusError } from '../../lib/http/errors.ts';
import { ListChangedError } from '../../lib/prefect/pages.ts';
import { readWorkers, readWorkQueues } from '../../lib/prefect/pools.ts';
import { createFakePrefect, type Routes, type Sent, Status } from './fake-send.ts';
import { poolRow, queueRow, workerRow } from './rows.ts';

const pool = (name: string, type = 'kubernetes') => ({ ...poolRow(name, type), status: 'READY' });

describe('readWorkers', () => {
  it('asks only pools that have workers', async () => {
    const pools = [
      pool('k8s'),
      pool('local', 'process'),
      pool('a', 'ecs:push'),
      pool('b', 'cloud-run-v2:push'),
      pool('c', 'prefect:managed'),
      pool('d', 'prefect-agent'),
    ];
    const { client, paths } = createFakePrefect({
      'work_pools/k8s/workers/filter': [workerRow('w1'), workerRow('w2')],
      'work_pools/local/workers/filter': [],
    });
    const lists = await readWorkers(pools, client);
    expect(lists.map(({ work_pool, workers }) => [work_pool, workers.map(({ name }) => name)])).toEqual([
      ['k8s', ['w1', 'w2']],
      ['local', []],
    ]);
    expect(paths()).toEqual(['work_pools/k8s/workers/filter', 'work_pools/local/workers/filter']);
  });

  it('asks at most four pools at a time', async () => {
    let running = 0;
    let most = 0;
    const client = {
      workPools: async () => [],
      async workersOf() {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
        return [];
      },
    };
    const pools = Array.from({ length: 10 }, (_, index) => pool(`pool-${index}`));
    expect(await readWorkers(pools, client)).toHaveLength(10);
    expect(most).toBe(4);
  });

  it('leaves out a pool that was deleted meanwhile', async () => {
    const { client, sent } = createFakePrefect({
      'work_pools/k8s/workers/filter': [workerRow('w1')],
      'work_pools/filter': [],
    });
    const lists = await readWorkers([pool('gone'), pool('k8s')], client);
    expect(lists.map(({ work_pool }) => work_pool)).toEqual(['k8s']);
    expect(sent.at(-1)).toMatchObject({
      path: 'work_pools/filter',
      body: { work_pools: { name: { any_: ['gone'] } } },
    });
  });

  it('fails on a 404 for a pool that is still there', async () => {
    const { client } = createFakePrefect({ 'work_pools/filter': [poolRow('k8s')] });
    await expect(readWorkers([pool('k8s')], client)).rejects.toThrow(HttpStatusError);
  });

  it('fails when one pool fails', async () => {
    const { client } = createFakePrefect({
      'work_pools/a/workers/filter': [],
      'work_pools/b/workers/filter': () => {
        throw new Status(500);
      },
    });
    await expect(readWorkers([pool('a'), pool('b')], client)).rejects.toThrow('status 500');
  });
});

describe('readWorkQueues', () => {
  const queues = ['a', 'b', 'c'].map((name) => queueRow(`q-${name}`, name));
  const read = (routes: Routes) => {
    const fake = createFakePrefect(routes, { pageSize: 2 });
    return { ...fake, result: readWorkQueues(fake.client, fake.client.workPools) };
  };
  const offsetOf = ({ body }: Sent) => (body as { offset: number }).offset;

  it('needs no list of pools while the order holds', async () => {
    const { result, paths } = read({
      'work_queues/filter': (sent: Sent) => queues.slice(offsetOf(sent), offsetOf(sent) + 2),
    });
    expect((await result).map(({ id }) => id)).toEqual(['q-a', 'q-b', 'q-c']);
    expect(new Set(paths())).toEqual(new Set(['work_queues/filter']));
  });

  it('reads pool by pool when the order of equal names differs between pages', async () => {
    let calls = 0;
    const unsteady = (sent: Sent) => {
      calls += 1;
      const order = calls % 2 === 0 ? [...queues].reverse() : queues;
      return order.slice(offsetOf(sent), offsetOf(sent) + 2);
    };
    const { result } = read({
      'work_queues/filter': unsteady,
      'work_pools/filter': (sent: Sent) =>
        [poolRow('a'), poolRow('b'), poolRow('c')].slice(offsetOf(sent), offsetOf(sent) + 2),
      'work_pools/a/queues/filter': [queueRow('q-a', 'a')],
      'work_pools/b/queues/filter': [queueRow('q-b', 'b')],
      'work_pools/c/queues/filter': [queueRow('q-c', 'c')],
    });
    expect((await result).map(({ id }) => id)).toEqual(['q-a', 'q-b', 'q-c']);
  });

  it('passes on any other failure', async () => {
    const { result, paths } = read({
      'work_queues/filter': () => {
        throw new Status(500);
      },
    });
    await expect(result).rejects.toThrow('status 500');
    expect(paths()).toEqual(['work_queues/filter']);
  });

  it('fails when the queues of one pool change all the time too', async () => {
    let calls = 0;
    const unsteady = (sent: Sent) => {
      calls += 1;
      return (calls % 2 === 0 ? [...queues].reverse() : queues).slice(offsetOf(sent), offsetOf(sent) + 2);
    };
    const { result } = read({
      'work_queues/filter': unsteady,
      'work_pools/filter': [poolRow('a')],
      'work_pools/a/queues/filter': unsteady,
    });
    await expect(result).rejects.toThrow(ListChangedError);
  });
});
