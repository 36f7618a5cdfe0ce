import * as z from 'zod';
import { inFreshProcess } from './bench.ts';
import type { TickAtSettings } from './tick-at-instant.ts';

const result = z.object({
  outcome: z.string(),
  failed: z.array(z.string()),
  idleMb: z.number(),
  peakRssMb: z.number(),
  cpuMs: z.number(),
  readMs: z.number(),
  pushMs: z.number(),
  totalMs: z.number(),
  series: z.number(),
  reads: z.number(),
  readBytes: z.number(),
  byEndpoint: z.record(z.string(), z.number()),
  writes: z.number(),
  writtenBytes: z.number(),
  samplesSent: z.number(),
  samplesDropped: z.record(z.string(), z.number()),
  ledger: z
    .object({
      created: z.boolean(),
      cursor: z.string(),
      repairedTicks: z.number(),
      waitingTicks: z.number(),
    })
    .optional(),
});

export type TickAtResult = z.infer<typeof result>;

/** So that a process stays below the 256 MB of a function: code, buffers and stacks take about 100 MB beside the heap. */
const heapOptions = ['--max-old-space-size=128', '--max-semi-space-size=8'];

/** One tick in a fresh process. @param file `tick-at.ts`, bundled as the function is */
export const tickAt = async (file: URL, settings: TickAtSettings): Promise<TickAtResult> =>
  result.parse(
    await inFreshProcess(file, {
      nodeOptions: heapOptions,
      args: [JSON.stringify(settings)],
    }),
  );
