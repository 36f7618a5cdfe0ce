import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import * as z from 'zod';
import { startPrefectDouble } from '../doubles/prefect/api.ts';
import { startReceiver } from '../doubles/receiver/receiver.ts';
import { systemClock as clock } from '../lib/clock.ts';
import { bundling } from '../scripts/build-bundles.ts';
import { ordinaryWorkspace } from '../test/support/ordinary-workspace.ts';
import { type Bench, inFreshProcess, median, table } from './bench.ts';

/** Nine series each: 20,000 in all. */
const deployments = 2_250;
/** What a Lambda function of 256 MB leaves for the heap. */
const oldSpaceMb = 160;
const maxPeakRssMb = 200;

const measured = z.object({
  outcome: z.literal('pushed'),
  idleMb: z.number(),
  peakRssMb: z.number(),
  readMs: z.number(),
  pushMs: z.number(),
  series: z.number().min(20_000),
  reads: z.number(),
  readBytes: z.number(),
  writes: z.number(),
  writtenBytes: z.number(),
});

type Measured = z.infer<typeof measured>;

/** A whole tick of a large workspace in another process: memory, time, requests and bytes. */
export const createTickBench = ({ runs = 5 }: { runs?: number } = {}): Bench => ({
  name: 'tick',
  async run() {
    const prefect = await startPrefectDouble({ clock, workspace: ordinaryWorkspace(clock, { deployments }) });
    const folder = await mkdtemp(join(tmpdir(), 'tick-'));
    try {
      // Bundled as the function is: Node takes tens of megabytes to strip types from sources.
      const outfile = join(folder, 'tick-once.mjs');
      await build({ ...bundling, entryPoints: ['bench/tick-once.ts'], outfile });
      const results: Measured[] = [];
      for (let run = 0; run < runs; run += 1) results.push(await measure(outfile, prefect.apiUrl));
      return report(results);
    } finally {
      await rm(folder, { recursive: true });
      await prefect.stop();
    }
  },
});

async function measure(file: string, prefectUrl: string): Promise<Measured> {
  const receiver = await startReceiver();
  try {
    const result = await inFreshProcess(pathToFileURL(file), {
      nodeOptions: [`--max-old-space-size=${oldSpaceMb}`],
      args: [prefectUrl, receiver.writeUrl.href],
    });
    return measured.parse(result);
  } finally {
    await receiver.stop();
  }
}

function report(results: readonly Measured[]): string {
  const of = (field: Exclude<keyof Measured, 'outcome'>) => median(results.map((result) => result[field]));
  const mb = (bytes: number) => `${(bytes / 1_000_000).toFixed(1)} MB`;
  const worstMb = Math.max(...results.map(({ peakRssMb }) => peakRssMb));
  if (worstMb > maxPeakRssMb)
    throw new Error(`peak RSS ${worstMb.toFixed(0)} MB, at most ${maxPeakRssMb} MB`);
  const title = `${of('series')} series of ${deployments} deployments with --max-old-space-size=${oldSpaceMb}; medians of ${results.length} fresh processes`;
  const rows = [
    ['', 'requests', 'bytes', 'time'],
    ['read', String(of('reads')), mb(of('readBytes')), `${of('readMs')} ms`],
    ['push', String(of('writes')), mb(of('writtenBytes')), `${of('pushMs')} ms`],
  ];
  const memory = `peak RSS ${of('peakRssMb').toFixed(0)} MB, worst ${worstMb.toFixed(0)} MB (limit ${maxPeakRssMb} MB), ${of('idleMb').toFixed(0)} MB before the tick`;
  return `${title}\n\n${table(rows)}\n\n${memory}`;
}
