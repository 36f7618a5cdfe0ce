import { afterAll, beforeAll, describe } from 'vitest';
import { prefectRequests } from '../support/prefect-requests.ts';
import { makeSmallWorkload } from '../support/small-workload.ts';
import { workloadWriter } from '../support/workload.ts';
import { eventCases, finishedCases } from './prefect-finished-cases.ts';
import { historyCases, objectCases } from './prefect-object-cases.ts';
import { guardCases, limitCases, protocolCases } from './prefect-protocol-cases.ts';
import { runCases } from './prefect-run-cases.ts';
import type { PrefectContract, Scene, SceneOf } from './prefect-scene.ts';

/** What this program relies on in a Prefect API: the same cases for the double and for real servers. */
export function prefectApiContract(contract: PrefectContract): void {
  describe.skipIf(contract.skip)(`Prefect API: ${contract.name}`, () => {
    const sceneOf = makeScene(contract);
    runCases(sceneOf, contract.major);
    historyCases(sceneOf);
    objectCases(sceneOf, contract.major);
    protocolCases(sceneOf, contract.major);
    limitCases(contract);
    guardCases(contract);
    finishedCases(contract);
    eventCases(contract);
  });
}

/** One server and one workload for all cases that only read. */
function makeScene(contract: PrefectContract): SceneOf {
  const { major } = contract;
  let scene: Scene | undefined;
  beforeAll(async () => {
    const server = await contract.start();
    const api = prefectRequests(server.apiUrl);
    const workload = await makeSmallWorkload(workloadWriter(api), { nowMs: server.nowMs(), major });
    scene = { server, api, workload };
  });
  afterAll(() => scene?.server.stop());
  return () => {
    if (scene === undefined) throw new Error('the scene is made in a hook');
    return scene;
  };
}
