// A Pushgateway that exporters put their sets into while they are killed: its totals are exact in the end, and no
// counter that a Prometheus scrapes there ever falls. See ledger-kills.test.ts.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seededChance } from '../../doubles/prefect/seeded.ts';
import { systemClock } from '../../lib/clock.ts';
import { expectedByTick, ownText } from '../support/real/finish-differences.ts';
import { tellFigures } from '../support/real/kill-figures.ts';
import { createKilledExporter, type KilledExporter } from '../support/real/killed-exporter.ts';
import { type PrefectServer, startPrefect } from '../support/real/prefect.ts';
import { type PrometheusServer, startPrometheus } from '../support/real/prometheus.ts';
import { type PushgatewayServer, startPushgateway } from '../support/real/pushgateway.ts';
import { requireServer } from '../support/real/require-server.ts';
import { liveThroughWildPeriod, periodTicks } from '../support/real/wild-period.ts';

const required = {
  prefect: await requireServer('prefect-3'),
  prometheus: await requireServer('prometheus-3'),
  pushgateway: await requireServer('pushgateway'),
};
const isMissing = Object.values(required).some(({ missing }) => missing);

const seed = Number(process.env.LEDGER_SEED ?? Math.floor(systemClock.random() * 1e9));
const fewestHits = 10;

describe.skipIf(isMissing)(`a Pushgateway under kills, LEDGER_SEED=${seed}`, () => {
  let folder: string;
  let prefect: PrefectServer;
  let gateway: PushgatewayServer;
  let prometheus: PrometheusServer;
  let exporter: KilledExporter;
  let ticks: readonly number[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ledger-pushgateway-'));
    [prefect, gateway] = await Promise.all([
      startPrefect(required.prefect),
      startPushgateway(required.pushgateway),
    ]);
    const scrape = {
      ...{ job_name: 'gateway', honor_labels: true, scrape_interval: '250ms', scrape_timeout: '250ms' },
      static_configs: [{ targets: [new URL(gateway.url).host] }],
    };
    prometheus = await startPrometheus(required.prometheus, { scrapeConfigs: [scrape] });
    const chance = seededChance(seed);
    exporter = createKilledExporter({
      ...{
        name: 'pushgateway',
        storePath: join(folder, 'ledger.json.gz'),
        cacheFolder: join(folder, 'cache'),
      },
      environment: { PREFECT_API_URL: prefect.apiUrl, PUSHGATEWAY_URL: gateway.url, MAX_RETRIES: '1' },
      chance: seededChance(chance.between(0, 1e9)),
    });
    const firstMs = Math.floor(systemClock.now() / 60_000) * 60_000 - 20 * 60_000;
    const plan = { wildMinutes: 9, outages: [{ from: 4, to: 6, servers: [prefect] }] };
    ticks = periodTicks(firstMs, plan);
    const exporters = [exporter];
    const startedMs = systemClock.monotonic();
    await liveThroughWildPeriod({ prefect, firstMs, plan, exporters, chance, runsPerMinute: 60, fewestHits });
    const tookMs = systemClock.monotonic() - startedMs;
    await tellFigures(`a Pushgateway under kills, LEDGER_SEED=${seed}`, { prefect, exporters, tookMs });
  }, 900_000);

  afterAll(async () => {
    await Promise.all([prefect, gateway, prometheus].map((server) => server?.stop()));
    await rm(folder, { recursive: true, force: true });
  });

  const ours = '{__name__=~"prefect_.*",job="prefect-exporter"}';

  test('the processes were killed at work', () => {
    expect(exporter.figures.hits).toBeGreaterThanOrEqual(fewestHits);
  });

  test('totals are exact in the end', async () => {
    const lastMs = ticks.at(-1) ?? 0;
    const { databasePath } = prefect;
    const expected = await expectedByTick({
      databasePath,
      emitted: [
        [ticks[0] ?? 0, 0],
        [lastMs, lastMs],
      ],
    });
    const wanted = [...expected].map(([series, values]) => [series, values.get(lastMs)] as const);
    expect(wanted.length).toBeGreaterThan(300);
    const scraped = async () => {
      const found = await prometheus.queryInstant(ours, systemClock.now());
      return new Map(found.map(({ labels, value }) => [ownText(labels), value]));
    };
    const tick = 'prefect_exporter_tick_timestamp_seconds{}';
    await expect.poll(async () => (await scraped()).get(tick), { timeout: 20_000 }).toBe(lastMs / 1000);
    const found = await scraped();
    expect(wanted.filter(([series, value]) => found.get(series) !== value)).toEqual([]);
    const finished = [...found].filter(([series]) => series.startsWith('prefect_flow_runs_finished_total'));
    const [row] = await prefect.sql('SELECT count(*) AS ends FROM finish');
    expect(finished.reduce((sum, [, value]) => sum + value, 0)).toBe(row?.ends);
  });

  test('no counter ever fell', async () => {
    const found = await prometheus.querySamples(`${ours}[1h]`, systemClock.now());
    const counters = found.filter(({ labels }) => /_(?:total|count|bucket|sum)$/.test(labels.__name__ ?? ''));
    expect(counters.length).toBeGreaterThan(300);
    const fell = counters.filter(({ points }) =>
      points.some(({ value }, index) => value < (points[index - 1]?.value ?? 0)),
    );
    expect(fell.map(({ labels }) => labels)).toEqual([]);
  });
});
