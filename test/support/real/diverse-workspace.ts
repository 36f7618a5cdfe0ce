import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { makeLargeWorkload } from '../large-workload.ts';
import { type PrefectRequests, prefectRequests } from '../prefect-requests.ts';
import { type DeploymentPlan, type StatePlan, type WorkloadWriter, workloadWriter } from '../workload.ts';
import { type Change, changeRows, sqlTimestamp } from './change-rows.ts';
import type { PrefectAddress } from './prefect.ts';

export interface DiverseOptions {
  readonly major: 2 | 3;
  /** The instant of the ticks to come; some rows are put on it and a µs beside it. */
  readonly instantMs: number;
  /** Runs in all, about. */
  readonly runs: number;
}

const apiRuns = 60;

/**
 * A workspace with everything that families tell apart: 5 pools (process, kubernetes, push, agent, a paused one)
 * with 19 queues, over 40 deployments under the same few names, runs in every state, also with names Prefect does
 * not know, subflows, runs for a flow alone, runs of deployments and queues that are gone, limits of every kind,
 * workers that live and do not.
 */
export async function makeDiverseWorkspace(server: PrefectAddress, options: DiverseOptions): Promise<void> {
  const requests = prefectRequests(server.apiUrl);
  const writer = workloadWriter(requests);
  const { major, instantMs } = options;
  const { deploymentIds } = await makeLargeWorkload(writer, { nowMs: instantMs, major, runs: apiRuns });
  await makeOddPools(writer, requests);
  await makeOddDeployments(writer, requests, options);
  await makeGoneThings(writer, requests, instantMs);
  await makeLimits(writer, requests, major, deploymentIds);
  if (major === 3) await makeAutomations(requests);
  copyRuns(server.databasePath, options.runs - apiRuns);
  changeRows(server.databasePath, placedRows(instantMs * 1000));
}

const oddPool = 'pool ü+1';

async function makeOddPools(writer: WorkloadWriter, requests: PrefectRequests): Promise<void> {
  await writer.pool(oddPool, { paused: true, concurrencyLimit: 0 });
  await writer.queue(encodeURIComponent(oddPool), 'say "no"', { concurrencyLimit: 3, priority: 7 });
  await writer.queue(encodeURIComponent(oddPool), 'quiet');
  await writer.heartbeat('pool-0', 'gone-worker', 30);
  await writer.heartbeat(encodeURIComponent(oddPool), 'without-interval');
  const paused = await requests.send('PATCH', '/work_pools/pool-1/queues/slow', { is_paused: true });
  if (paused.status >= 300) throw new Error(paused.text);
}

const running: StatePlan = { type: 'RUNNING' };

async function makeOddDeployments(
  writer: WorkloadWriter,
  requests: PrefectRequests,
  { major, instantMs }: DiverseOptions,
): Promise<void> {
  const flow = await writer.flow('we "said" back\\slash, ünï 日本');
  const at = (offsetMs: number) => new Date(instantMs + offsetMs).toISOString();
  const plans: readonly (readonly [string, DeploymentPlan])[] = [
    ['two teams', { tags: ['team:b', 'team:a', 'Team:c', 'steam:d'], pool: 'pool-0', schedule: 600 }],
    [
      'no team',
      { tags: ['team:', 'slo.freshness:26h', 'slo.duration:2h', 'slo.duration:90m'], pool: oddPool },
    ],
    [
      'wrong tags',
      { tags: ['slo.duration:abc', 'slo.freshness:12', 'slo.colour:3h', 'slo.start-delay:0.5d'] },
    ],
    ['versioned', { version: '1.2 "β"', entrypoint: 'flows/a.py:a', schedule: 60, scheduleActive: false }],
    ['paused', { paused: true, schedule: 60, pool: 'pool-2', queue: 'critical' }],
    ...(major === 3 ? [['limited', { concurrencyLimit: 4, pool: 'pool-1' }] as const] : []),
  ];
  for (const [name, plan] of plans) {
    const deploymentId = await writer.deployment(flow, name, plan);
    const run = (run: string, ...states: [StatePlan, ...StatePlan[]]) =>
      writer.run({ deploymentId }, { name: `${name} ${run}`, states });
    const scheduledTime = at(7_200_000);
    await run('own name', running, { type: 'RUNNING', name: 'Waiting for lunch' });
    await run('name of another type', { type: 'PENDING', name: 'Completed' });
    await run('submitting', { type: 'PENDING', name: 'Submitting' });
    await run(
      'resuming',
      running,
      { type: 'PAUSED' },
      { type: 'SCHEDULED', name: 'Resuming', scheduledTime },
    );
    await run('later', { type: 'SCHEDULED', scheduledTime });
    await run('at the instant', { type: 'SCHEDULED', scheduledTime: at(0) });
    await run('before', { type: 'SCHEDULED', scheduledTime: at(0), name: 'Late' });
    await run('after', { type: 'SCHEDULED', scheduledTime: at(0) });
    await run('no slot', { type: 'SCHEDULED', scheduledTime: at(-9_000), name: 'AwaitingConcurrencySlot' });
    await run('slot lost', running, { type: 'SCHEDULED', scheduledTime, name: 'AwaitingConcurrencySlot' });
  }
  const parent = await writer.run({ flowId: flow }, { name: 'parent', states: [running] });
  const task = await requests.post('/task_runs/', {
    flow_run_id: parent,
    task_key: 'child',
    dynamic_key: '0',
  });
  const child = { flow_id: flow, parent_task_run_id: idOf(task), name: 'child', state: running };
  await requests.post('/flow_runs/', child);
}

async function makeGoneThings(
  writer: WorkloadWriter,
  requests: PrefectRequests,
  instantMs: number,
): Promise<void> {
  const flow = await writer.flow('survivor');
  const lost = await writer.flow('lost');
  await writer.queue('pool-0', 'doomed');
  const scheduledTime = new Date(instantMs - 1_000).toISOString();
  const retry: StatePlan = { type: 'SCHEDULED', name: 'AwaitingRetry', scheduledTime };
  const plans = {
    first: { pool: 'pool-1', tags: ['team:gone'] },
    second: {},
    queued: { pool: 'pool-0', queue: 'doomed' },
  };
  for (const [name, plan] of Object.entries(plans)) {
    const deploymentId = await writer.deployment(flow, name, plan);
    await writer.run({ deploymentId }, { name: `${name} running`, states: [running] });
    await writer.run({ deploymentId }, { name: `${name} again`, states: [running, retry] });
    await writer.run({ deploymentId }, { name: `${name} done`, states: [running, { type: 'COMPLETED' }] });
    if (name !== 'queued') await remove(requests, `/deployments/${deploymentId}`);
  }
  await writer.run({ flowId: lost }, { name: 'lost', states: [running] });
  await writer.deployment(lost, 'lost', { pool: 'pool-0' });
  await remove(requests, `/flows/${lost}`);
  await remove(requests, '/work_pools/pool-0/queues/doomed');
}

async function makeLimits(
  writer: WorkloadWriter,
  requests: PrefectRequests,
  major: 2 | 3,
  deploymentIds: readonly string[],
): Promise<void> {
  await writer.limit('db "main"', 5, 3);
  await writer.limit('tag:heavy:1', 2, 2);
  await requests.post('/v2/concurrency_limits/', { name: 'off', limit: 1, active: false });
  await requests.post('/v2/concurrency_limits/', { name: 'rate', limit: 9, slot_decay_per_second: 1000 });
  await requests.post('/v2/concurrency_limits/increment', { names: ['rate'], slots: 9, mode: 'concurrency' });
  const names = [`deployment:${deploymentIds[0]}`];
  if (major === 3) await requests.post('/v2/concurrency_limits/increment', { names, slots: 1 });
}

async function makeAutomations(requests: PrefectRequests): Promise<void> {
  for (const enabled of [true, false]) {
    await requests.post('/automations/', {
      name: `automation ${enabled}`,
      enabled,
      trigger: { type: 'event', posture: 'Reactive', expect: ['no.such'], threshold: 1, within: 0 },
      actions: [{ type: 'do-nothing' }],
    });
  }
}

async function remove(requests: PrefectRequests, path: string): Promise<void> {
  const { status, text } = await requests.send('DELETE', path);
  if (status >= 300) throw new Error(`DELETE ${path}: ${status} ${text}`);
}

function idOf(row: unknown): string {
  if (typeof row === 'object' && row !== null && 'id' in row) return String(row.id);
  throw new Error(`no id in ${JSON.stringify(row)}`);
}

/** Rows at the edges of what families ask for. @param nowUs the instant, µs since the epoch */
function placedRows(nowUs: number): readonly Change[] {
  const run = (end: string, column: string, offsetUs: number): Change => [
    `UPDATE flow_run SET ${column} = ? WHERE name LIKE '% ${end}'`,
    sqlTimestamp(nowUs + offsetUs),
  ];
  const queue = (name: string, offsetUs: number): Change => [
    `UPDATE work_queue SET status = 'READY', last_polled = ? WHERE name = ?`,
    sqlTimestamp(nowUs + offsetUs),
    name,
  ];
  return [
    run('slot lost', 'next_scheduled_start_time', -1_000_001),
    run('at the instant', 'next_scheduled_start_time', 0),
    run('before', 'next_scheduled_start_time', -1),
    run('after', 'next_scheduled_start_time', 1),
    // Found no slot for an hour and a half, and was scheduled anew each time.
    run('no slot', 'expected_start_time', -5_400_000_003),
    // Ran before: its time is that of the next attempt.
    run('slot lost', 'expected_start_time', -5_500_000_003),
    queue('say "no"', -60_000_000),
    queue('quiet', -60_000_001),
    queue('batch', -60_000_001),
    queue('default', -1_234_567),
    [`UPDATE deployment SET status = 'READY' WHERE name IN ('hourly', 'two teams')`],
    [
      `UPDATE worker SET last_heartbeat_time = ? WHERE name = 'gone-worker'`,
      sqlTimestamp(nowUs - 3_600_000_001),
    ],
    [
      `UPDATE worker SET last_heartbeat_time = ? WHERE name = 'without-interval'`,
      sqlTimestamp(nowUs - 604_800_000_000),
    ],
    [`UPDATE worker SET status = 'OFFLINE' WHERE name = 'gone-worker'`],
  ];
}

const shifted = [
  'expected_start_time',
  'next_scheduled_start_time',
  'start_time',
  'end_time',
  'state_timestamp',
];

/** Copies of the runs there are, earlier or later by times that are no whole milliseconds, with other run times. */
function copyRuns(databasePath: string, count: number): void {
  const database = new DatabaseSync(databasePath, { timeout: 10_000, enableForeignKeyConstraints: false });
  try {
    database.exec('BEGIN IMMEDIATE');
    const templates = database.prepare('SELECT * FROM flow_run ORDER BY name').all();
    for (let index = 0; index < count; index += 1) {
      const template = templates[(index * 7) % templates.length];
      if (template === undefined) throw new Error('there are no runs to copy');
      const state = database
        .prepare('SELECT * FROM flow_run_state WHERE id = ?')
        .get(String(template.state_id));
      if (state === undefined) throw new Error('the run has no state');
      // Uneven steps of seconds and µs, to both sides.
      const offsetUs = (index % 2 === 0 ? -1 : 1) * (index * 3_141_593 + 271);
      const [id, stateId] = [copyId(index, 'a'), copyId(index, 'b')];
      const times = Object.fromEntries(shifted.map((column) => [column, moved(template[column], offsetUs)]));
      insert(database, 'flow_run', {
        ...template,
        ...times,
        id,
        state_id: stateId,
        name: `copy ${index}`,
        idempotency_key: null,
        total_run_time: sqlTimestamp((index % 5) * 754_321_001),
      });
      const timestamp = moved(state.timestamp, offsetUs);
      insert(database, 'flow_run_state', { ...state, id: stateId, flow_run_id: id, timestamp });
    }
    database.exec('COMMIT');
  } finally {
    database.close();
  }
}

const copyId = (index: number, kind: string): string =>
  `0000000${kind}-0000-4000-8000-${String(index).padStart(12, '0')}`;

function moved(timestamp: SQLInputValue | undefined, offsetUs: number): string | null {
  if (typeof timestamp !== 'string') return null;
  const wholeMs = Date.parse(`${timestamp.slice(0, 19).replace(' ', 'T')}Z`);
  const fraction = Number(timestamp.slice(20).padEnd(6, '0'));
  return sqlTimestamp(wholeMs * 1000 + fraction + offsetUs);
}

function insert(database: DatabaseSync, table: string, row: Record<string, SQLInputValue>): void {
  const columns = Object.keys(row).map((column) => `"${column}"`);
  const marks = columns.map(() => '?').join(', ');
  database
    .prepare(`INSERT INTO ${table} (${columns.join(', ')}) VALUES (${marks})`)
    .run(...Object.values(row));
}
