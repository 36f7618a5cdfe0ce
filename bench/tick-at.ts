// One tick for an instant, in a process of its own:
//   tick-at.ts <settings as JSON>
import * as z from 'zod';
import { peakRssMb } from './bench.ts';
import { runTickAt } from './tick-at-instant.ts';

const settings = z
  .object({
    env: z.record(z.string(), z.string()),
    instantMs: z.number(),
    budgetMs: z.number(),
  })
  .parse(JSON.parse(process.argv[2] ?? ''));

const idleMb = peakRssMb();
const report = await runTickAt(settings);
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
