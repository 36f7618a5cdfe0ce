// What is stored in the end is what SQL says of the Prefect server's own database, per series. Doubles are compared
// exactly: a timestamp is its whole µs divided by 10^6 once, the double nearest to it. Only what moves while it is
// read (time so far of running and waiting runs, the exporter's own durations) has a range, of that very moment.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../lib/clock.ts';
import { allCollectors } from '../../lib/collectors/all.ts';
import { selfDescriptors } from '../../lib/collectors/self.ts';
import { makeDiverseWorkspace } from '../support/real/diverse-workspace.ts';
import { bornSeries, expectedSeries } from '../support/real/expected-series.ts';
import { everything, makeExporter, tickReport } from '../support/real/make-exporter.ts';
import { type PrefectServer, startPrefect } from '../support/real/prefect.ts';
import { startPrometheus } from '../support/real/prometheus.ts';
import type { InstantSample, Series } from '../support/real/promql.ts';
import { startPushgateway } from '../support/real/pushgateway.ts';
import { requireServer } from '../support/real/require-server.ts';
import { type ExpectedSeries, seriesDifferences } from '../support/real/series.ts';
import { startVictoriaMetrics } from '../support/real/victoria-metrics.ts';

const prefect3 = await requireServer('prefect-3');
const prefect2 = await requireServer('prefect-2');
const prometheus3 = await requireServer('prometheus-3');
const prometheus2 = await requireServer('prometheus-2');
const victoriaMetrics = await requireServer('victoria-metrics');
const pushgateway = await requireServer('pushgateway');

const intervalSeconds = 240;
/** VictoriaMetrics turns doubles into decimals: 12 digits are certain, and of timestamps 10 µs. */
const victoriaMetricsSlack = (value: number): number => Math.min(Math.abs(value) * 1e-12, 1e-5);

/** Every name that Prefect gives to a flow run, and some that it does not. */
const stateNames = [
  'AwaitingConcurrencySlot',
  'AwaitingRetry',
  'Cancelled',
  'Cancelling',
  'Completed',
  'Crashed',
  'Failed',
  'InfrastructurePending',
  'Late',
  'Paused',
  'Pending',
  'Resuming',
  'Retrying',
  'Running',
  'Scheduled',
  'Skipped',
  'Submitting',
  'Suspended',
  'TimedOut',
  'Waiting for lunch',
];

interface Tick {
  readonly instantMs: number;
  readonly expected: readonly ExpectedSeries[];
}

/** Families of the exporter that no expected series belongs to. */
const familiesWithout = (expected: readonly ExpectedSeries[]): string[] => {
  const names = new Set(expected.map(({ labels }) => labels.__name__));
  return [...allCollectors.flatMap(({ families }) => families), ...selfDescriptors]
    .map(({ name }) => name)
    .filter((name) => !names.has(name))
    .sort();
};

/** Nothing has ended since the first tick, which is this one, and nothing waits; two collectors are not asked for. */
const absentAtFirst = [
  'prefect_events_total',
  'prefect_exporter_outbox_oldest_timestamp_seconds',
  'prefect_flow_run_duration_seconds',
  'prefect_flow_run_start_delay_seconds',
  'prefect_task_run_duration_seconds',
  'prefect_task_runs_finished_total',
];

describe.each([
  { required: prefect3, major: 3, runs: 300 },
  { required: prefect2, major: 2, runs: 200 },
] as const)('$required.name', ({ required, major, runs }) => {
  describe.skipIf(required.missing)('in the receiver', () => {
    let prefect: PrefectServer;
    let instantMs: number;

    beforeAll(async () => {
      prefect = await startPrefect(required);
      instantMs = Math.floor(systemClock.now() / 60_000) * 60_000;
      await makeDiverseWorkspace(prefect, { major, instantMs, runs });
    });
    afterAll(() => prefect?.stop());

    /** One tick, and what its samples must be. */
    async function tickInto(sink: Readonly<Record<string, string>>): Promise<Tick> {
      const exporter = makeExporter({
        PREFECT_API_URL: prefect.apiUrl,
        INTERVAL_SECONDS: String(intervalSeconds),
        ...everything,
        ...sink,
      });
      const readFromMs = systemClock.now();
      const report = await tickReport(exporter, instantMs);
      const readToMs = systemClock.now();
      expect(report).toMatchObject({ outcome: 'pushed', instantMs });
      const { apiUrl, databasePath, version: serverVersion } = prefect;
      const keepsLast = 'PUSHGATEWAY_URL' in sink;
      const expected = await expectedSeries({
        ...{ databasePath, apiUrl, serverVersion, major, instantMs, intervalSeconds, keepsLast },
        ...{ readFromMs, readToMs, exchanges: report.exchanges },
      });
      expect(familiesWithout(expected)).toEqual(
        // Prefect 2 has no limits of deployments, and no automations unless a setting is on; here no run failed.
        absentAtFirst
          .concat(
            major === 3
              ? []
              : ['concurrency_limit', 'concurrency_slots_used']
                  .map((end) => `prefect_deployment_${end}`)
                  .concat('prefect_automations', 'prefect_deployment_last_failure_timestamp_seconds'),
          )
          .sort(),
      );
      const births = bornSeries(expected).length;
      expect(report.push).toMatchObject({ samplesSent: expected.length + births, samplesDropped: {} });
      return { instantMs, expected };
    }

    /** Of every series one sample, at the instant and with the expected value. */
    function expectStored(tick: Tick, stored: readonly Series[], slack?: (value: number) => number): void {
      const all = stored.flatMap(({ labels, points }) => points.map((point) => ({ labels, ...point })));
      const birthMs = tick.instantMs - intervalSeconds * 1000 + 1;
      const births = all.filter(({ timeMs }) => timeMs === birthMs);
      const born = bornSeries(tick.expected).map(({ labels }) => ({ labels, value: 0 }));
      expect(seriesDifferences(born, births)).toEqual([]);
      const samples = all.filter(({ timeMs }) => timeMs !== birthMs);
      expect(new Set(samples.map(({ timeMs }) => timeMs))).toEqual(new Set([tick.instantMs]));
      expect(seriesDifferences(tick.expected, samples, slack)).toEqual([]);
    }

    test('the workspace has what there is to tell apart', async () => {
      const states = await prefect.sql('SELECT DISTINCT state_name FROM flow_run ORDER BY state_name');
      expect(states.map(({ state_name: name }) => name)).toEqual(stateNames);
      const counts = await prefect.sql(`SELECT (SELECT count(*) FROM flow_run) AS runs,
        (SELECT count(*) FROM flow_run WHERE deployment_id NOT IN (SELECT id FROM deployment)) AS ofNoDeployment,
        (SELECT count(*) FROM flow_run WHERE deployment_id IS NULL) AS adHoc,
        (SELECT count(*) FROM flow_run WHERE parent_task_run_id IS NOT NULL) AS subflows,
        (SELECT count(*) FROM deployment) AS deployments,
        (SELECT count(DISTINCT name) FROM deployment) AS deploymentNames,
        (SELECT count(*) FROM work_queue) AS queues`);
      expect(counts).toEqual([
        {
          runs: expect.toSatisfy((found) => found >= runs),
          ofNoDeployment: expect.toSatisfy((found) => found >= 4),
          adHoc: expect.toSatisfy((found) => found >= 10),
          subflows: expect.toSatisfy((found) => found >= 1),
          deployments: expect.toSatisfy((found) => found >= 45),
          deploymentNames: expect.toSatisfy((found) => found <= 11),
          queues: 19,
        },
      ]);
    });

    test.skipIf(prometheus3.missing)('Prometheus 3, by remote write', async () => {
      const prometheus = await startPrometheus(prometheus3);
      try {
        const tick = await tickInto({ REMOTE_WRITE_URL: prometheus.writeUrl });
        const all = '{__name__=~".+"}';
        expectStored(tick, await prometheus.querySamples(`${all}[1h]`, tick.instantMs + 1_800_000));
        expect(seriesDifferences(tick.expected, await prometheus.queryInstant(all, tick.instantMs))).toEqual(
          [],
        );
      } finally {
        await prometheus.stop();
      }
    });

    const olderReceivers = major === 2;

    test.skipIf(prometheus2.missing || olderReceivers)('Prometheus 2.42, by remote write', async () => {
      const prometheus = await startPrometheus(prometheus2);
      try {
        const tick = await tickInto({
          REMOTE_WRITE_URL: prometheus.writeUrl,
          REMOTE_WRITE_MAX_SERIES_PER_REQUEST: '97',
        });
        const all = '{__name__=~".+"}';
        expectStored(tick, await prometheus.querySamples(`${all}[1h]`, tick.instantMs + 1_800_000));
      } finally {
        await prometheus.stop();
      }
    });

    test.skipIf(victoriaMetrics.missing || olderReceivers)('VictoriaMetrics', async () => {
      const server = await startVictoriaMetrics(victoriaMetrics);
      try {
        const tick = await tickInto({ REMOTE_WRITE_URL: server.writeUrl });
        await server.flush();
        expectStored(tick, await server.exportSeries('{__name__!=""}'), victoriaMetricsSlack);
      } finally {
        await server.stop();
      }
    });

    test.skipIf(pushgateway.missing || prometheus3.missing)('Prometheus, by a Pushgateway', async () => {
      const gateway = await startPushgateway(pushgateway);
      const prometheus = await startPrometheus(prometheus3, {
        scrapeConfigs: [
          {
            job_name: 'gateway',
            honor_labels: true,
            scrape_interval: '1s',
            static_configs: [{ targets: [new URL(gateway.url).host] }],
          },
        ],
      });
      try {
        const tick = await tickInto({ PUSHGATEWAY_URL: gateway.url });
        const ofWorkspace = `{workspace="${new URL(prefect.apiUrl).host}"}`;
        const scraped = (): Promise<InstantSample[]> =>
          prometheus.queryInstant(ofWorkspace, systemClock.now());
        await expect.poll(scraped, { timeout: 20_000 }).not.toEqual([]);
        const gatewayOwn = ['push_time_seconds', 'push_failure_time_seconds'];
        const found = (await scraped()).filter(({ labels }) => !gatewayOwn.includes(labels.__name__ ?? ''));
        expect(seriesDifferences(tick.expected, found)).toEqual([]);
      } finally {
        await prometheus.stop();
        await gateway.stop();
      }
    });
  });
});
