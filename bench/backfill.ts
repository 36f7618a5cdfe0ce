// Seven days of 200 deployments that run once an hour, minute by minute: into VictoriaMetrics, and through promtool into
// Prometheus. Takes minutes and gigabytes of disk, so it runs by itself: node scripts/node24.mjs bench/backfill.ts [days]
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import * as z from 'zod';
import { systemClock as clock } from '../lib/clock.ts';
import { bundling } from '../scripts/build-bundles.ts';
import { makePast } from '../test/support/past-workspace.ts';
import { startPrefect } from '../test/support/real/prefect.ts';
import { startPrometheus } from '../test/support/real/prometheus.ts';
import type { PromqlApi } from '../test/support/real/promql.ts';
import { requireServer } from '../test/support/real/require-server.ts';
import { startVictoriaMetrics } from '../test/support/real/victoria-metrics.ts';
import { inFreshProcess, table } from './bench.ts';

const days = Number(process.argv[2] ?? 7);
const deployments = 200;
const untilMs = Math.floor(clock.now() / 60_000) * 60_000 - 120_000;
const sinceMs = untilMs - days * 86_400_000;

const measured = z.object({
  outcome: z.literal('done'),
  runs: z.number(),
  series: z.number(),
  ticks: z.number(),
  samples: z.number(),
  requests: z.number(),
  bytes: z.number(),
  seconds: z.number(),
  idleMb: z.number(),
  peakRssMb: z.number(),
});

const folder = await mkdtemp(join(tmpdir(), 'backfill-'));
const prefect = await startPrefect(await requireServer('prefect-3'));
try {
  console.log(`making ${deployments} deployments and ${days} days of runs …`);
  await makePast(prefect, { deployments, days, everyMinutes: 60, endMs: untilMs });
  const [ends] = await prefect.sql('SELECT count(*) AS n FROM flow_run WHERE end_time IS NOT NULL');
  console.log(`${ends?.n} runs ended`);
  const bundle = join(folder, 'backfill-once.mjs');
  await build({ ...bundling, entryPoints: ['bench/backfill-once.ts'], outfile: bundle });
  const once = async (receiverUrl: string, output: string) =>
    measured.parse(
      await inFreshProcess(pathToFileURL(bundle), {
        args: [
          ...[prefect.apiUrl, receiverUrl, join(folder, `${output === '' ? 'a' : 'b'}.json.gz`)],
          ...[String(sinceMs), String(untilMs), output],
        ],
      }),
    );
  const toVictoriaMetrics = await intoVictoriaMetrics(once);
  console.log(JSON.stringify(toVictoriaMetrics));
  const output = join(folder, 'backfill.om');
  const toFile = await once('http://127.0.0.1:9/api/v1/write', output);
  console.log(JSON.stringify(toFile));
  console.log(report({ VictoriaMetrics: toVictoriaMetrics, file: toFile }));
  await throughPromtool(output);
} finally {
  await prefect.stop();
  await rm(folder, { recursive: true });
}

async function intoVictoriaMetrics(once: (url: string, output: string) => Promise<z.infer<typeof measured>>) {
  const receiver = await startVictoriaMetrics(await requireServer('victoria-metrics'));
  try {
    const result = await once(receiver.writeUrl, '');
    await receiver.flush();
    console.log(`VictoriaMetrics has ${await total(receiver)} runs`);
    return result;
  } finally {
    await receiver.stop();
  }
}

async function throughPromtool(output: string): Promise<void> {
  const prometheus = await requireServer('prometheus-2');
  const promtool = join(dirname(prometheus.installed().binary), 'promtool');
  const blocks = join(folder, 'blocks');
  const startedMs = clock.monotonic();
  const args = [
    'tsdb',
    'create-blocks-from',
    'openmetrics',
    '--max-block-duration=162h',
    '--quiet',
    output,
    blocks,
  ];
  const { status, stderr } = spawnSync(promtool, args);
  const seconds = (clock.monotonic() - startedMs) / 1000;
  console.log(`promtool ended with ${status} after ${seconds.toFixed(0)} s ${stderr}`);
  await rm(output);
  const server = await startPrometheus(prometheus, { blocks });
  try {
    console.log(`Prometheus has ${await total(server)} runs`);
  } finally {
    await server.stop();
  }
}

async function total(api: PromqlApi): Promise<number | undefined> {
  return (await api.queryInstant('sum(prefect_flow_runs_finished_total)', untilMs))[0]?.value;
}

function report(results: Readonly<Record<string, z.infer<typeof measured>>>): string {
  const rows = Object.entries(results).map(([name, one]) => [
    name,
    String(one.ticks),
    String(one.series),
    String(one.samples),
    String(one.requests),
    `${(one.bytes / 1e6).toFixed(0)} MB`,
    `${one.seconds.toFixed(0)} s`,
    `${one.peakRssMb.toFixed(0)} MB`,
  ]);
  return table([['', 'ticks', 'series', 'samples', 'requests', 'bytes', 'time', 'peak RSS'], ...rows]);
}
