import { describe, expect, it } from 'vitest';
import { flows } from '../../lib/collectors/flows.ts';
import { finishedRuns } from '../../lib/collectors/kept.ts';
import { workPools } from '../../lib/collectors/work-pools.ts';
import { workers } from '../../lib/collectors/workers.ts';
import { workspace } from '../../lib/collectors/workspace.ts';
import type { Entry } from '../../lib/ledger/ledger.ts';
import { waitingSamples } from '../../lib/ledger/outbox.ts';
import { type Series, seriesName } from '../../lib/metrics/series.ts';
import { type Advancing, createAdvancing } from '../support/advanced.ts';
import { aFinishedRunOf, aPool, aWorkspace, noonMs } from '../support/fixtures.ts';

const minute = 60_000;
const failing = { workers: new Error('status 500') };

const advancing = (environment = {}): Advancing =>
  createAdvancing(environment, noonMs, [flows, workers, workPools, workspace, finishedRuns]);

const familiesOf = (series: readonly Series[]) => new Set(series.map(({ family }) => family));

const valueIn = ({ series, values }: Entry, name: string, labels: Readonly<Record<string, string>> = {}) => {
  const indexes = [...series.keys()].filter((index) => {
    const one = series[index];
    return (
      one !== undefined &&
      seriesName(one) === name &&
      Object.entries(labels).every(([label, value]) => one.values[one.names.indexOf(label)] === value)
    );
  });
  expect(indexes.length).toBeLessThan(2);
  return indexes[0] === undefined ? undefined : values[indexes[0]];
};

/** A workspace at `nowMs`: read to then. */
const at = (nowMs: number, changed = {}) => ({
  nowMs,
  resources: { ...aWorkspace, finishedRuns: { runs: [], upToUs: nowMs * 1000 }, ...changed },
});

describe('a tick in the outbox', () => {
  it('is all series of the collectors that succeeded, of the ledger and of the exporter itself, each once', async () => {
    const one = advancing();
    const { entry, series } = await one.tick({ ...at(noonMs), failing });
    expect(entry).toMatchObject({ tickMs: noonMs, ended: [] });
    expect(new Set(entry.series).size).toBe(entry.series.length);
    expect(entry.values.length).toBe(entry.series.length);
    expect(series).toBe(entry.series.length);
    const families = familiesOf(entry.series);
    expect(families).toContain('prefect_work_pool_info');
    expect(families).toContain('prefect_flow_runs_finished_total');
    expect(families).not.toContain('prefect_work_pool_workers_online');
    expect(valueIn(entry, 'prefect_exporter_collector_success', { collector: 'workers' })).toBe(0);
    expect(valueIn(entry, 'prefect_exporter_collector_success', { collector: 'work_pools' })).toBe(1);

    const sets = one.ledger.lastSets;
    expect([...sets.keys()].sort()).toEqual([
      'flows',
      'ledger/finishedRuns',
      'ledger/own',
      'self',
      'work_pools',
      'workspace',
    ]);
    expect(new Set([...sets.values()].flat())).toEqual(new Set(entry.series));
  });

  it('says itself how many series of each family it has', async () => {
    const { entry, seriesByFamily } = await advancing().tick(at(noonMs));
    expect(new Set(seriesByFamily.keys())).toEqual(familiesOf(entry.series));
    for (const family of familiesOf(entry.series)) {
      const there = entry.series.filter((series) => series.family === family).length;
      expect([family, valueIn(entry, 'prefect_exporter_series', { family })]).toEqual([family, there]);
      expect([family, seriesByFamily.get(family)]).toEqual([family, there]);
    }
  });

  it('carries the common labels on every series', async () => {
    const { entry } = await advancing({ EXTERNAL_LABELS: 'region=eu' }).tick(at(noonMs));
    for (const { names, values } of entry.series) {
      const labels = Object.fromEntries(names.map((name, index) => [name, values[index]]));
      expect(labels).toMatchObject({ workspace: 'prod', job: 'prefect-exporter', region: 'eu' });
    }
  });

  it('counts an end in the tick that is the first at or after it, and repairs the ticks between', async () => {
    const one = advancing();
    await one.tick(at(noonMs));
    const nowMs = noonMs + 3 * minute;
    const [deployment] = aWorkspace.deployments;
    if (deployment === undefined) throw new Error('no deployment');
    const runs = [aFinishedRunOf(deployment, { end_time: '2026-11-20T12:01:30.000000Z' })];
    const tick = at(nowMs, { finishedRuns: { runs, upToUs: nowMs * 1000 } });
    expect(await one.tick(tick)).toMatchObject({ repairedTicks: 2 });
    const labels = { state_type: 'COMPLETED', deployment: deployment.name };
    const counts = one.ledger.outbox.entries.map((entry) => [
      (entry.tickMs - noonMs) / minute,
      valueIn(entry, 'prefect_flow_runs_finished_total', labels),
      valueIn(entry, 'prefect_flows'),
    ]);
    expect(counts).toEqual([
      [0, 0, 3],
      [1, 0, undefined],
      [2, 1, undefined],
      [3, 1, 3],
    ]);
    // Of the tick that was missed nothing but the ledger is known.
    expect(valueIn(one.ledger.outbox.entries[1] as Entry, 'prefect_exporter_info')).toBeUndefined();
  });
});

describe('what ends', () => {
  const poolSeries = ({ ended }: Entry, pool: string) =>
    ended.filter(({ values }) => values.includes(pool)).map(seriesName);

  it('is what a collector that succeeded does not have any more, and nothing of one that failed', async () => {
    const one = advancing();
    const before = await one.tick(at(noonMs));
    expect(familiesOf(before.entry.series)).toContain('prefect_work_pool_workers_online');
    const workPools = aWorkspace.workPools.filter(({ name }) => name !== 'lambda');
    const { entry } = await one.tick({ ...at(noonMs + minute, { workPools }), failing });
    expect(poolSeries(entry, 'lambda').sort()).toEqual([
      'prefect_work_pool_info',
      'prefect_work_pool_paused',
      'prefect_work_pool_ready',
    ]);
    // Beside them only the exporter's counts of the families that are absent.
    const others = entry.ended.filter(({ values }) => !values.includes('lambda'));
    expect(familiesOf(others)).toEqual(new Set(['prefect_exporter_series']));
  });

  it('is nothing that the check left out', async () => {
    const one = advancing();
    const twins = [aPool('twin'), aPool('twin')];
    await one.tick(at(noonMs, { workPools: [aPool('twin'), aPool('other')] }));
    const { entry } = await one.tick(at(noonMs + minute, { workPools: twins }));
    expect(familiesOf(entry.series)).not.toContain('prefect_work_pool_info');
    expect(poolSeries(entry, 'twin')).toEqual([]);
    expect(poolSeries(entry, 'other').sort()).toEqual([
      'prefect_work_pool_info',
      'prefect_work_pool_paused',
      'prefect_work_pool_ready',
    ]);
  });

  it('is nothing that MAX_SERIES left out; counters and the exporter itself always go out', async () => {
    const one = advancing();
    await one.tick(at(noonMs));
    const { entry, problems } = await one.tick({
      ...at(noonMs + minute),
      environment: { MAX_SERIES: '1' },
    });
    expect(problems).toMatchObject([{ slug: 'series-limit' }]);
    const families = familiesOf(entry.series);
    expect(families).not.toContain('prefect_work_pool_info');
    expect(families).not.toContain('prefect_flows');
    expect(families).toContain('prefect_flow_runs_finished_total');
    expect(families).toContain('prefect_exporter_tick_timestamp_seconds');
    // But the counts of the families that are gone.
    expect(familiesOf(entry.ended)).toEqual(new Set(['prefect_exporter_series']));
    expect(valueIn(entry, 'prefect_exporter_series', { family: 'prefect_flows' })).toBeUndefined();
  });
});

it('a Pushgateway has the newest tick only, and what it did not take is counted', async () => {
  const one = advancing({ REMOTE_WRITE_URL: '', PUSHGATEWAY_URL: 'http://gateway.example:9091' });
  const first = await one.tick(at(noonMs));
  const waiting = waitingSamples({ entries: [first.entry] });
  const { entry, repairedTicks } = await one.tick(at(noonMs + 3 * minute));
  expect(one.ledger.outbox.entries).toEqual([entry]);
  expect(repairedTicks).toBe(0);
  const dropped = [...one.ledger.own.values()].find(({ labels }) => labels.reason === 'superseded');
  expect(dropped).toMatchObject({ value: waiting });
});
