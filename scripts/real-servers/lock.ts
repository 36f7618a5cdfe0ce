import { mkdir, readdir, rename, rm, rmdir, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const refreshMs = 5_000;
const staleMs = 60_000;

/**
 * Runs `action` while no other process on this machine runs one under the same path.
 * The lock is a directory that holds one file named after its owner's pid. Taking it is one rename (which fails on
 * a directory that is not empty); breaking it removes the file of one certain dead owner, so that of two
 * waiting processes none can break the lock that the other has just taken.
 */
export async function withLock<Result>(path: string, action: () => Promise<Result>): Promise<Result> {
  await mkdir(dirname(path), { recursive: true });
  while (!(await tryTake(path))) {
    await breakIfStale(path);
    await pause(200);
  }
  const owner = join(path, String(process.pid));
  const refresh = setInterval(() => void utimes(owner, new Date(), new Date()).catch(() => {}), refreshMs);
  try {
    return await action();
  } finally {
    clearInterval(refresh);
    await rm(owner, { force: true });
    await rmdir(path).catch(() => {});
  }
}

async function tryTake(path: string): Promise<boolean> {
  const candidate = `${path}.${process.pid}`;
  await mkdir(candidate, { recursive: true });
  await writeFile(join(candidate, String(process.pid)), '');
  try {
    await rename(candidate, path);
    return true;
  } catch {
    await rm(candidate, { recursive: true, force: true });
    return false;
  }
}

async function breakIfStale(path: string): Promise<void> {
  const owners = await readdir(path).catch(() => []);
  for (const owner of owners) {
    const file = join(path, owner);
    const refreshedMs = (await stat(file).catch(() => undefined))?.mtimeMs;
    const silent = refreshedMs !== undefined && Date.now() - refreshedMs > staleMs;
    if (silent || !isAlive(Number(owner))) await rm(file, { force: true });
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, under another user.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
