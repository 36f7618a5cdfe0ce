import { type PrefectDouble, startPrefectDouble } from '../../doubles/prefect/api.ts';
import { createWorkspace } from '../../doubles/prefect/workspace.ts';
import type { ContractOptions, ContractServer } from '../contracts/prefect-scene.ts';
import { createFakeClock } from './clock.ts';

/** An empty, writable double whose clock moves some milliseconds and microseconds with each request. */
export async function startContractDouble(
  version: string,
  options: ContractOptions & { readonly nowMs?: number } = {},
): Promise<ContractServer & { readonly double: PrefectDouble }> {
  const { csrf, authString, defaultLimit, events, nowMs } = options;
  const clock = createFakeClock(nowMs === undefined ? {} : { nowMs });
  const double = await startPrefectDouble({
    workspace: createWorkspace({ clock }),
    clock,
    version,
    writable: true,
    ...(csrf && { csrf: {} }),
    ...(authString !== undefined && { auth: authString }),
    ...(defaultLimit !== undefined && { pageLimit: defaultLimit }),
    ...(events !== undefined && { keepsEvents: events }),
    beforeAnswer: () => clock.advance(7.123),
  });
  return { apiUrl: double.apiUrl, nowMs: clock.now, stop: double.stop, double };
}
