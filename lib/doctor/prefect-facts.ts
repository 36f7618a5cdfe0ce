import type { ResourceName, Resources } from '../prefect/resources.ts';
import type { Probes } from './probes.ts';

type Describe = { [Name in ResourceName]?: (value: Resources[Name]) => string };

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** Names a user knows are the proof that it is his workspace. */
const counts: Describe = {
  deployments: ({ length }) => plural(length, 'deployment'),
  flows: ({ length }) => plural(length, 'flow'),
  workPools: ({ length }) => plural(length, 'work pool'),
  workQueues: ({ length }) => plural(length, 'work queue'),
  workers: (pools) => {
    const online = pools.flatMap(({ workers }) => workers).filter(({ status }) => status === 'ONLINE');
    return `${plural(online.length, 'worker')} online`;
  },
  openRuns: ({ length }) => plural(length, 'open run'),
};

/** What was read, in a few lines. Every resource here is already settled. */
export async function prefectFacts(
  names: readonly ResourceName[],
  { reader, exchanges }: Probes,
  durationMs: number,
): Promise<readonly string[]> {
  const read = async <Name extends ResourceName>(name: Name): Promise<Resources[Name] | undefined> =>
    names.includes(name) ? reader.get(name).catch(() => undefined) : undefined;
  const describe = async <Name extends ResourceName>(name: Name): Promise<readonly string[]> => {
    const value = await read(name);
    const say = counts[name];
    return value === undefined || say === undefined ? [] : [say(value)];
  };
  const [workspace, server] = [await read('workspace'), await read('server')];
  const found = [
    ...(await describe('deployments')),
    ...(await describe('flows')),
    ...(await describe('workPools')),
    ...(await describe('workQueues')),
    ...(await describe('workers')),
    ...(await describe('openRuns')),
  ];
  const edition =
    server?.edition === 'cloud' ? 'Prefect Cloud' : `self-hosted server ${server?.version ?? ''}`.trimEnd();
  return [
    `${edition}, workspace ${workspace?.name ?? '(not known)'}`,
    ...(found.length === 0 ? [] : [found.join(', ')]),
    `${plural(exchanges().length, 'request')} in ${(durationMs / 1000).toFixed(1)} s`,
  ];
}
