import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue, type SQLOutputValue } from 'node:sqlite';
import { emptyDatabaseFile } from '../../../scripts/real-servers/python.ts';
import type { RequiredServer } from './require-server.ts';
import { type Interruptible, type Place, startServerProcess } from './server-process.ts';

/** Background loops of a Prefect server. Prefect 2 has no task_run_recorder, repossessor and cleanup_reconciler. */
const loops = [
  'cancellation_cleanup',
  'cleanup_reconciler',
  'event_logger',
  'event_persister',
  'flow_run_notifications',
  'foreman',
  'late_runs',
  'pause_expirations',
  'repossessor',
  'scheduler',
  'task_run_recorder',
  'triggers',
] as const;

export type PrefectLoop = (typeof loops)[number];

export interface PrefectOptions {
  /** Loops that run; without them nothing changes but by a test's own requests. Events need event_persister. */
  readonly loops?: readonly PrefectLoop[] | 'all';
  readonly csrf?: boolean;
  /** `user:password`; Prefect 3 only. */
  readonly authString?: string;
  readonly defaultLimit?: number;
  /** Further PREFECT_… settings. */
  readonly settings?: Readonly<Record<string, string>>;
}

export type Row = Record<string, SQLOutputValue>;

/** What tests need of a running server, also of one that another process started. */
export interface PrefectAddress {
  readonly apiUrl: string;
  readonly databasePath: string;
}

export interface PrefectServer extends PrefectAddress, Interruptible {
  readonly pid: number;
  readonly version: string;
  sql(query: string, ...parameters: SQLInputValue[]): Promise<Row[]>;
  log(): string;
  stop(): Promise<void>;
}

/** A Prefect server on a new, empty SQLite database. */
export async function startPrefect(
  required: RequiredServer,
  options: PrefectOptions = {},
): Promise<PrefectServer> {
  const { binary, directory, version } = required.installed();
  const server = await startServerProcess({
    name: required.name,
    binary,
    // What `prefect server start` runs, without the process around it.
    args: ({ port }) => {
      const application = ['--factory', 'prefect.server.api.server:create_app'];
      return ['-m', 'uvicorn', ...application, '--host', '127.0.0.1', '--port', String(port)];
    },
    env: (place) => prefectSettings(place, options),
    prepare: async (place) => {
      await mkdir(join(place.directory, 'home'));
      await copyFile(join(directory, emptyDatabaseFile), databasePathOf(place));
    },
    readyPath: '/api/health',
  });
  const databasePath = databasePathOf(server);
  return {
    apiUrl: `${server.url}/api`,
    databasePath,
    pid: server.pid,
    version,
    sql: (query, ...parameters) => queryDatabase(databasePath, query, parameters),
    log: server.log,
    halt: server.halt,
    resume: server.resume,
    stop: server.stop,
  };
}

/** Rows of a query on a server's database, opened for reading only. */
export async function queryDatabase(
  databasePath: string,
  query: string,
  parameters: readonly SQLInputValue[] = [],
): Promise<Row[]> {
  const database = new DatabaseSync(databasePath, { readOnly: true, timeout: 5_000 });
  try {
    return database.prepare(query).all(...parameters);
  } finally {
    database.close();
  }
}

function databasePathOf({ directory }: Pick<Place, 'directory'>): string {
  return join(directory, 'prefect.db');
}

function prefectSettings(place: Place, options: PrefectOptions): Record<string, string> {
  const { authString, defaultLimit } = options;
  return {
    HOME: place.directory,
    PREFECT_HOME: join(place.directory, 'home'),
    PREFECT_API_URL: `${place.url}/api`,
    PREFECT_API_DATABASE_CONNECTION_URL: `sqlite+aiosqlite:///${databasePathOf(place)}`,
    PREFECT_SERVER_ANALYTICS_ENABLED: 'false',
    DO_NOT_TRACK: '1',
    PREFECT_UI_ENABLED: 'false',
    PREFECT_EXPERIMENTAL_EVENTS: 'true',
    PREFECT_SERVER_CSRF_PROTECTION_ENABLED: String(options.csrf ?? false),
    ...(authString === undefined ? {} : { PREFECT_SERVER_API_AUTH_STRING: authString }),
    ...(defaultLimit === undefined ? {} : { PREFECT_API_DEFAULT_LIMIT: String(defaultLimit) }),
    ...loopSettings(options.loops ?? []),
    ...options.settings,
  };
}

function loopSettings(wanted: readonly PrefectLoop[] | 'all'): Record<string, string> {
  return Object.fromEntries(
    loops.flatMap((loop) => {
      const enabled = String(wanted === 'all' || wanted.includes(loop));
      // The name in Prefect 2, and the one in Prefect 3 (newer loops have no old name).
      const suffix = `SERVICES_${loop.toUpperCase()}_ENABLED`;
      return [`PREFECT_API_${suffix}`, `PREFECT_SERVER_${suffix}`].map((name) => [name, enabled]);
    }),
  );
}
