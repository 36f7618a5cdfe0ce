// One tick for an instant, in a process of its own, on a clock that shows that instant:
//   tick-at.ts <settings as JSON>
import * as z from 'zod';
import { type Clock, systemClock } from '../lib/clock.ts';
import { allCollectors as collectors } from '../lib/collectors/all.ts';
import { parseConfig } from '../lib/config/parse.ts';
import { deadlineIn } from '../lib/deadline.ts';
import { createExporter } from '../lib/exporter.ts';
import { TickError, type TickReport } from '../lib/report.ts';
import { peakRssMb } from './bench.ts';

const settings = z
  .object({
    env: z.record(z.string(), z.string()),
    instantMs: z.number(),
    budgetMs: z.number(),
  })
  .parse(JSON.parse(process.argv[2] ?? ''));

// The clock runs as it does, from two seconds after the instant on: a period of hours passes in minutes.
const offsetMs = settings.instantMs + 2_000 - Date.now();
const clock: Clock = { ...systemClock, now: () => systemClock.now() + offsetMs };
const options = { readFile: () => '', collectors, sink: 'required', where: 'command-line' } as const;
const { config } = parseConfig(settings.env, options);
const exporter = createExporter(config, clock);
const idleMb = peakRssMb();

const report = await exporter
  .tick(settings.instantMs, deadlineIn(settings.budgetMs, clock))
  .catch((error: unknown): TickReport => {
    if (error instanceof TickError) return error.report;
    throw error;
  });
console.log(
  JSON.stringify({
    outcome: report.outcome,
    failed: report.collectors
      .filter(({ success }) => !success)
      .map(({ collector, error }) => `${collector}: ${error?.message}`),
    idleMb,
    peakRssMb: peakRssMb(),
    cpuMs: Math.round((process.cpuUsage().user + process.cpuUsage().system) / 1_000),
    readMs: report.durationMs.read,
    pushMs: report.durationMs.push,
    totalMs: report.durationMs.total,
    series: report.series,
    reads: report.exchanges.requests,
    readBytes: report.exchanges.responseBytes,
    byEndpoint: report.exchanges.byEndpoint,
    writes: report.push.requests,
    writtenBytes: report.push.bytes,
    samplesSent: report.push.samplesSent,
    samplesDropped: report.push.samplesDropped,
    ledger: report.ledger,
  }),
);
