import { codeOf } from './file-system.ts';
import { StoreError, type StoreErrorReason } from './store.ts';

type Explained = readonly [reason: StoreErrorReason, what: string];

const byCode: ReadonlyMap<string, Explained> = new Map<string, Explained>([
  ['EACCES', ['denied', 'permission denied']],
  ['EPERM', ['denied', 'permission denied']],
  ['EROFS', ['read-only', 'the file system is read-only']],
  ['ENOSPC', ['full', 'no space is left on the file system']],
  ['EDQUOT', ['full', 'the quota of the file system is used up']],
  ['EFBIG', ['full', 'the file system takes no file of this size']],
  ['EISDIR', ['other', 'the path is a folder, not a file']],
  ['ENOTDIR', ['other', 'a part of the path is a file, not a folder']],
  ['EEXIST', ['other', 'a part of the path is a file, not a folder']],
  ['ELOOP', ['other', 'the path runs in a circle of symbolic links']],
  ['ENAMETOOLONG', ['other', 'the path is too long']],
  ['EBUSY', ['other', 'the file is a mount of its own and cannot be replaced: mount its folder instead']],
  ['EXDEV', ['other', 'the file is a mount of its own and cannot be replaced: mount its folder instead']],
  ['EMFILE', ['other', 'this process has too many open files']],
  ['ENFILE', ['other', 'this machine has too many open files']],
  ['EIO', ['unreachable', 'the file system answers with an I/O error']],
  ['ESTALE', ['unreachable', 'the network file system has forgotten this file']],
  ['ETIMEDOUT', ['unreachable', 'the network file system does not answer']],
]);

/** What a file operation failed with, in words; errors of this project pass as they are. @param doing `cannot be read` */
export function fileError(place: string, doing: string, error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const code = codeOf(error);
  const [reason, what]: Explained = byCode.get(code ?? '') ?? [
    'other',
    error instanceof Error ? error.message : String(error),
  ];
  return new StoreError(place, reason, `${doing}: ${what}${code === undefined ? '' : ` (${code})`}`, {
    cause: error,
  });
}
