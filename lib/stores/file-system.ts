import { mkdir, open, readdir, readFile, realpath, rename, rm, rmdir, stat, unlink } from 'node:fs/promises';

/** What the file store does to files: those of `node:fs/promises`, or of a test that lets one of them fail. */
export const fileSystem = {
  mkdir,
  open,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  rmdir,
  stat,
  unlink,
} as const;

export type FileSystem = typeof fileSystem;

/** The code of the platform, such as `ENOENT`. */
export const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

/** Undefined where the promise rejects with one of these codes. */
export async function unless<Result>(
  codes: readonly string[],
  promise: Promise<Result>,
): Promise<Result | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (codes.includes(codeOf(error) ?? '')) return undefined;
    throw error;
  }
}
