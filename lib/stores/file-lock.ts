import { basename, dirname, join } from 'node:path';
import type { Clock } from '../clock.ts';
import { type FileSystem, unless } from './file-system.ts';
import { describeOwner, forgetOwner, hasDied, nameOwner } from './lock-owner.ts';
import type { Progress } from './within.ts';

/**
 * A lock between processes that also carries the file which its owner is about to put in place.
 *
 * The lock is the folder `<path>.lock` with one file, named after its owner (`lock-owner.ts`), which nobody else ever
 * uses. Each step is one call that the file system does whole or not at all:
 *  - taking it: the owner makes a folder of its own with the file in it and renames the folder to `<path>.lock`. That
 *    fails while there is a folder with a file in it;
 *  - committing: the file is renamed to `<path>`. The lock is free by the same call;
 *  - giving it back, and breaking it: the file is removed.
 *
 * Whoever breaks a lock removes the file of one certain owner. So of two that break the same lock none can take away
 * what the other has taken since; and an owner that was taken for dead and goes on finds its file gone: the rename
 * fails, and nothing is overwritten. A crash at any point leaves the document as it was, and a lock whose owner is
 * dead.
 */
export interface FileLock {
  /** The owner's file, inside the lock. Renaming it away frees the lock. */
  readonly file: string;
  release(): Promise<void>;
}

export interface LockOptions {
  readonly fs: FileSystem;
  readonly clock: Clock;
  /** The document; `<path>.lock` is the lock. */
  readonly path: string;
  /** Ends the wait. */
  readonly progress: Progress;
}

/** An owner holds a lock for milliseconds: one that has not changed for so long is stopped, or on a dead machine. */
export const lockLimitMs = 5_000;
/** The same by the times of the files, which also tells of owners from before this process began. */
const oldMs = 60_000;
/** Nobody waits that long for a lock: what is older was left behind. */
const leftBehindMs = 3_600_000;

/** Writes the owner's file with `fill`, then takes the lock. Rejects when the signal is aborted before. */
export async function takeLock(
  options: LockOptions,
  fill: (file: string) => Promise<void>,
): Promise<FileLock> {
  const { fs, clock, path } = options;
  const owner = nameOwner(clock);
  const folder = `${path}.lock`;
  const prepared = `${path}.lock-${owner}`;
  try {
    await fs.mkdir(prepared, { mode: 0o700 });
    await fill(join(prepared, owner));
    await waitForLock(options, prepared, owner);
  } catch (error) {
    await fs.rm(prepared, { recursive: true, force: true }).catch(() => undefined);
    forgetOwner(owner);
    throw error;
  }
  const file = join(folder, owner);
  return {
    file,
    async release() {
      // What cannot be removed is broken by the next owner: it must not hide how the save itself went.
      await fs.unlink(file).catch(() => undefined);
      await fs.rmdir(folder).catch(() => undefined);
      forgetOwner(owner);
    },
  };
}

async function waitForLock(options: LockOptions, prepared: string, owner: string): Promise<void> {
  const { fs, clock, path, progress } = options;
  const { mtimeMs } = await fs.stat(join(prepared, owner));
  const watched = { owner: '', sinceMs: 0 };
  while (!(await renamed(fs, prepared, `${path}.lock`))) {
    progress.signal.throwIfAborted();
    const holder = await holderOf(options);
    if (holder === undefined) {
      // Freed meanwhile; or a file system that will not rename onto an empty folder.
      await clock.sleep(1, progress.signal);
      continue;
    }
    if (holder !== watched.owner) Object.assign(watched, { owner: holder, sinceMs: clock.monotonic() });
    const isStopped = clock.monotonic() - watched.sinceMs >= lockLimitMs;
    if (isStopped || hasDied(holder) || (await isOld(options, holder, mtimeMs))) {
      await unless(['ENOENT'], fs.unlink(join(`${path}.lock`, holder)));
      continue;
    }
    progress.waitsFor(`${describeOwner(holder)} holds its lock`);
    await clock.sleep(5 + clock.random() * 20, progress.signal);
  }
}

/** False while the lock is a folder that is not empty: Linux says ENOTEMPTY, POSIX allows both. */
async function renamed(fs: FileSystem, from: string, to: string): Promise<boolean> {
  const done = fs.rename(from, to).then(() => true);
  return (await unless(['ENOTEMPTY', 'EEXIST'], done)) ?? false;
}

async function holderOf({ fs, path }: LockOptions): Promise<string | undefined> {
  const names = await unless(['ENOENT'], fs.readdir(`${path}.lock`));
  return names?.[0];
}

/** Both times are of the same file system, so that no two clocks are compared. */
async function isOld({ fs, path }: LockOptions, holder: string, nowMs: number): Promise<boolean> {
  const found = await unless(['ENOENT'], fs.stat(join(`${path}.lock`, holder)));
  return found !== undefined && nowMs - found.mtimeMs > oldMs;
}

/** Removes what owners that died before they had the lock have left beside the document. @param nowMs time of a file */
export async function removeLeftovers(fs: FileSystem, path: string, nowMs: number): Promise<void> {
  const prefix = `${basename(path)}.lock-`;
  const names = (await fs.readdir(dirname(path))).filter((name) => name.startsWith(prefix));
  for (const name of names) {
    const left = join(dirname(path), name);
    const found = await unless(['ENOENT'], fs.stat(left));
    if (found === undefined) continue;
    const isLeft = hasDied(name.slice(prefix.length)) || nowMs - found.mtimeMs > leftBehindMs;
    if (isLeft) await fs.rm(left, { recursive: true, force: true });
  }
}
