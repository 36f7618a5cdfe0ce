import { type BulkRun, insertRuns } from './bulk-rows.ts';
import { prefectRequests } from './prefect-requests.ts';
import { changeRows } from './real/change-rows.ts';
import type { PrefectAddress } from './real/prefect.ts';
import { workloadWriter } from './workload.ts';

export interface PastOptions {
  readonly deployments: number;
  readonly days: number;
  /** Between two runs of a deployment. */
  readonly everyMinutes: number;
  /** The newest run ends before it, ms since the Unix epoch. */
  readonly endMs: number;
}

const dayMs = 86_400_000;
const deploymentsOfFlow = 4;

/** Deployments that have been there for longer than a period in which each ran again and again, one in ten in vain. */
export async function makePast(prefect: PrefectAddress, options: PastOptions): Promise<void> {
  const writer = workloadWriter(prefectRequests(prefect.apiUrl));
  const { deployments, days, endMs } = options;
  const pools = ['kubernetes', 'process', 'ecs'];
  for (const pool of pools) await writer.pool(`${pool}-pool`, { type: pool });
  let flowId = '';
  for (let index = 0; index < deployments; index += 1) {
    if (index % deploymentsOfFlow === 0) flowId = await writer.flow(`flow-${index / deploymentsOfFlow}`);
    const pool = `${pools[index % pools.length]}-pool`;
    const deploymentId = await writer.deployment(flowId, `deployment-${index}`, { pool });
    const template = await writer.run(
      { deploymentId },
      { name: 'template', states: [{ type: 'SCHEDULED' }, { type: 'RUNNING' }, { type: 'COMPLETED' }] },
    );
    insertRuns(prefect.databasePath, template, runsOf(index, options));
  }
  const created = new Date(endMs - 2 * days * dayMs).toISOString().replace('T', ' ').replace('Z', '000');
  changeRows(prefect.databasePath, [
    ['UPDATE deployment SET created = ?', created],
    ["DELETE FROM flow_run WHERE name = 'template'"],
  ]);
}

function runsOf(deployment: number, { days, everyMinutes, endMs }: PastOptions): BulkRun[] {
  const everyMs = everyMinutes * 60_000;
  const count = Math.floor((days * dayMs) / everyMs);
  return Array.from({ length: count }, (_, index) => {
    const place = deployment * 7 + index;
    const runSeconds = 5 + ((place * 37) % 900);
    // Spread over the time between two runs, to the millisecond.
    const runEndMs = endMs - 1 - index * everyMs - ((place * 7_919_003) % (everyMs - 1));
    const startMs = runEndMs - runSeconds * 1000;
    const failed = place % 10 === 0;
    return {
      name: `run-${index}`,
      stateType: failed ? 'FAILED' : 'COMPLETED',
      stateName: failed ? 'Failed' : 'Completed',
      expectedStartMs: startMs - ((place * 13) % 90) * 1000,
      startMs,
      endMs: runEndMs,
      runSeconds,
    };
  });
}
