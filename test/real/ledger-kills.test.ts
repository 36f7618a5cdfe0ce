// Twenty minutes of a Prefect server in which runs finish while exporters are killed, skipped and doubled, receivers
// are away and then Prefect is: afterwards every minute of every counter and histogram is what SQL says. Time is
// that of the test, see tick-process.ts. LEDGER_SEED=<number> takes the decisions of another run again; when exactly
// a kill hits is the machine's chance.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seededChance } from '../../doubles/prefect/seeded.ts';
import { systemClock } from '../../lib/clock.ts';
import { expectedByTick, finishDifferences } from '../support/real/finish-differences.ts';
import { startDelayQuery } from '../support/real/finish-log.ts';
import { tellFigures } from '../support/real/kill-figures.ts';
import { createKilledExporter, type KilledExporter } from '../support/real/killed-exporter.ts';
import { type PrefectServer, startPrefect } from '../support/real/prefect.ts';
import { type PrometheusServer, startPrometheus } from '../support/real/prometheus.ts';
import type { Series } from '../support/real/promql.ts';
import { requireServer } from '../support/real/require-server.ts';
import { startVictoriaMetrics, type VictoriaMetricsServer } from '../support/real/victoria-metrics.ts';
import { liveThroughWildPeriod, periodTicks } from '../support/real/wild-period.ts';

const required = {
  prefect: await requireServer('prefect-3'),
  prometheus3: await requireServer('prometheus-3'),
  prometheus2: await requireServer('prometheus-2'),
  victoriaMetrics: await requireServer('victoria-metrics'),
};
const isMissing = Object.values(required).some(({ missing }) => missing);

const seed = Number(process.env.LEDGER_SEED ?? Math.floor(systemClock.random() * 1e9));
const runsPerMinute = 100;
/** Of each exporter. */
const fewestHits = 17;

/** VictoriaMetrics turns doubles into decimals: 12 digits are certain. */
const decimalSlack = (value: number): number => Math.abs(value) * 1e-12;

describe.skipIf(isMissing)(`exporters under kills, LEDGER_SEED=${seed}`, () => {
  let folder: string;
  let prefect: PrefectServer;
  let prometheus3: PrometheusServer;
  let prometheus2: PrometheusServer;
  let victoriaMetrics: VictoriaMetricsServer;
  let exporters: KilledExporter[] = [];
  let ticks: readonly number[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ledger-kills-'));
    [prefect, prometheus3, prometheus2, victoriaMetrics] = await Promise.all([
      startPrefect(required.prefect),
      startPrometheus(required.prometheus3),
      startPrometheus(required.prometheus2),
      startVictoriaMetrics(required.victoriaMetrics),
    ]);
    const chance = seededChance(seed);
    const exporter = (name: string, writeUrl: string, warm: boolean, variables = {}) =>
      createKilledExporter({
        ...{
          name,
          warm,
          storePath: join(folder, name, 'ledger.json.gz'),
          cacheFolder: join(folder, 'cache'),
        },
        environment: {
          ...{ PREFECT_API_URL: prefect.apiUrl, REMOTE_WRITE_URL: writeUrl, MAX_RETRIES: '1' },
          ...variables,
        },
        chance: seededChance(chance.between(0, 1e9)),
      });
    // One reads everything; the others are spared what has nothing to do with the ledger.
    const few = { COLLECTORS: 'finished_runs,start_delays,last_runs,open_runs,deployments' };
    exporters = [
      exporter('prometheus-3', prometheus3.writeUrl, false),
      exporter('prometheus-2', prometheus2.writeUrl, true, few),
      exporter('victoria-metrics', victoriaMetrics.writeUrl, false, few),
    ];
    const firstMs = Math.floor(systemClock.now() / 60_000) * 60_000 - 40 * 60_000;
    const outages = [
      { from: 5, to: 10, servers: [prometheus3, prometheus2, victoriaMetrics] },
      { from: 13, to: 18, servers: [prefect] },
    ];
    const plan = { wildMinutes: 20, outages };
    ticks = periodTicks(firstMs, plan);
    const startedMs = systemClock.monotonic();
    await liveThroughWildPeriod({ prefect, firstMs, plan, exporters, chance, runsPerMinute, fewestHits });
    const tookMs = systemClock.monotonic() - startedMs;
    await tellFigures(`exporters under kills, LEDGER_SEED=${seed}`, { prefect, exporters, tookMs });
  }, 900_000);

  afterAll(async () => {
    await Promise.all([prefect, prometheus3, prometheus2, victoriaMetrics].map((server) => server?.stop()));
    await rm(folder, { recursive: true, force: true });
  });

  const endMs = (): number => ticks.at(-1) ?? 0;
  const families = '{__name__=~"prefect_.*"}';

  const receivers = [
    { name: 'prometheus-3', stored: () => prometheus3.querySamples(`${families}[30m]`, endMs()) },
    { name: 'prometheus-2', stored: () => prometheus2.querySamples(`${families}[30m]`, endMs()) },
    {
      name: 'victoria-metrics',
      slack: decimalSlack,
      stored: async () => {
        await victoriaMetrics.flush();
        return victoriaMetrics.exportSeries(families);
      },
    },
  ] as const;

  test('the processes were killed at work, and the workspace has all there is to count', async () => {
    for (const { name, figures } of exporters) expect(figures.hits, name).toBeGreaterThanOrEqual(fewestHits);
    const afterCommit = exporters.map(({ figures }) => figures.hitsAfterCommit);
    expect(afterCommit.reduce((sum, hits) => sum + hits, 0)).toBeGreaterThan(2);
    const [row] = await prefect.sql(`SELECT
      (SELECT count(DISTINCT run_id) FROM finish) >= 19 * ${runsPerMinute} AS runs,
      (SELECT count(*) FROM (SELECT 1 FROM finish GROUP BY run_id HAVING count(*) > 1)) > 10 AS again,
      (SELECT count(*) FROM finish WHERE run_count > 1) > 100 AS retried,
      (SELECT count(*) FROM finish WHERE visible_ms * 1000 - end_us > 60000000) > 50 AS late,
      (SELECT count(*) FROM flow_run WHERE name = 'by requests') > 10 AS byRequests,
      (SELECT count(DISTINCT state_name) FROM finish) AS states`);
    expect(row).toEqual({ runs: 1, again: 1, retried: 1, late: 1, byRequests: 1, states: 7 });
  });

  describe.each(receivers)('$name', ({ name, stored, ...rest }) => {
    let exporter: KilledExporter;
    let found: readonly Series[];

    beforeAll(async () => {
      const one = exporters.find((candidate) => candidate.name === name);
      if (one === undefined) throw new Error(`no exporter for ${name}`);
      exporter = one;
      found = await stored();
    });

    const valuesOf = (family: string) =>
      found
        .filter(({ labels }) => labels.__name__ === family)
        .map(({ labels, points }) => ({ labels, points }));

    test('has every minute of every counter and histogram, as SQL counts them', async () => {
      expect(exporter.emitted().map(([tickMs]) => tickMs)).toEqual(ticks);
      const { databasePath } = prefect;
      const expected = await expectedByTick({ databasePath, emitted: exporter.emitted() });
      expect(expected.size).toBeGreaterThan(300);
      expect(finishDifferences(expected, { found, ticks, ...rest })).toEqual([]);
    });

    test('has every finished run in the newest values', async () => {
      const [row] = await prefect.sql('SELECT count(*) AS ends FROM finish');
      const newest = valuesOf('prefect_flow_runs_finished_total').map(
        ({ points }) => points.at(-1)?.value ?? 0,
      );
      expect(newest.reduce((sum, value) => sum + value, 0)).toBe(row?.ends);
    });

    test('observed each start once', async () => {
      const firstUs = (ticks[0] ?? 0) * 1000;
      const rows = await prefect.sql(startDelayQuery.replace(':createdUs', String(firstUs)));
      const place = (pool: unknown, queue: unknown) => `${pool ?? ''}/${queue ?? ''}`;
      const newest = (suffix: string) =>
        Object.fromEntries(
          valuesOf(`prefect_flow_run_start_delay_seconds_${suffix}`).map(({ labels, points }) => [
            place(labels.work_pool, labels.work_queue),
            points.at(-1)?.value,
          ]),
        );
      const expected = rows.map((row) => [place(row.work_pool, row.work_queue), row] as const);
      expect(newest('count')).toEqual(Object.fromEntries(expected.map(([key, { starts }]) => [key, starts])));
      const sums = expected.map(([key, { delay_us: us }]) => [key, expect.closeTo(Number(us) / 1e6, 6)]);
      expect(newest('sum')).toEqual(Object.fromEntries(sums));
    });

    test('was refused nothing that it has not got', () => {
      const reasons = valuesOf('prefect_exporter_samples_dropped_total').map(({ labels }) => labels.reason);
      expect(new Set([...reasons, 'already_stored'])).toEqual(new Set(['already_stored']));
      const dropped = exporter.answers.flatMap(({ push }) => Object.keys(push.samplesDropped));
      expect(new Set([...dropped, 'already_stored'])).toEqual(new Set(['already_stored']));
    });

    test('no counter ever fell', () => {
      const fell = found.filter(
        ({ labels, points }) =>
          /_(?:total|count|bucket|sum)$/.test(labels.__name__ ?? '') &&
          points.some(({ value }, index) => value < (points[index - 1]?.value ?? 0)),
      );
      expect(fell.map(({ labels }) => labels)).toEqual([]);
    });
  });
});
