// 100,000 finished runs behind, on a PostgreSQL-backed Prefect with 1,000,000 runs.
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { bundling } from '../scripts/build-bundles.ts';
import { prefectRequests } from '../test/support/prefect-requests.ts';
import { startPrefect } from '../test/support/real/prefect.ts';
import { requireServer } from '../test/support/real/require-server.ts';
import { startVictoriaMetrics } from '../test/support/real/victoria-metrics.ts';
import { workloadWriter } from '../test/support/workload.ts';
import { type Bench, table } from './bench.ts';
import { type Postgres, startPostgres } from './postgres.ts';
import { type TickAtResult, tickAt } from './tick-at-process.ts';

const minuteMs = 60_000;
const allRuns = 1_000_000;
const runsBehind = 100_000;
const hoursBehind = 10;
const deployments = 200;
const maxTicks = 12;

export const createCatchUpBench = (): Bench => ({
  name: 'catch-up',
  onRequest: true,
  async run() {
    const prefect3 = await requireServer('prefect-3');
    const victoria = await requireServer('victoria-metrics');
    const folder = await mkdtemp(join(tmpdir(), 'catch-up-'));
    const postgres = await startPostgres();
    const settings = { PREFECT_API_DATABASE_CONNECTION_URL: postgres.prefectUrl };
    const prefect = await startPrefect(prefect3, { settings });
    const receiver = await startVictoriaMetrics(victoria);
    try {
      const outfile = join(folder, 'tick-at.mjs');
      await build({ ...bundling, entryPoints: ['bench/tick-at.ts'], outfile });
      const nowMs = Math.floor(Date.now() / minuteMs) * minuteMs - (maxTicks + 2) * minuteMs;
      await fill(prefect.apiUrl, postgres, nowMs);
      const results = await catchUp(pathToFileURL(outfile), folder, nowMs, {
        apiUrl: prefect.apiUrl,
        writeUrl: receiver.writeUrl,
      });
      await receiver.flush();
      const [counted] = await receiver.queryInstant(
        'sum(last_over_time(prefect_flow_runs_finished_total[1h]))',
        nowMs + (maxTicks + 1) * minuteMs,
      );
      const { size } = await stat(join(folder, 'ledger.json.gz'));
      const total = `counted at the receiver: ${counted?.value}; document ${(size / 1_000).toFixed(0)} kB`;
      return `${runsBehind} of ${allRuns} finished runs behind, ${deployments} deployments, 55 s a tick\n\n${results}\n\n${total}`;
    } finally {
      await receiver.stop();
      await prefect.stop();
      await postgres.stop();
      await rm(folder, { recursive: true, force: true });
    }
  },
});

/** The first tick `hoursBehind` ago begins the ledger; then one after the other, until the cursor is there. */
async function catchUp(
  file: URL,
  folder: string,
  nowMs: number,
  { apiUrl, writeUrl }: { apiUrl: string; writeUrl: string },
): Promise<string> {
  const env = {
    PREFECT_API_URL: apiUrl,
    REMOTE_WRITE_URL: writeUrl,
    STORE: `file:${join(folder, 'ledger.json.gz')}`,
  };
  const rows: string[][] = [];
  for (let tick = -1; tick <= maxTicks; tick += 1) {
    const instantMs = tick < 0 ? nowMs - hoursBehind * 60 * minuteMs : nowMs + tick * minuteMs;
    const result = await tickAt(file, { env, instantMs, budgetMs: 55_000 });
    rows.push(row(tick, result));
    if (tick > 0 && Date.parse(result.ledger?.cursor ?? '') === instantMs) break;
  }
  const head = [
    'tick',
    'read',
    'requests',
    'pages',
    'counts',
    'read MB',
    'peak RSS',
    'CPU',
    'push',
    'cursor',
  ];
  return table([head, ...rows]);
}

function row(tick: number, result: TickAtResult): string[] {
  const times = (endpoint: string) =>
    Object.entries(result.byEndpoint)
      .filter(([key]) => key.startsWith(endpoint))
      .reduce((sum, [, count]) => sum + count, 0);
  return [
    tick < 0 ? 'first' : String(tick),
    `${(result.readMs / 1_000).toFixed(1)} s`,
    String(result.reads),
    String(times('flow_runs/filter')),
    String(times('flow_runs/count')),
    (result.readBytes / 1e6).toFixed(0),
    `${result.peakRssMb.toFixed(0)} MB`,
    `${result.cpuMs} ms`,
    `${result.pushMs} ms`,
    result.ledger?.cursor ?? result.failed.join('; '),
  ];
}

async function fill(apiUrl: string, postgres: Postgres, nowMs: number): Promise<void> {
  const writer = workloadWriter(prefectRequests(apiUrl));
  await writer.pool('k8s');
  for (let index = 0; index < deployments; index += 1) {
    const flow =
      index % 10 === 0
        ? await writer.flow(`flow-${index / 10}`)
        : await writer.flow(`flow-${Math.floor(index / 10)}`);
    const deploymentId = await writer.deployment(flow, `deployment-${index}`, { pool: 'k8s' });
    if (index > 0) continue;
    const states = [{ type: 'PENDING' }, { type: 'RUNNING' }, { type: 'COMPLETED' }] as const;
    await writer.run({ deploymentId }, { name: 'template', states });
  }
  await postgres.sql(insertRuns(nowMs));
  await postgres.sql('vacuum analyze');
}

/** Copies of the template run and its state: the newest `runsBehind` end within the last hours, the others before. */
const insertRuns = (nowMs: number): string => `
-- Runs and their states point to each other.
set session_replication_role = replica;
create temp table template as select * from flow_run where name = 'template';
create temp table template_state as select s.* from flow_run_state s join template t on s.id = t.state_id;
create temp table owner as
  select id as deployment_id, flow_id, work_queue_id, row_number() over (order by name) - 1 as n from deployment;
create temp table made as
  select gen_random_uuid() as id, gen_random_uuid() as state_id, o.deployment_id, o.flow_id, o.work_queue_id,
    case when i % 20 = 0 then 'FAILED' else 'COMPLETED' end as type,
    case when i % 20 = 0 then 'Failed' else 'Completed' end as name,
    case when i < ${runsBehind}
      then to_timestamp(${nowMs / 1000}) - i * interval '${hoursBehind} hours' / ${runsBehind}
      else to_timestamp(${nowMs / 1000}) - interval '${hoursBehind} hours 1 second'
        - (i - ${runsBehind}) * interval '90 days' / ${allRuns - runsBehind} end as end_time
  from generate_series(0, ${allRuns - 1}) as i join owner o on o.n = i % ${deployments};
${copyInto('flow_run_state', 'template_state', {
  id: 'm.state_id',
  flow_run_id: 'm.id',
  type: 'm.type::state_type',
  name: 'm.name',
  timestamp: 'm.end_time',
})}
${copyInto('flow_run', 'template', {
  id: 'm.id',
  name: "'run'",
  state_id: 'm.state_id',
  state_type: 'm.type::state_type',
  state_name: 'm.name',
  state_timestamp: 'm.end_time',
  deployment_id: 'm.deployment_id',
  flow_id: 'm.flow_id',
  work_queue_id: 'm.work_queue_id',
  end_time: 'm.end_time',
  start_time: "m.end_time - interval '60 seconds'",
  expected_start_time: "m.end_time - interval '62 seconds'",
  total_run_time: "interval '60 seconds'",
})}
`;

/** An insert that takes every column of the template but these, whatever columns this server version has. */
const copyInto = (target: string, template: string, columns: Readonly<Record<string, string>>): string => `
do $$
declare names text; vals text;
begin
  select string_agg(quote_ident(column_name), ','), string_agg(coalesce(
      ('${JSON.stringify(columns).replaceAll("'", "''")}'::jsonb ->> column_name),
      't.' || quote_ident(column_name)), ',')
    into names, vals from information_schema.columns
    where table_schema = 'public' and table_name = '${target}' and is_generated = 'NEVER';
  execute format('insert into ${target} (%s) select %s from made m, ${template} t', names, vals);
end $$;`;
