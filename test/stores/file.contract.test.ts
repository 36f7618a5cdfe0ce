import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { systemClock as clock } from '../../lib/clock.ts';
import { createFileStore } from '../../lib/stores/file.ts';
import { describeStore } from '../contracts/store.ts';

let folder: string;
let places = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'file-store-'));
});

afterAll(() => rm(folder, { recursive: true }));

describeStore('a file', () => {
  places += 1;
  const path = join(folder, `${places}/state/ledger.json.gz`);
  return { open: () => createFileStore({ path, clock }) };
});
