// What the ledger adds to a tick: requests, bytes, time, and money on AWS.
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { startPrefectDouble } from '../doubles/prefect/api.ts';
import { startReceiver } from '../doubles/receiver/receiver.ts';
import { systemClock } from '../lib/clock.ts';
import { allCollectors } from '../lib/collectors/all.ts';
import { bundling } from '../scripts/build-bundles.ts';
import { ordinaryWorkspace } from '../test/support/ordinary-workspace.ts';
import { type Bench, table } from './bench.ts';
import { endSome } from './ended-runs.ts';
import { type TickAtResult, tickAt } from './tick-at-process.ts';

const minuteMs = 60_000;
const deployments = 200;
const runsPerMinute = 10;
/** The tick that is shown: by then series have been born and the ledger is warm. */
const ticks = 5;

/** S3 in us-east-1: one PUT a tick, and one GET for a cold container (aws.amazon.com/s3/pricing, 2026-11). */
const dollarsPerPut = 0.005 / 1_000;
const ticksPerMonth = 43_800;

export const createLedgerCostBench = (): Bench => ({
  name: 'ledger-cost',
  onRequest: true,
  async run() {
    const folder = await mkdtemp(join(tmpdir(), 'ledger-cost-'));
    try {
      const outfile = join(folder, 'tick-at.mjs');
      await build({ ...bundling, entryPoints: ['bench/tick-at.ts'], outfile });
      const gauges = allCollectors.filter(
        ({ byDefault, kept, set }) => byDefault && !kept && set === 'native',
      );
      const without = gauges.map(({ name }) => name).join();
      const rows = [
        await measure(outfile, join(folder, 'without.gz'), 'without the ledger families', without),
        await measure(outfile, join(folder, 'with.gz'), 'with them', 'default'),
      ];
      const head = ['', 'series', 'reads', 'read', 'writes', 'written', 'document', 'CPU', 'peak RSS'];
      const month = (dollarsPerPut * ticksPerMonth).toFixed(2);
      return `${deployments} deployments, ${runsPerMinute} ends a minute; tick ${ticks} of a process each\n\n${table([head, ...rows])}\n\nS3: one PUT a tick, $${month} a month`;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
});

async function measure(
  file: string,
  storePath: string,
  title: string,
  collectors: string,
): Promise<string[]> {
  const firstMs = Math.floor(Date.now() / minuteMs - ticks - 1) * minuteMs;
  const simulated = { nowMs: firstMs };
  const clock = { ...systemClock, now: () => simulated.nowMs };
  const workspace = ordinaryWorkspace(clock, { deployments });
  const prefect = await startPrefectDouble({ clock, workspace });
  const receiver = await startReceiver();
  const env = {
    PREFECT_API_URL: prefect.apiUrl,
    REMOTE_WRITE_URL: receiver.writeUrl.href,
    STORE: `file:${storePath}`,
    COLLECTORS: collectors,
  };
  try {
    let last: TickAtResult | undefined;
    for (let tick = 0; tick < ticks; tick += 1) {
      const instantMs = firstMs + tick * minuteMs;
      simulated.nowMs = instantMs + 2_000;
      if (tick > 0) endSome(workspace, instantMs, runsPerMinute);
      last = await tickAt(pathToFileURL(file), { env, instantMs, budgetMs: 55_000 });
    }
    if (last === undefined) throw new Error('no tick');
    return row(title, last, (await stat(storePath)).size);
  } finally {
    await receiver.stop();
    await prefect.stop();
  }
}

const row = (title: string, result: TickAtResult, documentBytes: number): string[] => [
  title,
  String(result.series),
  String(result.reads),
  `${(result.readBytes / 1_000).toFixed(0)} kB`,
  String(result.writes),
  `${(result.writtenBytes / 1_000).toFixed(0)} kB`,
  `${(documentBytes / 1_000).toFixed(0)} kB`,
  `${result.cpuMs} ms`,
  `${result.peakRssMb.toFixed(0)} MB`,
];
