// A process that saves in a loop until it is killed: saving-process.ts <path>, or one that adds 1 to a number in the
// document so many times and ends: saving-process.ts <path> <times>. Prints a line when it has begun.
import { createHash } from 'node:crypto';
import { systemClock as clock } from '../../lib/clock.ts';
import { deadlineIn } from '../../lib/deadline.ts';
import { createFileStore } from '../../lib/stores/file.ts';
import { StoreConflictError } from '../../lib/stores/store.ts';

const digestLength = 32;

/** Bytes that say themselves whether they are whole. */
export function sealed(content: Uint8Array): Uint8Array {
  return Buffer.concat([createHash('sha256').update(content).digest(), content]);
}

export const isWhole = (body: Uint8Array): boolean =>
  Buffer.from(sealed(body.subarray(digestLength))).equals(body);

async function saveUntilKilled(path: string): Promise<never> {
  const store = createFileStore({ path, clock });
  const soon = () => deadlineIn(20_000, clock);
  for (let n = 0; ; n += 1) {
    const body = sealed(Buffer.alloc(1 + (n % 7) * 40_000, `${process.pid} ${n} `));
    await store.save(body, (await store.load(soon()))?.version, soon());
    if (n === 0) process.stdout.write('begun\n');
  }
}

async function addOnes(path: string, times: number): Promise<void> {
  const store = createFileStore({ path, clock });
  const soon = () => deadlineIn(60_000, clock);
  process.stdout.write('begun\n');
  for (let added = 0; added < times; ) {
    const stored = await store.load(soon());
    const sum = Number(Buffer.from(stored?.body ?? []).toString('utf8')) + 1;
    try {
      await store.save(Buffer.from(String(sum)), stored?.version, soon());
      added += 1;
    } catch (error) {
      if (!(error instanceof StoreConflictError)) throw error;
    }
  }
}

const [, script, path, times] = process.argv;
if (path !== undefined && script?.endsWith('saving-process.ts')) {
  await (times === undefined ? saveUntilKilled(path) : addOnes(path, Number(times)));
}
