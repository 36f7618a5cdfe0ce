import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { findBrowser } from './browser.ts';
import { catalog, type ServerName } from './catalog.ts';
import { unpackDebianPackage } from './debian.ts';
import { buildGoProgram } from './go-program.ts';
import {
  type Installation,
  type InstalledServer,
  type MissingServer,
  readInstalled,
  serversDirectory,
  writeMissingReason,
  writeStamp,
} from './installed.ts';
import { withLock } from './lock.ts';
import { createPythonEnvironment } from './python.ts';

export type Log = (line: string) => void;

/**
 * Makes sure that these servers are on disk and says where. Installs nothing outside .cache/servers (but Chromium).
 * A server that cannot be had is reported as missing, with the reason; it is tried again at the next call.
 */
export async function ensureServers(
  names: readonly ServerName[],
  { log }: { readonly log: Log },
): Promise<Map<ServerName, InstalledServer | MissingServer>> {
  const servers = new Map<ServerName, InstalledServer | MissingServer>();
  for (const name of names) servers.set(name, readInstalled(name) ?? (await install(name, log)));
  return servers;
}

async function install(name: ServerName, log: Log): Promise<InstalledServer | MissingServer> {
  return withLock(join(serversDirectory, `${name}.lock`), async () => {
    const already = readInstalled(name);
    if (already !== undefined) return already;
    try {
      const startMs = performance.now();
      log(`${name}: setting up`);
      await installFresh(name, log);
      writeMissingReason(name, undefined);
      log(`${name}: ready after ${((performance.now() - startMs) / 1000).toFixed(1)} s`);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      log(`${name}: MISSING: ${reason}`);
      writeMissingReason(name, reason);
      return { missing: reason };
    }
    return readInstalled(name) ?? { missing: 'the program is not where the stamp says' };
  });
}

/** Builds in a directory of its own and renames it, so that a killed set-up leaves nothing that looks whole. */
async function installFresh(name: ServerName, log: Log): Promise<void> {
  await removeLeftovers(name);
  const partial = join(serversDirectory, `${name}.partial-${process.pid}`);
  const final = join(serversDirectory, name);
  await mkdir(partial, { recursive: true });
  try {
    writeStamp(partial, name, await obtain(name, partial, log));
    await rm(final, { recursive: true, force: true });
    await rename(partial, final);
  } finally {
    // A killed set-up's pip may have gone on writing meanwhile, so its remains are looked for again.
    await removeLeftovers(name);
  }
}

async function obtain(name: ServerName, directory: string, log: Log): Promise<Installation> {
  const recipe = catalog[name];
  if (recipe.kind === 'python') return createPythonEnvironment(recipe, directory, log);
  if (recipe.kind === 'browser') return findBrowser(log);
  try {
    return await unpackDebianPackage(recipe.debian, directory, log);
  } catch (error) {
    log(`${name}: NOT FROM DEBIAN (${error instanceof Error ? error.message : error}); building with Go`);
    return buildGoProgram(recipe.go, directory);
  }
}

async function removeLeftovers(name: ServerName): Promise<void> {
  for (const entry of await readdir(serversDirectory)) {
    if (!entry.startsWith(`${name}.partial-`)) continue;
    await rm(join(serversDirectory, entry), { recursive: true, force: true });
  }
}
