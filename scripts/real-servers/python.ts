import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { lockFilePath, type PythonServer } from './catalog.ts';
import { runCommand } from './command.ts';
import type { Installation } from './installed.ts';

const venvMs = 5 * 60_000;
const pipMs = 15 * 60_000;
const migrationMs = 5 * 60_000;

/** File in a Prefect server's directory: an empty database with all migrations done, copied at each start. */
export const emptyDatabaseFile = 'empty.db';

export async function createPythonEnvironment(
  server: PythonServer,
  directory: string,
  log: (line: string) => void,
): Promise<Installation> {
  const requirement = `${server.package}==${server.version}`;
  const lockFile = lockFilePath(server);
  if (!(await readFile(lockFile, 'utf8')).includes(requirement)) {
    throw new Error(`${server.lockFile} does not pin ${requirement}: run pip freeze again`);
  }
  await runCommand('python3', ['-m', 'venv', directory], { timeoutMs: venvMs });
  try {
    await pip(directory, ['--no-deps', '--requirement', lockFile]);
  } catch (error) {
    log(`${requirement}: LOCK FILE NOT INSTALLABLE (${String(error)}); taking what pip resolves`);
    await pip(directory, [requirement]);
  }
  if (server.package === 'prefect') await createEmptyDatabase(directory);
  return { version: server.version, binary: 'bin/python' };
}

async function pip(directory: string, args: readonly string[]): Promise<void> {
  // Bytecode is written by the first start, which follows at once, for what a server really imports.
  const options = ['--quiet', '--disable-pip-version-check', '--no-compile'];
  await runCommand(join(directory, 'bin/python'), ['-m', 'pip', 'install', ...options, ...args], {
    timeoutMs: pipMs,
  });
}

/** Migrations take seconds: done once here, and a proof that this environment works. */
async function createEmptyDatabase(directory: string): Promise<void> {
  // bin/prefect names an interpreter that moves with the final rename, so Python is given the script.
  const command = [join(directory, 'bin/prefect'), 'server', 'database', 'upgrade', '-y'];
  await runCommand(join(directory, 'bin/python'), command, {
    timeoutMs: migrationMs,
    cwd: directory,
    env: {
      PATH: process.env.PATH,
      HOME: directory,
      PREFECT_HOME: join(directory, 'home'),
      PREFECT_API_DATABASE_CONNECTION_URL: `sqlite+aiosqlite:///${join(directory, emptyDatabaseFile)}`,
      PREFECT_SERVER_ANALYTICS_ENABLED: 'false',
      DO_NOT_TRACK: '1',
    },
  });
}
