// What Prometheus computes from counters and histograms is what SQL says of Prefect's database. Every series starts
// with a zero, so increase() has nothing to extrapolate over a range that begins before it. Time is that of the test,
// see tick-process.ts.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seededChance } from '../../doubles/prefect/seeded.ts';
import { systemClock } from '../../lib/clock.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import { type ByTick, bucketBounds, expectedByTick, ownText } from '../support/real/finish-differences.ts';
import { createFinishingRuns } from '../support/real/finishing-runs.ts';
import { makeFinishingWorkspace } from '../support/real/finishing-workspace.ts';
import { makeExporter, tickReport } from '../support/real/make-exporter.ts';
import { type PrefectServer, startPrefect } from '../support/real/prefect.ts';
import { type PrometheusServer, startPrometheus } from '../support/real/prometheus.ts';
import { requireServer } from '../support/real/require-server.ts';
import { createSetClock } from '../support/real/set-clock.ts';

const prefect3 = await requireServer('prefect-3');
const prometheus3 = await requireServer('prometheus-3');

const minutes = 20;
/** Nobody does these ticks; the next one writes them. */
const missed = [8, 9, 10];
const counter = 'prefect_flow_runs_finished_total';
const bucket = 'prefect_flow_run_duration_seconds_bucket';

describe.skipIf(prefect3.missing || prometheus3.missing)('PromQL on twenty minutes', () => {
  let prefect: PrefectServer;
  let prometheus: PrometheusServer;
  let ticks: readonly number[];
  let expected: ByTick;
  let endMs: number;
  /** From before the first tick. */
  const rangeSeconds = (minutes + 1) * 60;

  beforeAll(async () => {
    [prefect, prometheus] = await Promise.all([startPrefect(prefect3), startPrometheus(prometheus3)]);
    const firstMs = Math.floor(systemClock.now() / 60_000) * 60_000 - 40 * 60_000;
    ticks = Array.from({ length: minutes + 1 }, (_, minute) => firstMs + minute * 60_000);
    endMs = ticks.at(-1) ?? firstMs;
    const { databasePath } = prefect;
    const workspace = await makeFinishingWorkspace(prefect);
    const chance = seededChance(11);
    const runs = createFinishingRuns({ databasePath, workspace, chance, runsPerMinute: 30, firstMs });
    const clock = createSetClock(firstMs);
    const environment = { PREFECT_API_URL: prefect.apiUrl, REMOTE_WRITE_URL: prometheus.writeUrl };
    const exporter = makeExporter(environment, { clock, store: createMemoryStore({ clock }) });
    const emitted: [number, number][] = [];
    for (const [minute, instantMs] of ticks.entries()) {
      if (minute > 0) runs.finishMinute(instantMs, emitted.at(-1)?.[1] ?? 0);
      if (missed.includes(minute)) continue;
      clock.setNow(instantMs + 2_000);
      expect(await tickReport(exporter, instantMs, clock)).toMatchObject({ outcome: 'pushed' });
      for (const tickMs of ticks.slice(emitted.length, minute + 1)) emitted.push([tickMs, instantMs]);
    }
    expected = await expectedByTick({ databasePath, emitted });
  }, 300_000);

  afterAll(async () => {
    await Promise.all([prefect, prometheus].map((server) => server?.stop()));
  });

  /** By series without its name, which functions take away. */
  async function query(promql: string, timeMs = endMs): Promise<Map<string, number>> {
    const found = await prometheus.queryInstant(promql, timeMs);
    return new Map(found.map(({ labels: { __name__: _, ...labels }, value }) => [ownText(labels), value]));
  }

  const nameless = (series: string): string => series.replace(/^\w+/, '');

  const totals = (family: string, timeMs = endMs): Map<string, number> =>
    new Map(
      [...expected].flatMap(([series, values]) =>
        series.startsWith(`${family}{`) ? [[nameless(series), values.get(timeMs) ?? 0] as const] : [],
      ),
    );

  /** Both have the same series that are not zero, with the same values but for rounding. */
  function expectSame(found: ReadonlyMap<string, number>, wanted: ReadonlyMap<string, number>): void {
    const changed = (values: ReadonlyMap<string, number>) =>
      [...values].filter(([, value]) => Math.abs(value) > 1e-9).sort();
    const wantedNow = changed(wanted);
    expect(wantedNow.length).toBeGreaterThan(10);
    expect(changed(found)).toEqual(wantedNow.map(([series, value]) => [series, expect.closeTo(value, 6)]));
  }

  test('the difference to before is exact', async () => {
    const before = `(${counter} offset ${minutes}m or ${counter} * 0)`;
    expectSame(await query(`${counter} - ${before}`), totals(counter));
  });

  test.each([counter, bucket, 'prefect_flow_run_duration_seconds_sum', 'prefect_flow_run_retries_total'])(
    'increase() and rate() of %s are exact over a range that begins before it',
    async (family) => {
      expectSame(await query(`increase(${family}[${rangeSeconds}s])`), totals(family));
      expectSame(await query(`rate(${family}[${rangeSeconds}s]) * ${rangeSeconds}`), totals(family));
    },
  );

  test('increase() over five minutes has four of them exactly, and a fifth at most as part or extrapolated', async () => {
    for (const timeMs of ticks.slice(6)) {
      const found = await query(`increase(${counter}[5m])`, timeMs);
      // A range leaves its beginning out: of five minutes it has five samples, and four steps between them.
      const [four, five] = [4, 5].map((ago) => totals(counter, timeMs - ago * 60_000));
      const wrong = [...totals(counter, timeMs)].filter(([series, value]) => {
        const least = value - (four?.get(series) ?? 0);
        const most = (value - (five?.get(series) ?? 0)) * 1.25;
        const increase = found.get(series) ?? 0;
        return increase < least - 1e-9 || increase > most + 1e-9;
      });
      expect(wrong).toEqual([]);
    }
  });

  test('increase() sees the first event of a series', async () => {
    const zeroFilled = await query(`${counter}`, ticks[0]);
    let born = 0;
    for (const [index, timeMs] of ticks.entries()) {
      const before = totals(counter, ticks[index - 1] ?? 0);
      const found = await query(`increase(${counter}[2m])`, timeMs);
      for (const [series, value] of totals(counter, timeMs)) {
        if (value === 0 || before.get(series) !== 0 || zeroFilled.has(series)) continue;
        born += 1;
        expect(found.get(series), `${series} at minute ${index}`).toBeCloseTo(value, 9);
      }
    }
    expect(born).toBeGreaterThan(50);
  });

  test.each([0.1, 0.5, 0.9, 0.99])('histogram_quantile(%d) is in the bucket of SQL', async (quantile) => {
    const rates = `sum by (le) (rate(${bucket}[${rangeSeconds}s]))`;
    const [value] = (await query(`histogram_quantile(${quantile}, ${rates})`)).values();
    const counts = bucketBounds.map((bound) =>
      [...totals(bucket)]
        .filter(([series]) => series.includes(`le="${bound}"`))
        .reduce((sum, [, count]) => sum + count, 0),
    );
    const rank = quantile * (counts.at(-1) ?? 0);
    const at = counts.findIndex((count) => count >= rank);
    expect(at).toBeGreaterThanOrEqual(0);
    expect(value).toBeGreaterThanOrEqual(Number(bucketBounds[at - 1] ?? 0));
    expect(value).toBeLessThanOrEqual(Number(bucketBounds[at]));
  });
});
