import type { FinishedTaskRun } from './model.ts';
import type { NamedFinishedTaskRun } from './resources.ts';

interface Flowed extends FinishedTaskRun {
  readonly flow_id: string;
}

/**
 * Task runs with the names of their flows: by their labels, else by their flow runs, else `''`. One whose flow is gone
 * is left out: it was deleted with it.
 */
export async function nameTaskRuns(
  taskRuns: readonly FinishedTaskRun[],
  source: {
    flowsOfRuns(ids: readonly string[]): Promise<ReadonlyMap<string, string>>;
    withFlows(taskRuns: readonly Flowed[]): Promise<readonly NamedFinishedTaskRun[]>;
  },
): Promise<readonly NamedFinishedTaskRun[]> {
  const unlabelled = taskRuns.flatMap(({ flow_id, flow_run_id }) =>
    flow_id === null && flow_run_id !== null ? [flow_run_id] : [],
  );
  const flowOf = unlabelled.length === 0 ? new Map() : await source.flowsOfRuns([...new Set(unlabelled)]);
  const known: Flowed[] = [];
  const unknown: NamedFinishedTaskRun[] = [];
  for (const run of taskRuns) {
    const flowId: string | undefined = run.flow_id ?? flowOf.get(run.flow_run_id ?? '');
    if (flowId === undefined) unknown.push({ ...run, flow: '' });
    else known.push({ ...run, flow_id: flowId });
  }
  return [...(await source.withFlows(known)), ...unknown];
}
