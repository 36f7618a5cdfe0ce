// How long a tick of the built function takes with the part of a processor that its memory brings, and what that costs.
import { mkdir, rm, rmdir, writeFile } from 'node:fs/promises';
import { startPrefectDouble } from '../doubles/prefect/api.ts';
import { startReceiver } from '../doubles/receiver/receiver.ts';
import { startS3Double } from '../doubles/s3/s3.ts';
import { systemClock as clock } from '../lib/clock.ts';
import { buildForTest, unpack } from '../test/support/bundle.ts';
import { startLambda } from '../test/support/lambda.ts';
import { ordinaryWorkspace } from '../test/support/ordinary-workspace.ts';
import { type Bench, median, table } from './bench.ts';
import { endSome } from './ended-runs.ts';

const minuteMs = 60_000;
const deployments = 200;
const runsPerMinute = 10;
const ticks = 9;
const memories = [256, 512, 1_024, 1_769];

/** Lambda gives a whole processor at this memory, and less in proportion, in periods of 20 ms. */
const wholeProcessorMb = 1_769;
const periodUs = 20_000;

/** arm64 in us-east-1, a tick a minute for 30 days (aws.amazon.com/lambda/pricing, 2026-11). */
const dollarsPerGbSecond = 0.0000133334;
const ticksAMonth = 43_200;

export const createFunctionMemoryBench = (): Bench => ({
  name: 'function-memory',
  onRequest: true,
  async run() {
    const taskRoot = await unpack((await buildForTest('function-memory')).zipFile);
    try {
      const rows: string[][] = [];
      for (const memoryMb of memories) rows.push(await measure(taskRoot, memoryMb));
      const head = ['memory', 'first tick', 'ticks after it', 'a month'];
      return `${deployments} deployments, ${runsPerMinute} ends a minute; Prefect, the receiver and S3 answer at once\n\n${table([head, ...rows])}`;
    } finally {
      await rm(taskRoot, { recursive: true });
    }
  },
});

async function measure(taskRoot: string, memoryMb: number): Promise<string[]> {
  const workspace = ordinaryWorkspace(clock, { deployments });
  const [prefect, receiver, s3] = await Promise.all([
    startPrefectDouble({ clock, workspace }),
    startReceiver(),
    startS3Double({ buckets: ['ledgers'] }),
  ]);
  const env = {
    PREFECT_API_URL: prefect.apiUrl,
    REMOTE_WRITE_URL: receiver.writeUrl.href,
    STORE: 's3://ledgers/prod/ledger.json.gz',
    S3_ENDPOINT: s3.url.href,
    WORKSPACE: 'production',
    // Ticks of the last minutes are not late with this one.
    INTERVAL_SECONDS: '1200',
    EMF: 'true',
  };
  const lambda = await startLambda({
    ...{ taskRoot, handler: 'index.handler', memoryMb, timeoutMs: 60_000 },
    env,
  });
  const share = await shareOfProcessor(lambda.pid, memoryMb);
  try {
    const times: number[] = [];
    for (let tick = ticks; tick > 0; tick -= 1) {
      const instantMs = Math.floor(clock.now() / minuteMs - tick) * minuteMs;
      endSome(workspace, instantMs, runsPerMinute);
      const startedMs = clock.monotonic();
      const outcome = await lambda.invoke({ scheduledTime: new Date(instantMs).toISOString() });
      times.push(clock.monotonic() - startedMs);
      if (!JSON.stringify(outcome).includes('"pushed"')) throw new Error(JSON.stringify(outcome));
    }
    return row(memoryMb, times);
  } finally {
    await lambda.stop();
    await Promise.all([prefect.stop(), receiver.stop(), s3.stop(), share.remove()]);
  }
}

function row(memoryMb: number, [first = Number.NaN, ...rest]: readonly number[]): string[] {
  const warmMs = median(rest);
  const dollars = ticksAMonth * (warmMs / 1_000) * (memoryMb / 1_024) * dollarsPerGbSecond;
  return [`${memoryMb} MB`, `${Math.round(first)} ms`, `${Math.round(warmMs)} ms`, `$${dollars.toFixed(2)}`];
}

/** Puts a process, which has started, under the quota of a function. Needs root and cgroups of version 1. */
async function shareOfProcessor(pid: number, memoryMb: number): Promise<{ remove(): Promise<void> }> {
  const group = `/sys/fs/cgroup/cpu/prefect-push-exporter-${pid}`;
  await mkdir(group);
  const quotaUs = Math.round((periodUs * memoryMb) / wholeProcessorMb);
  await writeFile(`${group}/cpu.cfs_period_us`, String(periodUs));
  await writeFile(`${group}/cpu.cfs_quota_us`, String(quotaUs));
  await writeFile(`${group}/cgroup.procs`, String(pid));
  return { remove: () => rmdir(group) };
}
