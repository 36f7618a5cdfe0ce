import type { DatabaseSync } from 'node:sqlite';
import type { SeededChance } from '../../../doubles/prefect/seeded.ts';
import { insert, type Row, rowOf, withDatabase } from '../bulk-rows.ts';
import { changeRows, sqlTimestamp } from './change-rows.ts';
import { createFinishLog, logFinishes } from './finish-log.ts';
import type { FinishingWorkspace } from './finishing-workspace.ts';

/** What finishes in a workspace, minute by minute of a test's own time. */
export interface FinishingRuns {
  /**
   * Runs of the minute before `instantMs` finish, and some of up to four minutes before become visible only now. A few
   * that failed earlier end again, if they are among what everybody has read.
   * @param countedMs finishes that were visible at this tick are in every ledger
   */
  finishMinute(instantMs: number, countedMs: number): void;
  /**
   * Runs that real requests set running and, begun before, completed; their times are then those of the minute.
   * Rejects while the server is away.
   * @param isLast whether none are set running any more
   */
  finishByApi(instantMs: number, isLast: boolean): Promise<void>;
}

const minuteUs = 60_000_000;

const ends = [
  { type: 'COMPLETED', name: 'Completed', weight: 55 },
  { type: 'COMPLETED', name: 'Cached', weight: 6 },
  { type: 'FAILED', name: 'Failed', weight: 20 },
  { type: 'FAILED', name: 'TimedOut', weight: 5 },
  { type: 'FAILED', name: 'Waiting for lunch', weight: 3 },
  { type: 'CRASHED', name: 'Crashed', weight: 6 },
  { type: 'CANCELLED', name: 'Cancelled', weight: 5 },
] as const;

const endTable = ends.flatMap((end) => Array.from({ length: end.weight }, () => end));

export interface FinishingOptions {
  readonly databasePath: string;
  readonly workspace: FinishingWorkspace;
  readonly chance: SeededChance;
  readonly runsPerMinute: number;
  /** Of the first tick, ms. */
  readonly firstMs: number;
}

export function createFinishingRuns(options: FinishingOptions): FinishingRuns {
  const { databasePath, workspace, chance, runsPerMinute, firstMs } = options;
  withDatabase(databasePath, createFinishLog);
  let running: readonly string[] = [];
  return {
    finishMinute(instantMs, countedMs) {
      withDatabase(databasePath, (database) => {
        for (let n = 0; n < runsPerMinute; n += 1) insertFinished(database, options, instantMs * 1000);
        finishAgain(database, chance, { instantMs, countedMs });
        logFinishes(database, instantMs, firstMs);
      });
    },
    async finishByApi(instantMs, isLast) {
      const { writer, sources } = workspace;
      const instantUs = instantMs * 1000;
      const before = running;
      running = [];
      for (const runId of before) {
        await writer.setState(runId, { type: 'COMPLETED' });
        changeRows(databasePath, [endAt(runId, instantUs - chance.between(0, minuteUs - 1))]);
      }
      for (const { deploymentId } of isLast ? [] : sources.slice(0, 2)) {
        if (deploymentId === undefined) continue;
        const plan = { name: 'by requests', states: [{ type: 'PENDING' }, { type: 'RUNNING' }] } as const;
        const runId = await writer.run({ deploymentId }, plan);
        changeRows(databasePath, startAt(runId, instantUs - chance.between(0, minuteUs / 2)));
        running = [...running, runId];
      }
      withDatabase(databasePath, (database) => logFinishes(database, instantMs, firstMs));
    },
  };
}

const startAt = (runId: string, atUs: number) =>
  [
    [
      'UPDATE flow_run SET expected_start_time = ?, start_time = ?, state_timestamp = ? WHERE id = ?',
      ...[sqlTimestamp(atUs - 7_000_001), sqlTimestamp(atUs), sqlTimestamp(atUs), runId],
    ],
    [
      `UPDATE flow_run_state SET timestamp = ? WHERE type = 'RUNNING' AND flow_run_id = ?`,
      sqlTimestamp(atUs),
      runId,
    ],
  ] as const;

const endAt = (runId: string, atUs: number) =>
  [
    'UPDATE flow_run SET end_time = ?, state_timestamp = ?, total_run_time = ? WHERE id = ?',
    ...[sqlTimestamp(atUs), sqlTimestamp(atUs), sqlTimestamp(31_000_007), runId],
  ] as const;

/** A copy of a template that ended in the minute before the instant, or a little earlier. */
function insertFinished(
  database: DatabaseSync,
  { workspace, chance }: FinishingOptions,
  instantUs: number,
): void {
  const { sources, otherQueueIds } = workspace;
  const source = sources[chance.between(0, sources.length - 1)];
  const end = endTable[chance.between(0, endTable.length - 1)];
  if (source === undefined || end === undefined) throw new Error('nothing to choose from');
  const template = rowOf(database, 'flow_run', 'id', source.templateId);
  const state = rowOf(database, 'flow_run_state', 'id', String(template.state_id));
  const lateUs = chance.random() < 0.1 ? chance.between(0, 3 * minuteUs) : 0;
  const endUs = instantUs - chance.between(0, minuteUs - 1) - lateUs;
  const [id, stateId] = [chance.uuid(), chance.uuid()];
  const isOnOtherQueue = source.deploymentId !== undefined && chance.random() < 0.1;
  insert(database, 'flow_run', {
    ...template,
    ...timesOf(chance, endUs, end.type !== 'CANCELLED' || chance.random() < 0.5),
    ...(isOnOtherQueue ? { work_queue_id: otherQueueIds[chance.between(0, 1)] ?? null } : {}),
    ...{ id, state_id: stateId, name: `run ${id}`, idempotency_key: null },
    ...{ state_type: end.type, state_name: end.name, state_timestamp: sqlTimestamp(endUs) },
    parent_task_run_id: chance.random() < 0.15 ? chance.uuid() : null,
  });
  const timestamp = sqlTimestamp(endUs);
  insert(database, 'flow_run_state', {
    ...state,
    ...{ id: stateId, flow_run_id: id, type: end.type, name: end.name, timestamp },
  });
}

/** When a run was due, started and ended, how often it ran and for how long. */
function timesOf(chance: SeededChance, endUs: number, ran: boolean): Row {
  const runCount = ran ? 1 + (chance.random() < 0.2 ? chance.between(1, 3) : 0) : 0;
  // Now and then exactly on the bound of a bucket.
  const ranUs = chance.random() < 0.05 ? 60 * 1_000_000 : chance.between(1, 600_000_000);
  const startUs = endUs - ranUs - chance.between(0, 2_000_000);
  return {
    expected_start_time: sqlTimestamp(startUs - chance.between(-500_000, 400_000_000)),
    start_time: ran ? sqlTimestamp(startUs) : null,
    end_time: sqlTimestamp(endUs),
    run_count: runCount,
    total_run_time: sqlTimestamp(ran ? ranUs : 0),
  };
}

/** Some that failed ran once or twice more and ended again, in the minute before the instant. */
function finishAgain(
  database: DatabaseSync,
  chance: SeededChance,
  { instantMs, countedMs }: { readonly instantMs: number; readonly countedMs: number },
): void {
  const failed = database
    .prepare(
      `SELECT run_id, max(end_us) AS end_us, max(run_count) AS run_count, max(run_us) AS run_us,
         max(visible_ms) AS visible_ms FROM finish GROUP BY run_id
       HAVING visible_ms <= ? AND end_us <= ? AND run_id IN (
         SELECT id FROM flow_run WHERE state_type = 'FAILED' AND run_count > 0) ORDER BY run_id`,
    )
    .all(countedMs, (instantMs - 60_000) * 1000);
  for (const run of failed.slice(0, 5)) {
    const attempts = chance.between(1, 2);
    const completes = chance.random() < 0.6;
    const endUs = instantMs * 1000 - chance.between(0, minuteUs - 1);
    database
      .prepare(
        `UPDATE flow_run SET end_time = ?, state_timestamp = ?, state_type = ?, state_name = ?, run_count = ?,
           total_run_time = ? WHERE id = ?`,
      )
      .run(
        ...[sqlTimestamp(endUs), sqlTimestamp(endUs), completes ? 'COMPLETED' : 'FAILED'],
        completes ? 'Completed' : 'Failed',
        ...[
          Number(run.run_count) + attempts,
          sqlTimestamp(Number(run.run_us) + chance.between(1, 90_000_000)),
        ],
        String(run.run_id),
      );
  }
}
