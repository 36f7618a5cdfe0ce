// Processes that are killed while they save, and processes that save at the same time.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { systemClock as clock } from '../../lib/clock.ts';
import { deadlineIn } from '../../lib/deadline.ts';
import { createFileStore } from '../../lib/stores/file.ts';
import { lockLimitMs } from '../../lib/stores/file-lock.ts';
import { guardProcess } from '../support/real/watchdog.ts';
import { temporaryFolder } from './folder.ts';
import { isWhole, sealed } from './saving-process.ts';

const program = fileURLToPath(new URL('saving-process.ts', import.meta.url));

/** Resolves when it has begun; `ended` says how it ended. */
async function start(
  ...args: readonly string[]
): Promise<{ child: ChildProcess; ended: Promise<unknown[]> }> {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  await once(child, 'spawn');
  const release = guardProcess(child.pid ?? 0);
  void ended.then(release);
  await Promise.race([once(child.stdout, 'data'), ended]);
  return { child, ended };
}

describe('a process that is killed while it saves', () => {
  it('leaves a whole document and no lock that lasts, 30 times', { timeout: 120_000 }, async () => {
    const path = join(await temporaryFolder(), 'state', 'ledger.json.gz');
    const store = createFileStore({ path, clock });
    for (let kill = 0; kill < 30; kill += 1) {
      const { child, ended } = await start(path);
      await clock.sleep(Math.random() * 20);
      child.kill('SIGKILL');
      expect(await ended).toEqual([null, 'SIGKILL']);

      const stored = await store.load(deadlineIn(lockLimitMs, clock));
      expect(stored && isWhole(stored.body), `after kill ${kill}`).toBe(true);
      // The dead process is known to be dead: nobody waits for the limit.
      await store.save(sealed(Buffer.from(`kill ${kill}`)), stored?.version, deadlineIn(lockLimitMs, clock));
    }
    expect(await readdir(join(path, '..'))).toEqual(['ledger.json.gz']);
  });
});

describe('two processes that save the same document', () => {
  it('lose no change of each other', { timeout: 120_000 }, async () => {
    const path = join(await temporaryFolder(), 'sum');
    const both = await Promise.all([start(path, '100'), start(path, '100')]);
    expect(await Promise.all(both.map(({ ended }) => ended))).toEqual([
      [0, null],
      [0, null],
    ]);
    const stored = await createFileStore({ path, clock }).load(deadlineIn(20_000, clock));
    expect(Buffer.from(stored?.body ?? []).toString('utf8')).toBe('200');
  });
});
