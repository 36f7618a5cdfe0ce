import {
  addDeployment,
  addFlow,
  addRun,
  addWorkPool,
  addWorkQueue,
  heartbeat,
} from '../../doubles/prefect/additions.ts';
import { createWorkspace, type Workspace } from '../../doubles/prefect/workspace.ts';
import type { Clock } from '../../lib/clock.ts';

/**
 * One pool with a worker, and `deployments` deployments, ten to a flow, each with a run that is running. Names are
 * as long as those of real workspaces.
 */
export function ordinaryWorkspace(clock: Pick<Clock, 'now'>, { deployments = 2 } = {}): Workspace {
  const workspace = createWorkspace({ clock });
  const pool = addWorkPool(workspace, { name: 'kubernetes-production' });
  const queue = addWorkQueue(workspace, { name: 'high-priority', workPoolId: pool.id });
  heartbeat(workspace, pool, { name: 'worker-1' });
  const flows = Array.from({ length: Math.ceil(deployments / 10) }, (_, index) =>
    addFlow(workspace, { name: `warehouse-sync-${index}` }),
  );
  for (const [flowIndex, flow] of flows.entries()) {
    for (let index = 0; index < Math.min(10, deployments - flowIndex * 10); index += 1) {
      const name = `region-${index}-hourly`;
      const deployment = addDeployment(workspace, { name, flow, queue, tags: ['team:data'] });
      addRun(workspace, { flow, deployment, state: { type: 'RUNNING' } });
    }
  }
  return workspace;
}
