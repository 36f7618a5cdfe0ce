import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFreePort } from '../test/support/real/free-port.ts';

/** A PostgreSQL server of this machine on a new database, on 127.0.0.1. */
export interface Postgres {
  /** For Prefect: `postgresql+asyncpg://…`. */
  readonly prefectUrl: string;
  sql(script: string): Promise<string>;
  stop(): Promise<void>;
}

const debianRoot = '/usr/lib/postgresql';
const user = 'postgres';

/** Rejects where there is none: Debian's package `postgresql` brings it. */
export async function startPostgres(): Promise<Postgres> {
  const versions = await readdir(debianRoot).catch(() => []);
  const version = versions.sort((a, b) => Number(b) - Number(a))[0];
  if (version === undefined) throw new Error('No PostgreSQL on this machine (Debian: postgresql).');
  const bin = (name: string) => join(debianRoot, version, 'bin', name);
  const folder = await mkdtemp(join(tmpdir(), 'postgres-'));
  const data = join(folder, 'data');
  await giveTo(folder);
  const port = await findFreePort();
  await run(bin('initdb'), ['-D', data, '-U', user, '--auth=trust', '--no-sync']);
  const settings = [
    'fsync=off',
    'max_wal_size=4GB',
    'shared_buffers=512MB',
    `unix_socket_directories=${folder}`,
  ];
  const options = ['-h', '127.0.0.1', '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])];
  await run(bin('pg_ctl'), ['-D', data, '-w', '-l', join(folder, 'log'), '-o', options.join(' '), 'start']);
  const psql = ['-h', '127.0.0.1', '-p', String(port), '-U', user, '-v', 'ON_ERROR_STOP=1', '-qAt'];
  await run(bin('psql'), [...psql, '-c', 'create database prefect']);
  return {
    prefectUrl: `postgresql+asyncpg://${user}@127.0.0.1:${port}/prefect`,
    sql: (script) => run(bin('psql'), [...psql, '-d', 'prefect', '-c', script]),
    async stop() {
      await run(bin('pg_ctl'), ['-D', data, '-m', 'immediate', 'stop']);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** PostgreSQL does not run as root. */
const isRoot = process.getuid?.() === 0;

async function giveTo(folder: string): Promise<void> {
  if (!isRoot) return;
  const ids = (await capture('id', ['-u', user])).trim();
  await chown(folder, Number(ids), 0);
}

const run = (program: string, args: readonly string[]): Promise<string> =>
  isRoot ? capture('runuser', ['-u', user, '--', program, ...args]) : capture(program, args);

async function capture(program: string, args: readonly string[]): Promise<string> {
  const child = spawn(program, args, { cwd: tmpdir(), stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${program} ended with ${code}: ${errors.slice(-2_000)}`);
  return output;
}
