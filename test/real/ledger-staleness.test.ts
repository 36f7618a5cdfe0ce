// What is gone from Prefect is gone from a query at the next tick; what could not be read is not. Ticks are of minutes
// that have passed: see set-clock.ts, and tick-process.ts for why a receiver does not mind.
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../lib/clock.ts';
import type { TickReport } from '../../lib/report.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import { prefectRequests } from '../support/prefect-requests.ts';
import { type FailingLine, startFailingLine } from '../support/real/failing-line.ts';
import { makeExporter, tickReport } from '../support/real/make-exporter.ts';
import { type PrefectServer, startPrefect } from '../support/real/prefect.ts';
import { type PrometheusServer, startPrometheus } from '../support/real/prometheus.ts';
import { requireServer } from '../support/real/require-server.ts';
import { createSetClock } from '../support/real/set-clock.ts';
import { workloadWriter } from '../support/workload.ts';

const prefect3 = await requireServer('prefect-3');
const versions = [await requireServer('prometheus-3'), await requireServer('prometheus-2')];

describe.skipIf(prefect3.missing)('with Prefect', () => {
  let prefect: PrefectServer;
  let line: FailingLine;

  beforeAll(async () => {
    prefect = await startPrefect(prefect3);
    line = await startFailingLine(prefect.apiUrl);
  });
  afterAll(async () => {
    await line?.stop();
    await prefect?.stop();
  });

  describe.each(versions)('and $name', (required) => {
    const pool = `pool of ${required.name}`;

    interface Scene {
      readonly prometheus: PrometheusServer;
      /** @param minute after the first tick */
      tick(minute: number): Promise<TickReport>;
      /** Families of a selector that an instant query at this minute finds. */
      families(labels: string, minute: number): Promise<string[]>;
    }

    async function startScene(): Promise<Scene> {
      const prometheus = await startPrometheus(required);
      onTestFinished(() => prometheus.stop());
      const firstMs = Math.floor(systemClock.now() / 60_000) * 60_000 - 30 * 60_000;
      const clock = createSetClock(firstMs);
      const environment = {
        ...{ PREFECT_API_URL: line.url, REMOTE_WRITE_URL: prometheus.writeUrl, MAX_RETRIES: '0' },
        WORKSPACE: required.name,
      };
      const exporter = makeExporter(environment, { clock, store: createMemoryStore({ clock }) });
      return {
        prometheus,
        tick(minute) {
          const instantMs = firstMs + minute * 60_000;
          clock.setNow(instantMs + 2_000);
          return tickReport(exporter, instantMs, clock);
        },
        async families(labels, minute) {
          const found = await prometheus.queryInstant(`{${labels}}`, firstMs + minute * 60_000);
          return [...new Set(found.map((one) => one.labels.__name__ ?? ''))].sort();
        },
      };
    }

    test.skipIf(required.missing)(
      'a deployment that is deleted ends with the next tick',
      { timeout: 120_000 },
      async () => {
        const requests = prefectRequests(prefect.apiUrl);
        const writer = workloadWriter(requests);
        await writer.pool(pool);
        const flowId = await writer.flow('flow');
        const goneId = await writer.deployment(flowId, 'gone', {
          pool,
          schedule: 60,
          tags: ['slo.freshness:2h'],
        });
        await writer.deployment(flowId, 'stays', { pool, schedule: 60 });
        const { tick, families } = await startScene();
        const ofDeployment = (name: string) => `__name__=~"prefect_deployment_.*",deployment="${name}"`;

        await tick(0);
        const before = await families(ofDeployment('gone'), 0);
        expect(before).toEqual(
          expect.arrayContaining(['prefect_deployment_info', 'prefect_deployment_objective_seconds']),
        );
        const { status } = await requests.send('DELETE', `/deployments/${goneId}`);
        expect(status).toBe(204);
        expect(await tick(1)).toMatchObject({ outcome: 'pushed' });
        expect(await families(ofDeployment('gone'), 1)).toEqual([]);
        expect(await families(ofDeployment('gone'), 0.99)).toEqual(before);
        expect(await families(ofDeployment('stays'), 1)).toContain('prefect_deployment_info');
        // Its counters go on: rates over the last hours still need them.
        await tick(2);
        expect(await families('__name__=~"prefect_flow_run.*_total",deployment="gone"', 2)).toEqual([
          'prefect_flow_run_retries_total',
          'prefect_flow_runs_finished_total',
        ]);
      },
    );

    test.skipIf(required.missing)(
      'a collector that fails loses no series',
      { timeout: 120_000 },
      async () => {
        const writer = workloadWriter(prefectRequests(prefect.apiUrl));
        const name = `worked ${pool}`;
        await writer.pool(name);
        await writer.heartbeat(encodeURIComponent(name), 'worker');
        const { tick, families, prometheus } = await startScene();
        const ofWorkers = `__name__=~"prefect_work_pool_(workers_online|last_heartbeat.*)",work_pool="${name}"`;
        const all = [
          'prefect_work_pool_last_heartbeat_timestamp_seconds',
          'prefect_work_pool_workers_online',
        ];

        await tick(0);
        expect(await families(ofWorkers, 0)).toEqual(all);
        line.fail(/\/workers\/filter$/);
        onTestFinished(() => line.fail(undefined));
        for (const minute of [1, 2, 3, 4]) {
          const report = await tick(minute);
          expect(report.outcome).toBe('partial');
          const failed = report.collectors.filter(({ success }) => !success);
          expect(failed.map(({ collector }) => collector)).toEqual(['workers']);
          expect(await families(ofWorkers, minute)).toEqual(all);
        }
        // Nothing more than the lookback of five minutes keeps them: no sample was made up.
        expect(await families(ofWorkers, 5.01)).toEqual([]);
        line.fail(undefined);
        expect(await tick(5)).toMatchObject({ outcome: 'pushed' });
        expect(await families(ofWorkers, 5)).toEqual(all);
        const success = await prometheus.queryInstant(
          'count_over_time((prefect_exporter_collector_success{collector="workers"} == 0)[1h:1m])',
          systemClock.now(),
        );
        expect(success.map(({ value }) => value)).toEqual([4]);
      },
    );
  });
});
