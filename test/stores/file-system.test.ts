// File systems that are full or read-only, and folders of other people: for real, where this user may make them.
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { systemClock as clock } from '../../lib/clock.ts';
import { deadlineIn } from '../../lib/deadline.ts';
import { createFileStore } from '../../lib/stores/file.ts';
import { temporaryFolder } from './folder.ts';

const soon = () => deadlineIn(20_000, clock);
const isRoot = process.getuid?.() === 0;

/** Mounts a small file system in memory; undefined where this user may not. */
function mountSmall(): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'small-file-system-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', folder], { stdio: 'pipe' });
    return folder;
  } catch (error) {
    rmSync(folder, { recursive: true });
    process.stderr.write(`SKIPPED SUITE: no small file system can be mounted here: ${error}\n`);
    return undefined;
  }
}

const mounted = mountSmall();

afterAll(() => {
  if (mounted === undefined) return;
  execFileSync('umount', [mounted]);
  rmSync(mounted, { recursive: true });
});

describe.skipIf(mounted === undefined)('a small file system', () => {
  const folder = mounted ?? '';

  it('that is full says so, keeps what it has, and takes the next one that fits', async () => {
    const path = join(folder, 'full/ledger.json.gz');
    const store = createFileStore({ path, clock });
    const version = await store.save(Buffer.from('one'), undefined, soon());
    await expect(store.save(Buffer.alloc(1_000_000), version, soon())).rejects.toEqual(
      expect.objectContaining({
        name: 'StoreError',
        reason: 'full',
        message: `file:${path}: cannot be written: no space is left on the file system (ENOSPC)`,
      }),
    );
    expect(await readFile(path, 'utf8')).toBe('one');
    expect(await readdir(join(path, '..'))).toEqual(['ledger.json.gz']);
    await store.save(Buffer.from('two'), version, soon());
    expect(await readFile(path, 'utf8')).toBe('two');
  });

  it('that is read-only says so, and is still read', async () => {
    const path = join(folder, 'read-only/ledger.json.gz');
    const store = createFileStore({ path, clock });
    const version = await store.save(Buffer.from('one'), undefined, soon());
    execFileSync('mount', ['-o', 'remount,ro', folder]);
    onTestFinished(() => void execFileSync('mount', ['-o', 'remount,rw', folder]));
    await expect(store.save(Buffer.from('two'), version, soon())).rejects.toEqual(
      expect.objectContaining({
        reason: 'read-only',
        message: `file:${path}: cannot be written: the file system is read-only (EROFS)`,
      }),
    );
    expect(await store.load(soon())).toMatchObject({ version });
  });
});

describe('somebody who may not', () => {
  const program = fileURLToPath(new URL('saving-process.ts', import.meta.url));

  /** What a process without special rights says to saving there. */
  function saveAsNobody(path: string): string {
    const user = isRoot ? { uid: 65_534, gid: 65_534 } : {};
    return spawnSync(process.execPath, [program, path, '1'], { ...user, encoding: 'utf8', timeout: 60_000 })
      .stderr;
  }

  it('write the folder is told so', async () => {
    const folder = join(await temporaryFolder(), 'closed');
    mkdirSync(folder);
    chmodSync(join(folder, '..'), 0o755);
    chmodSync(folder, 0o555);
    const path = join(folder, 'ledger.json.gz');
    const said = saveAsNobody(path);
    expect(said).toContain(`StoreError: file:${path}: cannot be written: permission denied (EACCES)`);
    expect(said).toContain("reason: 'denied'");
  });

  it('read the document is told so', async () => {
    const folder = await temporaryFolder();
    chmodSync(folder, 0o755);
    const path = join(folder, 'ledger.json.gz');
    writeFileSync(path, 'one');
    chmodSync(path, 0o000);
    expect(saveAsNobody(path)).toContain(
      `StoreError: file:${path}: cannot be read: permission denied (EACCES)`,
    );
  });
});
