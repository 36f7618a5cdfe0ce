import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import * as z from 'zod';
import { bundling } from '../scripts/build-bundles.ts';
import { type Bench, inFreshProcess, median, table } from './bench.ts';

const round = z.object({
  decodeMs: z.number(),
  advanceMs: z.number(),
  encodeMs: z.number(),
  bytes: z.number(),
  sent: z.number(),
});
const measured = z.object({ idleMb: z.number(), peakMb: z.number(), first: round, later: z.array(round) });

type Round = z.infer<typeof round>;

const series = [500, 5_000, 50_000];
const entries = [1, 50, 360];

/** The ledger's document and what a tick takes to read, change and write it, by series and by ticks that wait. */
export const createLedgerBench = (): Bench => ({
  name: 'ledger',
  async run() {
    const folder = await mkdtemp(join(tmpdir(), 'ledger-'));
    try {
      // Bundled as the function is: Node takes tens of megabytes to strip types from sources.
      const outfile = join(folder, 'ledger-once.mjs');
      await build({ ...bundling, entryPoints: ['bench/ledger-once.ts'], outfile });
      const rows: string[][] = [];
      for (const size of series) {
        for (const waiting of entries) rows.push(await measure(outfile, folder, size, waiting));
      }
      const head = ['series', 'waiting', 'document', 'decode', 'advance', 'encode', 'first tick', 'later'];
      return `one tick by the ticks that wait; CPU times, of later ticks of a process\n\n${table([[...head, 'peak RSS', 'idle'], ...rows])}`;
    } finally {
      await rm(folder, { recursive: true });
    }
  },
});

async function measure(once: string, folder: string, size: number, waiting: number): Promise<string[]> {
  const file = pathToFileURL(once);
  const args = [join(folder, 'document'), String(size), String(waiting)];
  await inFreshProcess(file, { args: ['make', ...args] });
  const { idleMb, peakMb, first, later } = measured.parse(
    await inFreshProcess(file, { args: ['tick', ...args] }),
  );
  const of = (field: keyof Round) => median(later.map((one) => one[field]));
  return [
    String(first.sent),
    String(waiting),
    `${(first.bytes / 1_000).toFixed(0)} kB`,
    ...(['decodeMs', 'advanceMs', 'encodeMs'] as const).map((field) => `${of(field).toFixed(1)} ms`),
    `${total(first).toFixed(0)} ms`,
    `${median(later.map(total)).toFixed(0)} ms`,
    `${peakMb.toFixed(0)} MB`,
    `${idleMb.toFixed(0)} MB`,
  ];
}

const total = ({ decodeMs, advanceMs, encodeMs }: Round): number => decodeMs + advanceMs + encodeMs;
