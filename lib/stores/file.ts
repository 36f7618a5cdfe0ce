import { createHash } from 'node:crypto';
import { basename, dirname, join, resolve } from 'node:path';
import type { Clock } from '../clock.ts';
import type { Deadline } from '../deadline.ts';
import { makeFolder, syncFolder, writeDurably } from './durable.ts';
import { fileError } from './file-errors.ts';
import { removeLeftovers, takeLock } from './file-lock.ts';
import { codeOf, type FileSystem, fileSystem, unless } from './file-system.ts';
import { forgetOwner, nameOwner } from './lock-owner.ts';
import {
  type Store,
  StoreConflictError,
  type StoredDocument,
  StoreError,
  StoreUnclearError,
} from './store.ts';
import { type Progress, within } from './within.ts';

export interface FileStoreOptions {
  /** Of the document; relative to the working directory of now. A symbolic link is followed. */
  readonly path: string;
  readonly clock: Clock;
  readonly fs?: FileSystem;
}

/**
 * Keeps the document in a file, which is replaced whole by a rename, between processes that use the same folder. Its
 * version is a hash of its content. File 0600, folders that it makes 0700. See `file-lock.ts` for how two processes
 * stay apart, and what a crash leaves.
 */
export function createFileStore({ path, clock, fs = fileSystem }: FileStoreOptions): Store {
  const given = resolve(path);
  const place = `file:${given}`;

  const save = async (body: Uint8Array, expected: string | undefined, commit: Commit) => {
    const { progress } = commit;
    const target = await followed(fs, given);
    await makeFolder(fs, dirname(target));
    const lock = await takeLock({ fs, clock, path: target, progress }, (file) =>
      writeDurably(fs, file, body),
    );
    try {
      if ((await read(fs, target))?.version !== expected) {
        throw new StoreConflictError(
          place,
          'somebody else wrote or removed the document since it was loaded',
        );
      }
      progress.signal.throwIfAborted();
      commit.begun = true;
      await putInPlace(lock.file, target);
    } finally {
      await lock.release();
    }
    await tidy(fs, target);
    return versionOf(body);
  };

  const putInPlace = async (file: string, target: string): Promise<void> => {
    await fs.rename(file, target).catch((error) => {
      if (codeOf(error) !== 'ENOENT') throw error;
      const what = 'this process stood still for so long that another one took its lock';
      throw new StoreConflictError(place, what, { cause: error });
    });
    await syncFolder(fs, dirname(target)).catch((error) => {
      throw new StoreUnclearError(place, 'written, and perhaps lost at a power cut', { cause: error });
    });
  };

  const remove = async (progress: Progress): Promise<boolean> => {
    const target = await followed(fs, given);
    if ((await read(fs, target)) === undefined) return false;
    const empty = new Uint8Array();
    const lock = await takeLock({ fs, clock, path: target, progress }, (file) =>
      writeDurably(fs, file, empty),
    );
    try {
      const removed = await unless(
        ['ENOENT'],
        fs.unlink(target).then(() => true),
      );
      await syncFolder(fs, dirname(target));
      return removed ?? false;
    } finally {
      await lock.release();
    }
  };

  const explained = <Result>(doing: string, promise: Promise<Result>): Promise<Result> =>
    promise.catch((error) => {
      throw fileError(place, doing, error);
    });

  return {
    kind: 'file',
    place,
    load: (deadline) =>
      within({ place, deadline, clock }, () => explained('cannot be read', read(fs, given))),
    doubt: () => undefined,
    save: (body, expected, deadline) => {
      const commit = { begun: false };
      const late = (what: string) =>
        commit.begun ? new StoreUnclearError(place, what) : new StoreError(place, 'timeout', what);
      return within({ place, deadline, clock, late }, (progress) => {
        return explained('cannot be written', save(body, expected, Object.assign(commit, { progress })));
      });
    },
    remove: (deadline) =>
      within({ place, deadline, clock }, (progress) => explained('cannot be removed', remove(progress))),
    close: async () => undefined,
  };
}

/**
 * Writes a file beside the document, or in the nearest folder above it that exists, and removes it. Rejects with
 * `StoreError` where a save would fail for the same reason.
 */
export function probeFolder(
  { path, clock, fs = fileSystem }: FileStoreOptions,
  deadline: Deadline,
): Promise<void> {
  const given = resolve(path);
  const place = `file:${given}`;
  return within({ place, deadline, clock }, async () => {
    try {
      const folder = await nearestFolder(fs, dirname(await followed(fs, given)));
      const owner = nameOwner(clock);
      // Named like what a save prepares, so that the next save removes what a crash leaves of it.
      const file = join(folder, `${basename(given)}.lock-${owner}`);
      await writeDurably(fs, file, new Uint8Array(1)).finally(() => fs.rm(file, { force: true }));
      forgetOwner(owner);
    } catch (error) {
      throw fileError(place, 'cannot be written', error);
    }
  });
}

async function nearestFolder(fs: FileSystem, folder: string): Promise<string> {
  const found = await unless(['ENOENT'], fs.stat(folder));
  return found === undefined && dirname(folder) !== folder ? nearestFolder(fs, dirname(folder)) : folder;
}

interface Commit {
  readonly progress: Progress;
  /** From then on the document may be the new one. */
  begun: boolean;
}

const versionOf = (body: Uint8Array): string => createHash('sha256').update(body).digest('hex');

async function read(fs: FileSystem, path: string): Promise<StoredDocument | undefined> {
  const handle = await unless(['ENOENT'], fs.open(path, 'r'));
  if (handle === undefined) return undefined;
  try {
    const [body, { mtimeMs }] = [await handle.readFile(), await handle.stat()];
    return { body, version: versionOf(body), modifiedMs: mtimeMs };
  } finally {
    await handle.close();
  }
}

/** Where a rename has to go so that a symbolic link stays one. */
const followed = async (fs: FileSystem, path: string): Promise<string> =>
  (await unless(['ENOENT'], fs.realpath(path))) ?? path;

/** The document is safe by now: what cannot be tidied up is tried again at the next save. */
async function tidy(fs: FileSystem, path: string): Promise<void> {
  try {
    const { mtimeMs } = await fs.stat(path);
    await removeLeftovers(fs, path, mtimeMs);
  } catch {
    // Neither the document nor the next save depends on it.
  }
}
