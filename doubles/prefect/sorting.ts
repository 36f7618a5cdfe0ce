import type { FlowRunRecord, TaskRunRecord } from './records.ts';
import { startOrExpected } from './run-matching.ts';
import type { Microseconds } from './timestamps.ts';

/** How rows of one key are ordered among themselves: the server has no second key. */
export type Ties = 'as-stored' | 'shuffled';

/** Where null goes: SQLite takes it as the smallest value, Postgres as the largest. */
export type Database = 'sqlite' | 'postgres';

export interface Ordering {
  readonly database: Database;
  readonly ties: Ties;
  /** A number in [0, 1), for shuffled ties. */
  random(): number;
}

type Key = string | number | null;

export interface Sort<Row> {
  readonly direction: 'asc' | 'desc';
  readonly key: (row: Row) => Key;
}

export function sorted<Row>(rows: readonly Row[], sort: Sort<Row>, ordering: Ordering): Row[] {
  const sign = sort.direction === 'asc' ? 1 : -1;
  const keyed = rows.map((row) => ({
    row,
    key: sort.key(row),
    tie: ordering.ties === 'shuffled' ? ordering.random() : 0,
  }));
  keyed.sort((a, b) => sign * compare(a.key, b.key, ordering.database) || a.tie - b.tie);
  return keyed.map(({ row }) => row);
}

function compare(a: Key, b: Key, database: Database): number {
  if (a === b) return 0;
  if (a === null || b === null) return (a === null ? -1 : 1) * (database === 'sqlite' ? 1 : -1);
  return a < b ? -1 : 1;
}

const by = <Row>(direction: 'asc' | 'desc', key: (row: Row) => Key): Sort<Row> => ({ direction, key });

/** In the order of the server's enumeration, which its error messages repeat (schemas/sorting.py). */
export const runSorts: Readonly<Record<string, Sort<FlowRunRecord>>> = {
  ID_DESC: by('desc', (run) => run.id),
  START_TIME_ASC: by('asc', startOrExpected),
  START_TIME_DESC: by('desc', startOrExpected),
  EXPECTED_START_TIME_ASC: by('asc', (run) => run.expectedStartUs),
  EXPECTED_START_TIME_DESC: by('desc', (run) => run.expectedStartUs),
  NAME_ASC: by('asc', (run) => run.name),
  NAME_DESC: by('desc', (run) => run.name),
  NEXT_SCHEDULED_START_TIME_ASC: by('asc', (run) => run.nextScheduledUs),
  END_TIME_DESC: by('desc', (run) => run.endUs),
};

export const taskRunSorts: Readonly<Record<string, Sort<TaskRunRecord>>> = {
  ID_DESC: by('desc', (run) => run.id),
  EXPECTED_START_TIME_ASC: by('asc', (run) => run.expectedStartUs),
  EXPECTED_START_TIME_DESC: by('desc', (run) => run.expectedStartUs),
  NAME_ASC: by('asc', (run) => run.name),
  NAME_DESC: by('desc', (run) => run.name),
  NEXT_SCHEDULED_START_TIME_ASC: by('asc', (run) => run.nextScheduledUs),
  END_TIME_DESC: by('desc', (run) => run.endUs),
};

interface Named {
  readonly name: string;
  readonly createdUs: Microseconds;
  readonly updatedUs: Microseconds;
}

export const namedSorts: Readonly<Record<string, Sort<Named>>> = {
  CREATED_DESC: by('desc', (row) => row.createdUs),
  UPDATED_DESC: by('desc', (row) => row.updatedUs),
  NAME_ASC: by('asc', (row) => row.name),
  NAME_DESC: by('desc', (row) => row.name),
};

export const byName: Sort<{ readonly name: string }> = by('asc', (row) => row.name);
export const byPriority: Sort<{ readonly priority: number }> = by('asc', (row) => row.priority);
export const byHeartbeat: Sort<{ readonly lastHeartbeatUs: Microseconds }> = by(
  'desc',
  (row) => row.lastHeartbeatUs,
);
