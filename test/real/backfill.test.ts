import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AskedBackfill, runBackfill } from '../../lib/backfill/prepare.ts';
import { systemClock } from '../../lib/clock.ts';
import { allCollectors } from '../../lib/collectors/all.ts';
import { parseConfig } from '../../lib/config/parse.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import { makePast } from '../support/past-workspace.ts';
import { type PrefectServer, startPrefect } from '../support/real/prefect.ts';
import { startPrometheus } from '../support/real/prometheus.ts';
import type { PromqlApi } from '../support/real/promql.ts';
import { requireServer } from '../support/real/require-server.ts';
import { startVictoriaMetrics } from '../support/real/victoria-metrics.ts';

const prefect3 = await requireServer('prefect-3');
const prometheus2 = await requireServer('prometheus-2');
const prometheus3 = await requireServer('prometheus-3');
const victoriaMetrics = await requireServer('victoria-metrics');

const hourMs = 3_600_000;
const days = 7;
const deployments = 6;
/** Five minutes ago, on the hour of no time zone in particular. */
const untilMs = Math.floor((systemClock.now() - 300_000) / 300_000) * 300_000;
const sinceMs = untilMs - days * 24 * hourMs;
const asked = {
  kind: 'new',
  sinceMs,
  untilMs,
  intervalMs: 300_000,
  output: undefined,
  dryRun: false,
} as const;

let prefect: PrefectServer;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'backfill-'));
  if (prefect3.missing) return;
  prefect = await startPrefect(prefect3);
  await makePast(prefect, { deployments, days, everyMinutes: 150, endMs: untilMs });
}, 90_000);

afterAll(async () => {
  await prefect?.stop();
  await rm(folder, { recursive: true });
});

function write(what: AskedBackfill, receiverUrl: string) {
  const environment = {
    PREFECT_API_URL: prefect.apiUrl,
    WORKSPACE: 'past',
    REMOTE_WRITE_URL: receiverUrl,
    STORE: 'memory:',
  };
  const options = {
    readFile: () => '',
    collectors: allCollectors,
    sink: 'required',
    where: 'command-line',
  } as const;
  const { config } = parseConfig(environment, options);
  const stores = {
    ledger: createMemoryStore({ clock: systemClock }),
    state: createMemoryStore({ clock: systemClock }),
  };
  const { signal } = new AbortController();
  return runBackfill({ config, clock: systemClock, signal, stores, onProgress: () => undefined }, what);
}

/** Flow, deployment and state type to how many ended in the period. */
async function endsBySql(): Promise<Record<string, number>> {
  const rows = await prefect.sql(`
    SELECT flow.name AS flow, deployment.name AS deployment, state_type, count(*) AS ends
    FROM flow_run JOIN flow ON flow.id = flow_run.flow_id JOIN deployment ON deployment.id = deployment_id
    WHERE end_time IS NOT NULL GROUP BY 1, 2, 3`);
  return Object.fromEntries(
    rows.map(({ flow, deployment, state_type, ends }) => [
      `${flow} ${deployment} ${state_type}`,
      Number(ends),
    ]),
  );
}

async function valuesOf(api: PromqlApi, promql: string): Promise<Record<string, number>> {
  const samples = await api.queryInstant(promql, untilMs);
  return Object.fromEntries(
    samples.map(({ labels, value }) => [`${labels.flow} ${labels.deployment} ${labels.state_type}`, value]),
  );
}

/** Also those that stayed at 0 are there. */
const withoutZeros = (values: Record<string, number>) =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== 0));

const one = async (api: PromqlApi, promql: string): Promise<number | undefined> =>
  (await api.queryInstant(promql, untilMs))[0]?.value;

/** The totals of the database are there at the end, and had grown to half of them at half the time. */
async function expectPast(api: PromqlApi): Promise<void> {
  const ends = await endsBySql();
  const all = Object.values(ends).reduce((sum, n) => sum + n, 0);
  expect(all).toBe(deployments * Math.floor((days * 24) / 2.5));
  const totals = await valuesOf(api, 'prefect_flow_runs_finished_total');
  expect(withoutZeros(totals)).toEqual(ends);
  expect(Object.keys(totals)).toHaveLength(deployments * 4);

  const half = await api.queryInstant(
    'sum(prefect_flow_runs_finished_total)',
    untilMs - (days * 24 * hourMs) / 2,
  );
  expect(half[0]?.value).toBeGreaterThan(all * 0.45);
  expect(half[0]?.value).toBeLessThan(all * 0.55);

  const grown = await valuesOf(api, `increase(prefect_flow_runs_finished_total[${days}d])`);
  for (const [key, n] of Object.entries(ends)) {
    expect(grown[key]).toBeGreaterThan(n * 0.98);
    expect(grown[key]).toBeLessThan(n * 1.02);
  }
  const [sums] = await prefect.sql(`
    SELECT count(*) AS runs, sum(strftime('%s', total_run_time)) AS seconds
    FROM flow_run WHERE state_type = 'COMPLETED'`);
  expect(await one(api, 'sum(prefect_flow_run_duration_seconds_count)')).toBe(sums?.runs);
  expect(await one(api, 'sum(prefect_flow_run_duration_seconds_sum)')).toBe(sums?.seconds);
  const [started] = await prefect.sql(`
    SELECT count(*) AS runs, sum(unixepoch(start_time) - unixepoch(expected_start_time) <= 60) AS soon
    FROM flow_run WHERE unixepoch(start_time, 'subsec') > ${sinceMs / 1000}`);
  expect(await one(api, 'sum(prefect_flow_run_start_delay_seconds_count)')).toBe(started?.runs);
  expect(await one(api, 'sum(prefect_flow_run_start_delay_seconds_bucket{le="60.0"})')).toBe(started?.soon);
}

describe.skipIf(prefect3.missing)('seven days of a real Prefect', () => {
  test.skipIf(victoriaMetrics.missing)('into VictoriaMetrics', { timeout: 120_000 }, async () => {
    const receiver = await startVictoriaMetrics(victoriaMetrics);
    try {
      const report = await write(asked, receiver.writeUrl);
      expect(report).toMatchObject({ outcome: 'done', ticks: days * 288 + 1 });
      await receiver.flush();
      await expectPast(receiver);
    } finally {
      await receiver.stop();
    }
  });

  test.skipIf(prometheus2.missing || prometheus3.missing)(
    'through promtool into Prometheus',
    { timeout: 120_000 },
    async () => {
      const output = join(folder, 'backfill.om');
      const blocks = join(folder, 'blocks');
      await write({ ...asked, output }, 'http://127.0.0.1:9/api/v1/write');
      const promtool = join(dirname(prometheus2.installed().binary), 'promtool');
      const { status, stderr } = spawnSync(promtool, [
        ...['tsdb', 'create-blocks-from', 'openmetrics', '--max-block-duration=24h', '--quiet'],
        ...[output, blocks],
      ]);
      expect({ status, stderr: String(stderr) }).toEqual({ status: 0, stderr: '' });
      expect((await stat(blocks)).isDirectory()).toBe(true);
      const server = await startPrometheus(prometheus3, { blocks });
      try {
        await expectPast(server);
      } finally {
        await server.stop();
      }
    },
  );

  test.skipIf(prometheus3.missing)(
    'is refused by a Prometheus that has newer samples, and taken with a window',
    { timeout: 120_000 },
    async () => {
      const quick = { ...asked, sinceMs: untilMs - 12 * hourMs };
      for (const outOfOrderWindow of [undefined, '8d']) {
        const server = await startPrometheus(
          prometheus3,
          outOfOrderWindow === undefined ? {} : { outOfOrderWindow },
        );
        try {
          await write({ ...quick, sinceMs: untilMs - hourMs }, server.writeUrl);
          const past = write({ ...quick, untilMs: untilMs - 2 * hourMs }, server.writeUrl);
          if (outOfOrderWindow === undefined) {
            await expect(past).rejects.toMatchObject({ problem: { slug: 'backfill-refused' } });
          } else expect(await past).toMatchObject({ outcome: 'done' });
        } finally {
          await server.stop();
        }
      }
    },
  );
});
