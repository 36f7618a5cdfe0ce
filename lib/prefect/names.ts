import type { PrefectClient } from './client.ts';
import type { Flow, FlowRun } from './model.ts';
import type { NamedDeployment } from './resources.ts';

/**
 * Lists are read side by side, so a row may point to something that was made after its list was read. Such ids
 * are asked for once, all together. What is unknown even then is gone: deleting a flow deletes its deployments and
 * runs, so those are left out; deleting a deployment leaves its runs, which keep the id without a deployment.
 */

export type NameSource = Pick<PrefectClient, 'flows' | 'deployments'>;

/** What is whole of flows and deployments. */
export interface KnownNames {
  readonly flows: readonly Flow[];
  readonly deployments: readonly NamedDeployment[];
}

/** Active and due runs, each once; a run in both lists was started between, and is active. */
export const eachOnce = (active: readonly FlowRun[], due: readonly FlowRun[]): readonly FlowRun[] => [
  ...new Map([...due, ...active].map((run) => [run.id, run])).values(),
];

interface Run {
  readonly flow_id: string;
  readonly deployment_id: string | null;
}

type Named<Row> = Row & { readonly flow: string; readonly deployment: NamedDeployment | undefined };

/** Runs with their names, in their order. */
export async function nameRuns<Row extends Run>(
  runs: readonly Row[],
  known: KnownNames,
  source: NameSource,
): Promise<readonly Named<Row>[]> {
  const deployments = new Map(known.deployments.map((deployment) => [deployment.id, deployment]));
  const unknown = missing(
    runs.flatMap(({ deployment_id: id }) => id ?? []),
    deployments,
  );
  const added = unknown.length === 0 ? [] : await source.deployments(unknown);
  const flows = await flowNames([...runs, ...added], known.flows, source);
  for (const deployment of withFlow(added, flows)) deployments.set(deployment.id, deployment);
  return withFlow(runs, flows).map((run) => ({
    ...run,
    deployment: run.deployment_id === null ? undefined : deployments.get(run.deployment_id),
  }));
}

/** Rows with the names of their flows, in their order. */
export const nameFlows = async <Row extends { readonly flow_id: string }>(
  rows: readonly Row[],
  flows: readonly Flow[],
  source: Pick<NameSource, 'flows'>,
): Promise<readonly (Row & { readonly flow: string })[]> =>
  withFlow(rows, await flowNames(rows, flows, source));

async function flowNames(
  rows: readonly { readonly flow_id: string }[],
  flows: readonly Flow[],
  source: Pick<NameSource, 'flows'>,
): Promise<ReadonlyMap<string, string>> {
  const names = new Map(flows.map(({ id, name }) => [id, name]));
  const unknown = missing(
    rows.map(({ flow_id }) => flow_id),
    names,
  );
  if (unknown.length > 0) for (const { id, name } of await source.flows(unknown)) names.set(id, name);
  return names;
}

const missing = (ids: readonly string[], known: ReadonlyMap<string, unknown>): string[] => [
  ...new Set(ids.filter((id) => !known.has(id))),
];

const withFlow = <Row extends { readonly flow_id: string }>(
  rows: readonly Row[],
  names: ReadonlyMap<string, string>,
): (Row & { readonly flow: string })[] =>
  rows.flatMap((row) => {
    const flow = names.get(row.flow_id);
    return flow === undefined ? [] : [{ ...row, flow }];
  });
