import { DatabaseSync, type SQLInputValue } from 'node:sqlite';

/** One statement and its parameters. */
export type Change = readonly [sql: string, ...parameters: SQLInputValue[]];

/** Writes into the database of a running test server, in one transaction. Rejects when a statement changes nothing. */
export function changeRows(databasePath: string, changes: readonly Change[]): void {
  const database = new DatabaseSync(databasePath, { timeout: 10_000, enableForeignKeyConstraints: false });
  try {
    database.exec('BEGIN IMMEDIATE');
    for (const [sql, ...parameters] of changes) {
      if (database.prepare(sql).run(...parameters).changes === 0) throw new Error(`nothing changed: ${sql}`);
    }
    database.exec('COMMIT');
  } finally {
    database.close();
  }
}

/** µs since the epoch as SQLAlchemy writes them: `2026-11-20 13:22:04.550444`. */
export function sqlTimestamp(microseconds: number): string {
  const seconds = Math.floor(microseconds / 1_000_000);
  const fraction = String(microseconds - seconds * 1_000_000).padStart(6, '0');
  return `${new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ')}.${fraction}`;
}
