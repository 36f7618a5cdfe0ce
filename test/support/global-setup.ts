// Once per test run: sets up real servers, and starts the Prefect servers that test files share.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { serverNames } from '../../scripts/real-servers/catalog.ts';
import { ensureServers } from '../../scripts/real-servers/ensure.ts';
import { type PrefectServer, startPrefect } from './real/prefect.ts';
import { requireServer } from './real/require-server.ts';
import type { PrefectName } from './real/shared-prefect.ts';

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const stopServers = await setUpServers(project);
  return async () => {
    await stopServers?.();
    refuseLeftovers();
  };
}

/** Where the command line keeps its ledger unless STORE says otherwise: a test must say otherwise. */
function refuseLeftovers(): void {
  const folder = fileURLToPath(new URL('../../.prefect-push-exporter', import.meta.url));
  if (!existsSync(folder)) return;
  // An error alone is printed, and the run still ends with 0.
  process.exitCode = 1;
  throw new Error(`a test has left a ledger behind: ${folder}`);
}

async function setUpServers(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const sources = project.vitest.state.getPaths().map((path) => readFileSync(path, 'utf8'));
  const usesServers = sources.some((source) => /requireServer|sharedPrefect/.test(source));
  project.provide('sharedPrefects', {});
  if (!usesServers) return undefined;

  await prepareServers();
  const shared = await startShared(sources);
  project.provide(
    'sharedPrefects',
    Object.fromEntries(shared.map(([name, { apiUrl, databasePath }]) => [name, { apiUrl, databasePath }])),
  );
  return async () => {
    await Promise.all(shared.map(([, server]) => server.stop()));
  };
}

async function prepareServers(): Promise<void> {
  const say = (line: string) => void process.stderr.write(`real servers: ${line}\n`);
  const servers = await ensureServers(serverNames, { log: say });
  const found = [...servers].map(
    ([name, server]) => `${name} ${'missing' in server ? 'MISSING' : server.version}`,
  );
  say(found.join(', '));
}

async function startShared(sources: readonly string[]): Promise<[PrefectName, PrefectServer][]> {
  const names: PrefectName[] = ['prefect-3', 'prefect-2'];
  const wanted = names.filter((name) =>
    sources.some((source) => source.includes(`sharedPrefect('${name}')`)),
  );
  const started: [PrefectName, PrefectServer][] = [];
  for (const name of wanted) {
    const required = await requireServer(name);
    if (!required.missing) started.push([name, await startPrefect(required, { loops: ['event_persister'] })]);
  }
  return started;
}
