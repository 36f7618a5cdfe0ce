import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { seededChance } from '../../doubles/prefect/seeded.ts';
import type { StateType } from '../../lib/prefect/model.ts';

/** A run to be written straight into a test server's SQLite file; times in ms since the epoch. */
export interface BulkRun {
  readonly name: string;
  readonly stateType: StateType;
  readonly stateName: string;
  readonly expectedStartMs: number;
  /** SCHEDULED runs only. */
  readonly nextScheduledMs?: number;
  readonly startMs?: number;
  readonly endMs?: number;
  /** Time in running states; as in the template where it is not given. */
  readonly runSeconds?: number;
}

/**
 * Thousands of runs in a moment. Each is a copy of a run that the API made (its flow, deployment and queue are
 * those of the copy), whatever columns this server version has. Returns their ids.
 */
export function insertRuns(databasePath: string, templateRunId: string, runs: readonly BulkRun[]): string[] {
  return withDatabase(databasePath, (database) => {
    const chance = seededChance(
      runs.length + templateRunId.length * 1000 + Number.parseInt(templateRunId.slice(0, 6), 16),
    );
    const runRow = rowOf(database, 'flow_run', 'id', templateRunId);
    const stateRow = rowOf(database, 'flow_run_state', 'id', String(runRow.state_id));
    return runs.map((run) => {
      const id = chance.uuid();
      const stateId = chance.uuid();
      const timestamp = sqlTime(run.endMs ?? run.startMs ?? run.expectedStartMs);
      insert(database, 'flow_run', {
        ...runRow,
        ...runColumns(run),
        id,
        state_id: stateId,
        state_timestamp: timestamp,
      });
      insert(database, 'flow_run_state', {
        ...stateRow,
        id: stateId,
        flow_run_id: id,
        type: run.stateType,
        name: run.stateName,
        timestamp,
        state_details: '{}',
      });
      return id;
    });
  });
}

/** Copies of a work queue, in its pool, under these names. */
export function insertQueues(
  databasePath: string,
  templateQueueId: string,
  names: readonly string[],
): string[] {
  return withDatabase(databasePath, (database) => {
    const chance = seededChance(names.length + Number.parseInt(templateQueueId.slice(0, 6), 16));
    const row = rowOf(database, 'work_queue', 'id', templateQueueId);
    return names.map((name, index) => {
      const id = chance.uuid();
      insert(database, 'work_queue', { ...row, id, name, priority: 100 + index });
      return id;
    });
  });
}

export type Row = Record<string, SQLInputValue>;

function runColumns(run: BulkRun): Row {
  const time = (ms: number | undefined) => (ms === undefined ? null : sqlTime(ms));
  return {
    name: run.name,
    idempotency_key: null,
    state_type: run.stateType,
    state_name: run.stateName,
    expected_start_time: sqlTime(run.expectedStartMs),
    next_scheduled_start_time: time(run.nextScheduledMs),
    start_time: time(run.startMs),
    end_time: time(run.endMs),
    run_count: run.startMs === undefined ? 0 : 1,
    // An interval is stored as that long after the epoch.
    ...(run.runSeconds === undefined ? {} : { total_run_time: sqlTime(run.runSeconds * 1000) }),
  };
}

/** As SQLAlchemy writes times into SQLite: UTC without a zone, microseconds always. */
function sqlTime(ms: number): string {
  return `${new Date(ms).toISOString().replace('T', ' ').replace('Z', '')}000`;
}

/** One transaction: a server that reads meanwhile waits no longer than it takes. */
export function withDatabase<T>(databasePath: string, write: (database: DatabaseSync) => T): T {
  const database = new DatabaseSync(databasePath, { timeout: 10_000, enableForeignKeyConstraints: false });
  try {
    database.exec('BEGIN IMMEDIATE');
    const result = write(database);
    database.exec('COMMIT');
    return result;
  } finally {
    database.close();
  }
}

export function rowOf(database: DatabaseSync, table: string, key: string, value: string): Row {
  const row = database.prepare(`SELECT * FROM ${table} WHERE ${key} = ?`).get(value);
  if (row === undefined) throw new Error(`no ${table} with ${key} ${value}`);
  return row;
}

export function insert(database: DatabaseSync, table: string, row: Row): void {
  const columns = Object.keys(row);
  const quoted = columns.map((column) => `"${column}"`).join(', ');
  const marks = columns.map(() => '?').join(', ');
  database.prepare(`INSERT INTO ${table} (${quoted}) VALUES (${marks})`).run(...Object.values(row));
}
