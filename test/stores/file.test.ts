import { chmod, lstat, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock as clock } from '../../lib/clock.ts';
import { deadlineIn } from '../../lib/deadline.ts';
import { createFileStore } from '../../lib/stores/file.ts';
import { lockLimitMs } from '../../lib/stores/file-lock.ts';
import type { FileSystem } from '../../lib/stores/file-system.ts';
import { StoreConflictError, StoreError, StoreUnclearError } from '../../lib/stores/store.ts';
import { createFakeClock } from '../support/clock.ts';
import { createHookedFileSystem, systemError } from './failing-file-system.ts';
import { temporaryFolder } from './folder.ts';

const soon = () => deadlineIn(20_000, clock);
const bytes = (text: string): Uint8Array => Buffer.from(text, 'utf8');
const text = (path: string): Promise<string> => readFile(path, 'utf8');
const host = hostname()
  .replace(/[^A-Za-z0-9-]/g, '-')
  .slice(0, 60);

/** A document `one` in a folder of its own. */
async function saved(fs?: FileSystem) {
  const path = join(await temporaryFolder(), 'state/ledger.json.gz');
  const plain = createFileStore({ path, clock });
  const version = await plain.save(bytes('one'), undefined, soon());
  return { path, plain, version, store: fs === undefined ? plain : createFileStore({ path, clock, fs }) };
}

/** Somebody who took the lock and went away. */
async function lockedBy(path: string, owner: string): Promise<void> {
  await mkdir(`${path}.lock`);
  await writeFile(join(`${path}.lock`, owner), 'half a docu');
}

describe('files and folders', () => {
  it('are for their owner only', async () => {
    const { path } = await saved();
    const mode = async (of: string) => ((await stat(of)).mode & 0o777).toString(8);
    expect([await mode(path), await mode(join(path, '..'))]).toEqual(['600', '700']);
  });

  it('stay as they are where they exist', async () => {
    const folder = await temporaryFolder();
    await chmod(folder, 0o755);
    const path = join(folder, 'ledger.json.gz');
    await createFileStore({ path, clock }).save(bytes('one'), undefined, soon());
    expect((await stat(folder)).mode & 0o777).toBe(0o755);
    expect(await readdir(folder)).toEqual(['ledger.json.gz']);
  });

  it('keep a symbolic link', async () => {
    const { path, version } = await saved();
    const link = join(path, '../link');
    await symlink(path, link);
    await createFileStore({ path: link, clock }).save(bytes('two'), version, soon());
    expect((await lstat(link)).isSymbolicLink()).toBe(true);
    expect(await text(path)).toBe('two');
  });

  it('are named as they are given, made absolute', () => {
    const { place } = createFileStore({ path: 'state/ledger.json.gz', clock });
    expect(place).toBe(`file:${join(process.cwd(), 'state/ledger.json.gz')}`);
  });
});

describe('the lock', () => {
  it.each([
    ['of a process that has ended', `4194303.${host}.8d4e`],
    ['of a process before this one with the same number', `${process.pid}.${host}.8d4e`],
  ])('%s is broken at once', async (_, owner) => {
    const { path, plain, version } = await saved();
    await lockedBy(path, owner);
    const impatient = createFakeClock();
    const store = createFileStore({ path, clock: impatient });
    await store.save(bytes('two'), version, deadlineIn(1, impatient));
    expect(Buffer.from((await plain.load(soon()))?.body ?? []).toString()).toBe('two');
    expect(await readdir(join(path, '..'))).toEqual(['ledger.json.gz']);
  });

  it.each([
    ['on another machine', '1.another-machine.8d4e'],
    ['that stands still', `${process.ppid}.${host}.8d4e`],
  ])('of a process %s is broken after the limit', async (_, owner) => {
    const { path, version } = await saved();
    await lockedBy(path, owner);
    const patient = createFakeClock({ autoAdvance: true });
    await createFileStore({ path, clock: patient }).save(bytes('two'), version, deadlineIn(20_000, patient));
    expect(await text(path)).toBe('two');
    expect(patient.monotonic()).toBeGreaterThanOrEqual(lockLimitMs);
    expect(patient.monotonic()).toBeLessThan(lockLimitMs + 100);
  });

  it('is waited for until the deadline, and the message says who holds it', async () => {
    const { path, version } = await saved();
    await lockedBy(path, `${process.ppid}.${host}.8d4e`);
    const hurried = createFakeClock({ autoAdvance: true });
    const saving = createFileStore({ path, clock: hurried }).save(
      bytes('two'),
      version,
      deadlineIn(1_000, hurried),
    );
    await expect(saving).rejects.toEqual(
      expect.objectContaining({
        name: 'StoreError',
        reason: 'timeout',
        message: `file:${path}: not done within 1000 ms, the time that was left: process ${process.ppid} on ${host} holds its lock`,
      }),
    );
    expect(await text(path)).toBe('one');
  });

  it('that was broken under a process that stood still saves it nothing', async () => {
    // The first one stops right before its document goes in place, for longer than the limit.
    const reached = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    const stopping = createHookedFileSystem(async (operation, from) => {
      if (operation !== 'rename' || !String(from).includes('.lock/')) return;
      reached.resolve();
      await goOn.promise;
    });
    const { path, store, version } = await saved(stopping);
    const first = store.save(bytes('of the first'), version, soon());
    await reached.promise;

    const patient = createFakeClock({ autoAdvance: true });
    const second = createFileStore({ path, clock: patient });
    await second.save(bytes('of the second'), version, deadlineIn(20_000, patient));
    goOn.resolve();

    await expect(first).rejects.toThrow(StoreConflictError);
    await expect(first).rejects.toThrow('stood still');
    expect(await text(path)).toBe('of the second');
  });

  it('broken by two at once is given to one of them at a time', async () => {
    // Both have seen the same dead owner; the second removes it only after the first has finished its save.
    const { path, version } = await saved();
    await lockedBy(path, `4194303.${host}.8d4e`);
    const sawDead = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    let isFirstBreak = true;
    const slow = createHookedFileSystem(async (operation) => {
      if (operation !== 'unlink' || !isFirstBreak) return;
      isFirstBreak = false;
      sawDead.resolve();
      await goOn.promise;
    });
    const late = createFileStore({ path, clock, fs: slow }).save(bytes('late'), version, soon());
    const outcome = expect(late).rejects.toThrow(StoreConflictError);
    await sawDead.promise;
    const holding = Promise.withResolvers<void>();
    const finish = Promise.withResolvers<void>();
    const inside = createHookedFileSystem(async (operation, from) => {
      if (operation !== 'rename' || !String(from).includes('.lock/')) return;
      holding.resolve();
      await finish.promise;
    });
    const early = createFileStore({ path, clock, fs: inside }).save(bytes('early'), version, soon());
    await holding.promise;
    goOn.resolve();
    // The late breaker finds that its dead owner is gone, and waits for the living one.
    await new Promise((resolve) => setImmediate(resolve));
    finish.resolve();
    await early;
    await outcome;
    expect(await text(path)).toBe('early');
  });

  it('leaves nothing behind of those who died before they had it', async () => {
    const { path, store, version } = await saved();
    const [dead, living] = [`${path}.lock-4194303.${host}.8d4e`, `${path}.lock-${process.ppid}.${host}.8d4e`];
    for (const left of [dead, living]) {
      await mkdir(left);
      await writeFile(join(left, 'x'), 'half a docu');
    }
    await store.save(bytes('two'), version, soon());
    expect((await readdir(join(path, '..'))).map((name) => join(path, '..', name))).toEqual([path, living]);
  });
});

describe('an operation that fails', () => {
  it('costs nothing, whichever of them it is', { timeout: 60_000 }, async () => {
    const outcomes = new Set<string>();
    for (let failing = 0; ; failing += 1) {
      let operations = 0;
      let failed: string | undefined;
      const fs = createHookedFileSystem((operation) => {
        operations += 1;
        if (operations !== failing + 1) return;
        failed = operation;
        throw systemError('EIO');
      });
      const { path, store, plain, version } = await saved(fs);
      const error = await store.save(bytes('two'), version, soon()).then(
        () => undefined,
        (reason) => reason,
      );
      if (failed === undefined) break;

      const now = await plain.load(soon());
      const content = Buffer.from(now?.body ?? []).toString();
      outcomes.add(`${failed}: ${error?.name ?? 'saved'}, ${content}`);
      if (error === undefined) expect(content).toBe('two');
      else if (!(error instanceof StoreUnclearError)) expect(content).toBe('one');
      expect(error ?? new StoreError('', 'other', '')).toBeInstanceOf(StoreError);
      // The next one is not in its way.
      await plain.save(bytes('three'), now?.version, soon());
      expect(await readdir(join(path, '..'))).toEqual(['ledger.json.gz']);
    }
    expect([...outcomes].sort()).toEqual([
      'handle.close: StoreError, one',
      'handle.close: StoreUnclearError, two',
      'handle.readFile: StoreError, one',
      'handle.stat: StoreError, one',
      'handle.sync: StoreError, one',
      'handle.sync: StoreUnclearError, two',
      'handle.writeFile: StoreError, one',
      'mkdir: StoreError, one',
      'open: StoreError, one',
      'open: StoreUnclearError, two',
      'readdir: saved, two',
      'realpath: StoreError, one',
      'rename: StoreError, one',
      'rmdir: saved, two',
      'stat: StoreError, one',
      'stat: saved, two',
      'unlink: saved, two',
    ]);
  });

  it.each([
    ['ENOSPC', 'full', 'no space is left on the file system'],
    ['EDQUOT', 'full', 'the quota of the file system is used up'],
    ['EROFS', 'read-only', 'the file system is read-only'],
    ['EACCES', 'denied', 'permission denied'],
    ['ESTALE', 'unreachable', 'the network file system has forgotten this file'],
    ['EBUSY', 'other', 'the file is a mount of its own and cannot be replaced: mount its folder instead'],
  ])('with %s is explained', async (code, reason, what) => {
    const fs = createHookedFileSystem((operation) => {
      if (operation === 'handle.writeFile') throw systemError(code);
    });
    const { path, store, version } = await saved(fs);
    await expect(store.save(bytes('two'), version, soon())).rejects.toEqual(
      expect.objectContaining({ reason, message: `file:${path}: cannot be written: ${what} (${code})` }),
    );
    expect(await text(path)).toBe('one');
  });

  it('only after the deadline is not known to have been done', async () => {
    const hung = Promise.withResolvers<void>();
    const reached = Promise.withResolvers<void>();
    const fs = createHookedFileSystem(async (operation, from) => {
      if (operation !== 'rename' || !String(from).includes('.lock/')) return;
      reached.resolve();
      await hung.promise;
    });
    const { path, version } = await saved();
    const fake = createFakeClock();
    const saving = createFileStore({ path, clock: fake, fs }).save(
      bytes('two'),
      version,
      deadlineIn(1_000, fake),
    );
    const outcome = expect(saving).rejects.toThrow(StoreUnclearError);
    await reached.promise;
    await fake.advance(1_000);
    await outcome;
    hung.resolve();
  });

  it('to begin with is no save at all when the deadline passes before', async () => {
    const hung = Promise.withResolvers<void>();
    const reached = Promise.withResolvers<void>();
    const fs = createHookedFileSystem(async (operation) => {
      if (operation !== 'handle.writeFile') return;
      reached.resolve();
      await hung.promise;
    });
    const { path, version } = await saved();
    const fake = createFakeClock();
    const released = Promise.withResolvers<void>();
    const watched = createHookedFileSystem((operation) => {
      if (operation === 'rm' || operation === 'rmdir') released.resolve();
    });
    const store = createFileStore({
      path,
      clock: fake,
      fs: { ...watched, open: fs.open },
    });
    const saving = store.save(bytes('two'), version, deadlineIn(1_000, fake));
    const outcome = expect(saving).rejects.toEqual(expect.objectContaining({ reason: 'timeout' }));
    await reached.promise;
    await fake.advance(1_000);
    await outcome;
    hung.resolve();
    await released.promise;
    expect(await text(path)).toBe('one');
  });
});

describe('a path that cannot be', () => {
  it('a folder', async () => {
    const folder = await temporaryFolder();
    const store = createFileStore({ path: folder, clock });
    const message = 'the path is a folder, not a file (EISDIR)';
    await expect(store.load(soon())).rejects.toThrow(`file:${folder}: cannot be read: ${message}`);
    await expect(store.save(bytes('one'), undefined, soon())).rejects.toThrow(message);
    expect(await readdir(folder)).toEqual([]);
  });

  it('below a file', async () => {
    const { path } = await saved();
    const store = createFileStore({ path: join(path, 'ledger.json.gz'), clock });
    const message = 'a part of the path is a file, not a folder';
    await expect(store.load(soon())).rejects.toThrow(message);
    await expect(store.save(bytes('one'), undefined, soon())).rejects.toThrow(message);
  });
});
