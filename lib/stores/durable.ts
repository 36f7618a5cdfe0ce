import { dirname } from 'node:path';
import { codeOf, type FileSystem } from './file-system.ts';

/** A new file that only its owner can read, on the disk when this resolves. */
export async function writeDurably(fs: FileSystem, file: string, body: Uint8Array): Promise<void> {
  const handle = await fs.open(file, 'wx', 0o600);
  try {
    await handle.writeFile(body);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes what was renamed or removed in a folder outlast a power cut, where the file system can do that. */
export async function syncFolder(fs: FileSystem, folder: string): Promise<void> {
  const handle = await fs.open(folder, 'r');
  try {
    await handle.sync();
  } catch (error) {
    if (!cannotSync.has(codeOf(error) ?? '')) throw error;
  } finally {
    await handle.close();
  }
}

/** Answers of file systems that sync files only. */
const cannotSync: ReadonlySet<string> = new Set(['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);

/** Makes a folder and those above it, for its owner only; those that exist stay as they are. */
export async function makeFolder(fs: FileSystem, folder: string): Promise<void> {
  const first = await fs.mkdir(folder, { recursive: true, mode: 0o700 });
  if (first !== undefined) await syncFolder(fs, dirname(first));
}
