import * as z from 'zod';
import { inFreshProcess } from './bench.ts';

export interface TickAtSettings {
  readonly env: Readonly<Record<string, string>>;
  readonly instantMs: number;
  readonly budgetMs: number;
}

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

/** What a Lambda function of 256 MB leaves for the heap. */
const oldSpaceMb = 160;

/** One tick in a fresh process. @param file `tick-at.ts`, bundled as the function is */
export const tickAt = async (file: URL, settings: TickAtSettings): Promise<TickAtResult> =>
  result.parse(
    await inFreshProcess(file, {
      nodeOptions: [`--max-old-space-size=${oldSpaceMb}`],
      args: [JSON.stringify(settings)],
    }),
  );
