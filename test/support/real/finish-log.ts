// What finished, by the database itself: a table of its own beside Prefect's, because a second end of a run takes the
// place of the first in Prefect's. Expected values are SQL on it.
import type { DatabaseSync } from 'node:sqlite';
import { completeQuery, us } from './family-queries.ts';

/** Makes the empty log; what there is now is not in it, and never will be. */
export function createFinishLog(database: DatabaseSync): void {
  database.exec(`CREATE TABLE finish (
    run_id TEXT, end_us INTEGER, visible_ms INTEGER, flow TEXT, deployment TEXT, work_pool TEXT, work_queue TEXT,
    state_type TEXT, state_name TEXT, subflow TEXT, run_count INTEGER, run_us INTEGER, start_us INTEGER,
    expected_us INTEGER, PRIMARY KEY (run_id, end_us))`);
  database.exec('CREATE TABLE template AS SELECT id FROM flow_run');
}

const terminal = `('COMPLETED', 'FAILED', 'CRASHED', 'CANCELLED')`;

/**
 * Logs every end that is not there yet as visible from the tick at `instantMs` on, but for those from before the first
 * tick of all: nobody counts them.
 */
export function logFinishes(database: DatabaseSync, instantMs: number, firstMs: number): void {
  const sql = `INSERT INTO finish
    SELECT id, ${us('end_time')}, ${instantMs}, flow, deployment, work_pool, work_queue, state_type, bounded,
      CASE WHEN parent_task_run_id IS NULL THEN 'false' ELSE 'true' END, run_count, ${us('total_run_time')},
      ${us('start_time')}, ${us('expected_start_time')}
    FROM run WHERE state_type IN ${terminal} AND id NOT IN (SELECT id FROM template)
      AND ${us('end_time')} > ${firstMs * 1000}
      AND NOT EXISTS (SELECT 1 FROM finish WHERE finish.run_id = run.id AND finish.end_us = ${us('run.end_time')})`;
  database.exec(completeQuery(sql, { instantMs, readFromMs: instantMs, readToMs: instantMs }));
}

/**
 * `counted`: each end once, with what it adds to what the run's earlier ends had. An end is in the value of a tick if
 * it was by then, and visible when that tick was read: at a later one, for ticks that are repaired.
 * `emitted`: of one exporter, each tick and the one that read it; `:emitted` is that as JSON, `[[tick, read at], …]`.
 */
const counted = `WITH counted AS (
    SELECT *, run_count - coalesce(lag(run_count) OVER ends, CASE WHEN run_count > 0 THEN 1 ELSE 0 END) AS retries,
      run_us - coalesce(lag(run_us) OVER ends, 0) AS added_us,
      run_count > coalesce(lag(run_count) OVER ends, 0) AS ran, row_number() OVER ends AS nth
    FROM finish WINDOW ends AS (PARTITION BY run_id ORDER BY end_us)
  ), emitted AS (
    SELECT json_extract(value, '$[0]') AS tick, json_extract(value, '$[1]') AS read_at FROM json_each(:emitted)
  ), shown AS (
    SELECT * FROM emitted JOIN counted ON end_us <= tick * 1000 AND visible_ms <= read_at
  )`;

const runLabels = 'flow, deployment, work_pool, work_queue';

/** Rows have the labels, `tick` and `value` (a sum of times in µs). Label sets without any event have none. */
export const finishQueries = {
  prefect_flow_runs_finished_total: `${counted}
    SELECT ${runLabels}, state_type, state_name, subflow, tick, count(*) AS value FROM shown
    GROUP BY ${runLabels}, state_type, state_name, subflow, tick`,
  prefect_flow_run_retries_total: `${counted}
    SELECT ${runLabels}, tick, sum(retries) AS value FROM shown GROUP BY ${runLabels}, tick`,
  prefect_flow_run_duration_seconds_count: `${counted}
    SELECT ${runLabels}, state_type, tick, count(*) AS value FROM shown WHERE state_type = 'COMPLETED' AND ran
    GROUP BY ${runLabels}, state_type, tick`,
  prefect_flow_run_duration_seconds_sum: `${counted}
    SELECT ${runLabels}, state_type, tick, sum(added_us) AS value FROM shown WHERE state_type = 'COMPLETED' AND ran
    GROUP BY ${runLabels}, state_type, tick`,
} as const;

/** Of all that finished; bounds as they are in the label `le`. */
export const bucketQuery = (bounds: readonly string[]): string => `${counted}
  SELECT ${runLabels}, state_type, bound.value AS le, tick, count(*) AS value FROM shown
  JOIN json_each('${JSON.stringify(bounds)}') bound
    ON bound.value = '+Inf' OR added_us <= CAST(bound.value AS REAL) * 1000000
  WHERE state_type = 'COMPLETED' AND ran GROUP BY ${runLabels}, state_type, le, tick`;

/** Of runs that started after the ledger began (`:createdUs`): how many, and the sum of their delays, µs. */
export const startDelayQuery = `
  SELECT work_pool, work_queue, count(*) AS starts, sum(max(0, start_us - expected_us)) AS delay_us FROM (
    SELECT *, row_number() OVER (PARTITION BY run_id ORDER BY end_us) AS nth FROM finish
  ) WHERE nth = 1 AND run_count > 0 AND start_us > :createdUs GROUP BY work_pool, work_queue`;
