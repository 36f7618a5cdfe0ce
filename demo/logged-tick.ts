import * as z from 'zod';

/** The part of a tick's log line that the demo shows and checks; written by `reportFields` of lib/report.ts. */
const loggedTick = z.object({
  outcome: z.enum(['pushed', 'partial', 'skipped', 'failed']),
  instant: z.iso.datetime(),
  skipped: z.string().optional(),
  error: z.string().optional(),
  durationMs: z.object({ total: z.number() }),
  series: z.number(),
  prefect: z.object({ requests: z.number() }),
  push: z.object({
    requests: z.number(),
    bytes: z.number(),
    samplesSent: z.number(),
    samplesDropped: z.record(z.string(), z.number()),
    refusals: z.array(z.string()),
  }),
  collectorsFailed: z.array(z.object({ collector: z.string(), error: z.string() })),
});

export type LoggedTick = z.infer<typeof loggedTick>;

/** Undefined for a line that is not the report of a tick. */
export function parseLogLine(line: string): LoggedTick | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  return loggedTick.safeParse(value).data;
}
