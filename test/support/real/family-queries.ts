// SQL that says of a Prefect database what an exporter must: independent of its code, and of the API.

export interface FamilyQuery {
  readonly name: string;
  /**
   * Columns are the labels and `value`, or `us` for a time, or `low` and `high` for what moves; a NULL label is an
   * absent one. `:now` is the instant, `:read` and `:readTo` are when reading began and ended, in µs.
   */
  readonly sql: string;
}

/** Whole µs since the epoch of a column such as `2026-11-20 13:22:04.550444`; fewer digits are tenths and so on. */
export const us = (column: string): string =>
  `(CAST(strftime('%s', substr(${column}, 1, 19)) AS INTEGER) * 1000000 + ` +
  `CAST(substr(${column} || '000000', 21, 6) AS INTEGER))`;

/** µs divided in JavaScript, once: the double that is nearest to the decimal number. */
const microseconds = (column: string): string => `${us(column)} AS us`;

const knownStates = {
  SCHEDULED: ['Scheduled', 'Late', 'AwaitingRetry', 'AwaitingConcurrencySlot', 'Resuming'],
  PENDING: ['Pending', 'Submitting', 'InfrastructurePending'],
  RUNNING: ['Running', 'Retrying'],
  PAUSED: ['Paused', 'Suspended'],
  CANCELLING: ['Cancelling'],
  CANCELLED: ['Cancelled'],
  COMPLETED: ['Completed', 'Cached', 'RolledBack'],
  FAILED: ['Failed', 'TimedOut'],
  CRASHED: ['Crashed'],
} as const;

const stateTypes = Object.keys(knownStates);

const isKnownState = Object.entries(knownStates)
  .flatMap(([type, names]) => names.map((name) => `('${type}', '${name}')`))
  .join(', ');

/**
 * `team`: of each deployment, the first of its tags team:…; `place`: deployments with flow, pool and queue;
 * `run`: runs with the names they belong to; `open_run`: those that are active, or due at the instant.
 */
const tables = `
WITH team AS (
  SELECT d.id AS deployment_id, min(substr(tag.value, 6)) AS team
  FROM deployment d LEFT JOIN json_each(d.tags) tag ON substr(tag.value, 1, 5) = 'team:'
  GROUP BY d.id
), place AS (
  SELECT d.*, f.name AS flow, d.name AS deployment, p.name AS work_pool,
    coalesce(q.name, d.work_queue_name) AS work_queue, team.team
  FROM deployment d JOIN flow f ON f.id = d.flow_id JOIN team ON team.deployment_id = d.id
  LEFT JOIN work_queue q ON q.id = d.work_queue_id LEFT JOIN work_pool p ON p.id = q.work_pool_id
), run AS (
  SELECT r.*, f.name AS flow, p.name AS work_pool, coalesce(q.name, r.work_queue_name) AS work_queue,
    CASE WHEN r.deployment_id IS NULL THEN NULL ELSE coalesce(d.name, '_deleted') END AS deployment,
    team.team, s.timestamp AS entered,
    CASE WHEN (r.state_type, r.state_name) IN (VALUES ${isKnownState}) THEN r.state_name ELSE 'other' END AS bounded
  FROM flow_run r JOIN flow f ON f.id = r.flow_id LEFT JOIN flow_run_state s ON s.id = r.state_id
  LEFT JOIN deployment d ON d.id = r.deployment_id LEFT JOIN team ON team.deployment_id = d.id
  LEFT JOIN work_queue q ON q.id = r.work_queue_id LEFT JOIN work_pool p ON p.id = q.work_pool_id
), due_run AS (
  SELECT * FROM run WHERE state_type = 'SCHEDULED' AND ${us('next_scheduled_start_time')} <= :now
), open_run AS (
  SELECT * FROM run WHERE state_type IN ('PENDING', 'RUNNING', 'PAUSED', 'CANCELLING')
  UNION ALL SELECT * FROM due_run
)`;

const runLabels = 'flow, deployment, work_pool, work_queue, team';
const ofDeployment = 'flow, deployment, team';

const runQueries: readonly FamilyQuery[] = [
  {
    name: 'prefect_flow_runs_open',
    sql: `SELECT ${runLabels}, state_type, state_name, sum(n) AS value FROM (
        SELECT ${runLabels}, state_type, bounded AS state_name, 1 AS n FROM open_run
        UNION ALL
        SELECT ${runLabels}, zero.column1, zero.column2, 0 FROM place,
          (VALUES ('RUNNING', 'Running'), ('PENDING', 'Pending'), ('SCHEDULED', 'Late')) zero
      ) GROUP BY ${runLabels}, state_type, state_name`,
  },
  {
    name: 'prefect_flow_runs_open_oldest_timestamp_seconds',
    sql: `SELECT ${runLabels}, state_type, min(us) AS us FROM (
        SELECT ${runLabels}, state_type, ${us(`CASE
          WHEN state_type = 'RUNNING' THEN coalesce(start_time, entered)
          WHEN state_type <> 'SCHEDULED' THEN entered
          WHEN state_name = 'AwaitingConcurrencySlot' AND start_time IS NULL THEN expected_start_time
          ELSE next_scheduled_start_time END`)} AS us FROM open_run
      ) GROUP BY ${runLabels}, state_type`,
  },
  {
    name: 'prefect_flow_runs_upcoming',
    sql: `SELECT (SELECT count(*) FROM flow_run WHERE state_type = 'SCHEDULED') - count(*) AS value FROM due_run`,
  },
  {
    name: 'prefect_work_pool_slots_used',
    sql: `SELECT p.name AS work_pool, count(r.id) AS value FROM work_pool p
      LEFT JOIN work_queue q ON q.work_pool_id = p.id
      LEFT JOIN flow_run r ON r.work_queue_id = q.id AND r.state_type IN ('PENDING', 'RUNNING') GROUP BY p.id`,
  },
];

/** At the first tick of a ledger: nothing was counted yet, and the last ends of the past week are looked up. */
const ledgerQueries: readonly FamilyQuery[] = [
  {
    name: 'prefect_flow_runs_finished_total',
    sql: `SELECT ${runLabels}, zero.column1 AS state_type, zero.column2 AS state_name, 'false' AS subflow, 0 AS value
      FROM place, (VALUES ('COMPLETED', 'Completed'), ('FAILED', 'Failed'), ('CRASHED', 'Crashed'),
        ('CANCELLED', 'Cancelled')) zero`,
  },
  { name: 'prefect_flow_run_retries_total', sql: `SELECT ${runLabels}, 0 AS value FROM place` },
  ...[
    ['prefect_deployment_last_success_timestamp_seconds', "'COMPLETED'"],
    ['prefect_deployment_last_failure_timestamp_seconds', "'FAILED', 'CRASHED'"],
  ].map(([name = '', types = '']) => ({
    name,
    sql: `SELECT place.flow, place.deployment, place.team, max(${us('run.end_time')}) AS us
      FROM place JOIN run ON run.deployment_id = place.id AND run.state_type IN (${types})
        AND ${us('run.end_time')} BETWEEN :now - 604800000000 AND :now
      GROUP BY place.id`,
  })),
];

const deploymentQueries: readonly FamilyQuery[] = [
  {
    name: 'prefect_deployment_last_success_duration_seconds',
    // Of the row with the newest end: SQLite takes bare columns from the row of the max().
    sql: `SELECT flow, deployment, team, us FROM (
        SELECT place.flow, place.deployment, place.team, ${us('run.total_run_time')} AS us, max(${us('run.end_time')})
        FROM place JOIN run ON run.deployment_id = place.id AND run.state_type = 'COMPLETED'
          AND ${us('run.end_time')} BETWEEN :now - 604800000000 AND :now
        GROUP BY place.id)`,
  },
  {
    name: 'prefect_deployment_info',
    sql: `SELECT ${runLabels}, id AS deployment_id, flow_id, 1 AS value FROM place`,
  },
  {
    name: 'prefect_deployment_ready',
    sql: `SELECT ${ofDeployment}, status = 'READY' AS value FROM place WHERE status IS NOT NULL`,
  },
  { name: 'prefect_deployment_paused', sql: `SELECT ${ofDeployment}, paused AS value FROM place` },
  {
    name: 'prefect_deployment_schedules_active',
    sql: `SELECT ${ofDeployment}, (SELECT count(*) FROM deployment_schedule s
      WHERE s.deployment_id = place.id AND s.active AND NOT paused) AS value FROM place`,
  },
  {
    name: 'prefect_deployment_created_timestamp_seconds',
    sql: `SELECT ${ofDeployment}, ${microseconds('created')} FROM place`,
  },
  {
    name: 'prefect_deployment_version_info',
    sql: `SELECT ${ofDeployment}, version, entrypoint, 1 AS value FROM place`,
  },
  {
    name: 'prefect_deployment_next_run_timestamp_seconds',
    sql: `SELECT place.flow, place.deployment, place.team, min(${us('run.next_scheduled_start_time')}) AS us
      FROM place JOIN run ON run.deployment_id = place.id AND run.state_type = 'SCHEDULED'
        AND ${us('run.next_scheduled_start_time')} >= :now
      WHERE NOT place.paused
        AND EXISTS (SELECT 1 FROM deployment_schedule s WHERE s.deployment_id = place.id AND s.active)
      GROUP BY place.id`,
  },
  {
    name: 'prefect_deployment_objective_seconds',
    sql: `SELECT ${ofDeployment}, objective, min(CAST(amount AS REAL) * unit) AS value FROM (
        SELECT place.*, substr(tag.value, 5, instr(tag.value, ':') - 5) AS objective,
          substr(tag.value, instr(tag.value, ':') + 1, length(tag.value) - instr(tag.value, ':') - 1) AS amount,
          CASE substr(tag.value, -1) WHEN 's' THEN 1 WHEN 'm' THEN 60 WHEN 'h' THEN 3600 WHEN 'd' THEN 86400
            WHEN 'w' THEN 604800 END AS unit
        FROM place, json_each(place.tags) tag WHERE tag.value GLOB 'slo.*:*'
      ) WHERE objective IN ('freshness', 'duration', 'start-delay') AND amount GLOB '[0-9]*[0-9.]*'
        AND amount NOT GLOB '*[^0-9.]*' AND unit IS NOT NULL
      GROUP BY id, objective`,
  },
];

/** Prefect 3 has one limit of its own for each deployment that asks for it. */
const deploymentLimitQueries: readonly FamilyQuery[] = [
  {
    name: 'prefect_deployment_concurrency_limit',
    sql: `SELECT ${ofDeployment}, l."limit" AS value FROM place
      JOIN concurrency_limit_v2 l ON l.id = place.concurrency_limit_id WHERE l.active`,
  },
  {
    name: 'prefect_deployment_concurrency_slots_used',
    sql: `SELECT ${ofDeployment}, l.active_slots AS value FROM place
      JOIN concurrency_limit_v2 l ON l.id = place.concurrency_limit_id WHERE l.active`,
  },
];

const heartbeat = us('w.last_heartbeat_time');
/** Pools whose runs a worker of the user's fetches. */
const workedPool = `p.type <> 'prefect-agent' AND p.type NOT LIKE '%:push' AND p.type NOT LIKE '%:managed'`;

const poolQueries: readonly FamilyQuery[] = [
  { name: 'prefect_work_pool_info', sql: 'SELECT name AS work_pool, type, 1 AS value FROM work_pool' },
  {
    name: 'prefect_work_pool_ready',
    sql: `SELECT name AS work_pool, status = 'READY' AS value FROM work_pool
      WHERE status IS NOT NULL AND type <> 'prefect-agent'`,
  },
  {
    name: 'prefect_work_pool_paused',
    sql: 'SELECT name AS work_pool, is_paused AS value FROM work_pool',
  },
  {
    name: 'prefect_work_pool_concurrency_limit',
    sql: `SELECT name AS work_pool, concurrency_limit AS value FROM work_pool WHERE concurrency_limit IS NOT NULL`,
  },
  {
    name: 'prefect_work_pool_last_heartbeat_timestamp_seconds',
    sql: `SELECT p.name AS work_pool, max(${heartbeat}) AS us
      FROM work_pool p JOIN worker w ON w.work_pool_id = p.id WHERE ${workedPool} GROUP BY p.id`,
  },
];

/** Prefect 3 gives the status that it last wrote; Prefect 2 looks at the heartbeat whenever it is asked. */
const workersOnline = (major: 2 | 3): FamilyQuery => ({
  name: 'prefect_work_pool_workers_online',
  sql: `SELECT p.name AS work_pool, count(CASE WHEN ${
    major === 3
      ? `w.status = 'ONLINE'`
      : `${heartbeat} > :read - 3000000 * coalesce(w.heartbeat_interval_seconds, 30)`
  } THEN 1 END) AS value FROM work_pool p LEFT JOIN worker w ON w.work_pool_id = p.id
    WHERE ${workedPool} GROUP BY p.id`,
});

const queue = (value: string, condition = 'TRUE'): string =>
  `SELECT p.name AS work_pool, q.name AS work_queue, ${value}
   FROM work_queue q LEFT JOIN work_pool p ON p.id = q.work_pool_id WHERE ${condition}`;

const lateRuns = `(SELECT count(*) FROM due_run WHERE due_run.work_queue_id = q.id AND due_run.state_name = 'Late')`;

const queueQueries: readonly FamilyQuery[] = [
  {
    name: 'prefect_work_queue_ready',
    sql: queue(`q.status = 'READY' AS value`, 'q.status IS NOT NULL'),
  },
  { name: 'prefect_work_queue_paused', sql: queue('q.is_paused AS value') },
  { name: 'prefect_work_queue_late_runs', sql: queue(`${lateRuns} AS value`) },
  {
    name: 'prefect_work_queue_slots_used',
    sql: queue(`(SELECT count(*) FROM flow_run r
      WHERE r.work_queue_id = q.id AND r.state_type IN ('PENDING', 'RUNNING')) AS value`),
  },
  {
    name: 'prefect_work_queue_concurrency_limit',
    sql: queue('q.concurrency_limit AS value', 'q.concurrency_limit IS NOT NULL'),
  },
  {
    name: 'prefect_work_queue_last_polled_timestamp_seconds',
    sql: queue(microseconds('q.last_polled'), 'q.last_polled IS NOT NULL'),
  },
  {
    name: 'prefect_work_queue_healthy',
    sql: queue(`${lateRuns} = 0 AND q.last_polled IS NOT NULL
      AND :now - ${us('q.last_polled')} <= 60000000 AS value`),
  },
  { name: 'prefect_work_queue_priority', sql: queue('q.priority AS value') },
];

const limit = (value: string): string =>
  `SELECT CASE WHEN name LIKE 'tag:%' THEN substr(name, 5) ELSE name END AS concurrency_limit,
     CASE WHEN name LIKE 'tag:%' THEN 'tag' ELSE 'global' END AS kind, ${value} AS value
   FROM concurrency_limit_v2 WHERE name NOT LIKE 'deployment:%'`;

const limitQueries: readonly FamilyQuery[] = [
  { name: 'prefect_concurrency_limit_slots', sql: limit('"limit"') },
  { name: 'prefect_concurrency_limit_active', sql: limit('active') },
];

/** Prefect 3 lists what is left after the decay since the last change; the limits of tests decay at once or never. */
const limitSlotsUsed = (major: 2 | 3): FamilyQuery => ({
  name: 'prefect_concurrency_limit_slots_used',
  sql: limit(
    major === 2
      ? 'active_slots'
      : `CASE WHEN slot_decay_per_second > 0 AND slot_decay_per_second * (:read - ${us('updated')}) / 1e6
          >= active_slots THEN 0 ELSE active_slots END`,
  ),
});

const countQueries: readonly FamilyQuery[] = Object.entries({
  prefect_flows: 'flow',
  prefect_deployments: 'deployment',
  prefect_work_pools: 'work_pool',
  prefect_work_queues: 'work_queue',
}).map(([name, table]) => ({ name, sql: `SELECT count(*) AS value FROM ${table}` }));

/**
 * Runs expected in the hour before the instant. A server on SQLite adds up whole seconds of each run, cut off after
 * rounding to a millisecond or two; running and waiting runs grow while they are read.
 */
const historyTables = `, window AS (
    SELECT state_type, ${us('expected_start_time')} AS expected, ${us('start_time')} AS started, ${us('total_run_time')} AS ran, ${us('state_timestamp')} AS entered
    FROM flow_run
    WHERE ${us('expected_start_time')} >= :now - 3600000000 AND ${us('expected_start_time')} < :now
  ), term AS (
    SELECT state_type,
      ran + CASE WHEN state_type = 'RUNNING' THEN :read - entered ELSE 0 END AS ran_low,
      ran + CASE WHEN state_type = 'RUNNING' THEN :readTo - entered ELSE 0 END AS ran_high,
      CASE WHEN started IS NOT NULL THEN started - expected
        WHEN state_type IN ('COMPLETED', 'FAILED', 'CRASHED', 'CANCELLED') THEN 0
        ELSE :read - expected END AS late_low,
      CASE WHEN started IS NOT NULL THEN started - expected
        WHEN state_type IN ('COMPLETED', 'FAILED', 'CRASHED', 'CANCELLED') THEN 0
        ELSE :readTo - expected END AS late_high
    FROM window
  ), total AS (
    SELECT state.column1 AS state, count(term.state_type) AS runs,
      coalesce(sum(max(0, ran_low - 2000) / 1000000), 0) AS ran_low,
      coalesce(sum(max(0, ran_high + 2000) / 1000000), 0) AS ran_high,
      coalesce(sum(max(0, late_low - 2000) / 1000000), 0) AS late_low,
      coalesce(sum(max(0, late_high + 2000) / 1000000), 0) AS late_high
    FROM (VALUES ${stateTypes.map((type) => `('${type}')`).join(', ')}) state
    LEFT JOIN term ON term.state_type = state.column1 GROUP BY state.column1
  )`;

const historyQueries: readonly FamilyQuery[] = [
  { name: 'prefect_flow_runs_total', sql: 'SELECT state, runs AS value FROM total' },
  {
    name: 'prefect_flow_runs_run_time_seconds',
    sql: 'SELECT state, ran_low AS low, ran_high AS high FROM total',
  },
  {
    name: 'prefect_flow_run_duration_seconds_avg',
    sql: `SELECT state, ran_low * 1.0 / runs AS low, ran_high * 1.0 / runs AS high FROM total WHERE runs > 0`,
  },
  {
    name: 'prefect_flow_runs_lateness_seconds',
    sql: 'SELECT state, late_low AS low, late_high AS high FROM total',
  },
];

export const queriesFor = (major: 2 | 3): readonly FamilyQuery[] => [
  ...runQueries,
  ...ledgerQueries,
  ...deploymentQueries,
  ...(major === 3 ? deploymentLimitQueries : []),
  ...poolQueries,
  workersOnline(major),
  ...queueQueries,
  ...limitQueries,
  limitSlotsUsed(major),
  ...countQueries,
  // Prefect 2 has none unless a further setting is on.
  ...(major === 3 ? [{ name: 'prefect_automations', sql: 'SELECT count(*) AS value FROM automation' }] : []),
  ...historyQueries,
];

export interface Moments {
  readonly instantMs: number;
  /** Between these the tick asked Prefect. */
  readonly readFromMs: number;
  readonly readToMs: number;
}

/** A family's query as SQLite takes it, with its tables and times. */
export function completeQuery(sql: string, { instantMs, readFromMs, readToMs }: Moments): string {
  const history = /\btotal\b/.test(sql) ? historyTables : '';
  // Longest name first; numbers of a test, so that nothing needs to be quoted.
  return `${tables}${history} ${sql}`
    .replaceAll(':readTo', String(readToMs * 1000))
    .replaceAll(':read', String(readFromMs * 1000))
    .replaceAll(':now', String(instantMs * 1000));
}
