import * as z from 'zod';
import { startReceiver } from '../doubles/receiver/receiver.ts';
import { type Bench, inFreshProcess, median, table } from './bench.ts';

const series = 20_000;
/** What a Lambda function of 256 MB leaves for the heap. */
const oldSpaceMb = 160;

const measured = z.object({
  idleMb: z.number(),
  batchMb: z.number(),
  peakRssMb: z.number(),
  pushMs: z.number(),
  requests: z.number(),
  bytes: z.number(),
  samplesSent: z.literal(series),
});

/** A whole push to a local receiver in another process: how much memory it takes. */
export const createMemoryBench = ({ runs = 5 }: { runs?: number } = {}): Bench => ({
  name: 'memory',
  async run() {
    const results: z.infer<typeof measured>[] = [];
    for (let run = 0; run < runs; run += 1) results.push(await measure());
    const of = (field: 'idleMb' | 'batchMb' | 'peakRssMb' | 'pushMs' | 'requests' | 'bytes') =>
      median(results.map((result) => result[field])).toFixed(0);
    const title = `${series} series pushed with --max-old-space-size=${oldSpaceMb}; medians of ${runs} fresh processes`;
    const rows = [
      ['peak RSS before', 'with the batch', 'after the push', 'push', 'requests', 'bytes'],
      [
        `${of('idleMb')} MB`,
        `${of('batchMb')} MB`,
        `${of('peakRssMb')} MB`,
        `${of('pushMs')} ms`,
        of('requests'),
        of('bytes'),
      ],
    ];
    return `${title}\n\n${table(rows)}`;
  },
});

async function measure(): Promise<z.infer<typeof measured>> {
  const receiver = await startReceiver();
  try {
    const result = await inFreshProcess(new URL('memory-once.ts', import.meta.url), {
      nodeOptions: [`--max-old-space-size=${oldSpaceMb}`],
      args: [receiver.writeUrl.href, String(series)],
    });
    return measured.parse(result);
  } finally {
    await receiver.stop();
  }
}
