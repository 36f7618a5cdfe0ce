import type { FileHandle } from 'node:fs/promises';
import { type FileSystem, fileSystem } from '../../lib/stores/file-system.ts';

/** Called before each operation with its name, such as `rename` or `handle.sync`; what it rejects with is its error. */
export type Before = (operation: string, ...args: readonly unknown[]) => Promise<void> | void;

/** The real file system, with something done before each operation. */
export function createHookedFileSystem(before: Before): FileSystem {
  const hooked = hook(fileSystem, '', before);
  return {
    ...hooked,
    // The same function but for what happens before, and to the handle it resolves with.
    open: (async (...args: Parameters<FileSystem['open']>) =>
      hookHandle(await hooked.open(...args), before)) as FileSystem['open'],
  };
}

const hookHandle = (handle: FileHandle, before: Before): FileHandle => hook(handle, 'handle.', before);

function hook<Target extends object>(target: Target, prefix: string, before: Before): Target {
  return new Proxy(target, {
    get: (_, name) => {
      const value = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return async (...args: readonly unknown[]) => {
        // A handle is closed even where closing is said to have failed: another one would be collected as garbage.
        const closed = name === 'close' ? await Reflect.apply(value, target, args) : undefined;
        await before(`${prefix}${String(name)}`, ...args);
        return name === 'close' ? closed : Reflect.apply(value, target, args);
      };
    },
    ownKeys: () => Reflect.ownKeys(target),
  });
}

export const systemError = (code: string): Error => Object.assign(new Error(`${code}: injected`), { code });
