import { addRun, moveRun } from '../doubles/prefect/additions.ts';
import type { Workspace } from '../doubles/prefect/workspace.ts';

/** So many running runs complete 20 s before an instant, and as many others begin. */
export function endSome(workspace: Workspace, instantMs: number, count: number): void {
  const running = [...workspace.runs.values()].filter(({ state }) => state.type === 'RUNNING');
  for (const run of running.slice(0, count)) {
    const endUs = (instantMs - 20_000) * 1_000;
    moveRun(workspace, run, { type: 'COMPLETED', timestampUs: endUs });
    const flow = workspace.flows.get(run.flowId);
    const deployment = workspace.deployments.get(run.deploymentId ?? '');
    if (flow !== undefined)
      addRun(workspace, { flow, deployment, state: { type: 'RUNNING', timestampUs: endUs } });
  }
}
