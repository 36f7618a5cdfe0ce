import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../lib/clock.ts';
import { allCollectors } from '../../lib/collectors/all.ts';
import { selfDescriptors } from '../../lib/collectors/self.ts';
import { ownCounters } from '../../lib/ledger/own-counters.ts';
import type { TickReport } from '../../lib/report.ts';
import { insertQueues, insertRuns } from '../support/bulk-rows.ts';
import { startCutLine } from '../support/real/cut-line.ts';
import { expectedSeries } from '../support/real/expected-series.ts';
import {
  type GuardedPrefect,
  guardedAuthString,
  startGuardedPrefect,
} from '../support/real/guarded-prefect.ts';
import { everything, makeExporter, tickReport } from '../support/real/make-exporter.ts';
import { type PrometheusServer, startPrometheus } from '../support/real/prometheus.ts';
import type { InstantSample } from '../support/real/promql.ts';
import { requireServer } from '../support/real/require-server.ts';
import { seriesDifferences } from '../support/real/series.ts';
import { makeSmallWorkload } from '../support/small-workload.ts';
import { workloadWriter } from '../support/workload.ts';

const prefect3 = await requireServer('prefect-3');
const prometheus3 = await requireServer('prometheus-3');

const pageRows = 50;
const intervalSeconds = 240;

const names = (count: number, name: string): string[] =>
  Array.from({ length: count }, (_, index) => `${name}-${index}`);

/** Lists of exactly one page, of two, and of one row more, with ties over the edge of a page. */
async function fillPages(prefect: GuardedPrefect, nowMs: number): Promise<void> {
  const writer = workloadWriter(prefect.requests);
  const { runs, flows } = await makeSmallWorkload(writer, { nowMs, major: 3 });
  for (const name of names(pageRows - 3, 'flow')) await writer.flow(name);
  for (const name of names(2 * pageRows + 1 - 4, 'more')) await writer.deployment(flows.ml, name);
  const queue = (await prefect.sql(`SELECT id FROM work_queue WHERE name = 'low'`))[0]?.id;
  const [row] = await prefect.sql('SELECT count(*) AS queues FROM work_queue');
  insertQueues(prefect.databasePath, String(queue), names(2 * pageRows - Number(row?.queues), 'queue'));
  const running = { stateType: 'RUNNING', stateName: 'Running' } as const;
  const [dueMs, startedMs] = [nowMs - 3_000, nowMs - 60_000];
  insertRuns(
    prefect.databasePath,
    runs.get('running') ?? '',
    names(3 * pageRows, 'tied').map((name) => ({
      name,
      ...running,
      expectedStartMs: startedMs,
      startMs: startedMs + 7,
    })),
  );
  const late = { stateType: 'SCHEDULED', stateName: 'Late' } as const;
  insertRuns(
    prefect.databasePath,
    runs.get('late') ?? '',
    names(2 * pageRows, 'due').map((name, index) => ({
      ...{
        name,
        ...late,
        expectedStartMs: dueMs,
        nextScheduledMs: index < pageRows + 1 ? dueMs : dueMs + index,
      },
    })),
  );
}

describe.skipIf(prefect3.missing || prometheus3.missing)(
  'a Prefect that asks for credentials and tokens',
  () => {
    let prefect: GuardedPrefect;
    let prometheus: PrometheusServer;
    let instantMs: number;

    beforeAll(async () => {
      [prefect, prometheus] = await Promise.all([
        startGuardedPrefect(prefect3, { settings: { PREFECT_SERVER_API_DEFAULT_LIMIT: String(pageRows) } }),
        startPrometheus(prometheus3),
      ]);
      instantMs = Math.floor(systemClock.now() / 60_000) * 60_000;
      await fillPages(prefect, instantMs);
    });
    afterAll(() => Promise.all([prefect?.stop(), prometheus?.stop()]));

    interface Ticked {
      readonly report: TickReport;
      readonly found: readonly InstantSample[];
      readonly families: ReadonlySet<string>;
      value(name: string, labels?: Readonly<Record<string, string>>): number | undefined;
    }

    /** Each under a workspace of its own, so that all may carry the same instant. */
    async function tick(workspace: string, environment: Readonly<Record<string, string>>): Promise<Ticked> {
      const exporter = makeExporter({
        ...{ PREFECT_API_URL: prefect.apiUrl, REMOTE_WRITE_URL: prometheus.writeUrl, WORKSPACE: workspace },
        ...{ INTERVAL_SECONDS: String(intervalSeconds), ...everything, ...environment },
      });
      const report = await tickReport(exporter, instantMs);
      const found = await prometheus.queryInstant(`{workspace="${workspace}"}`, instantMs);
      return {
        report,
        found,
        families: new Set(found.map(({ labels }) => labels.__name__ ?? '')),
        value: (name, labels = {}) =>
          found.find((one) =>
            Object.entries({ __name__: name, ...labels }).every(([key, value]) => one.labels[key] === value),
          )?.value,
      };
    }

    /** What the exporter says of itself at the first tick of a ledger, when nothing waits. */
    const own = [...selfDescriptors, ...ownCounters]
      .map(({ name }) => name)
      .filter((name) => !/outbox_oldest|samples_dropped_total/.test(name));
    const chosen = allCollectors.filter(({ name }) => name !== 'task_runs' && name !== 'events');
    /** From the configuration alone, so that dashboards keep their link when Prefect is down. */
    const withoutRequests = ['workspace'];

    test('the right ones, and pages as small as the server wants them: every series is exact', async () => {
      const readFromMs = systemClock.now();
      const { report, found } = await tick(new URL(prefect.apiUrl).host, {
        PREFECT_API_AUTH_STRING: guardedAuthString,
      });
      expect(report.outcome).toBe('pushed');
      const { databasePath, apiUrl, version: serverVersion } = prefect;
      const expected = await expectedSeries({
        ...{ databasePath, apiUrl, serverVersion, major: 3, instantMs, intervalSeconds },
        ...{ readFromMs, readToMs: systemClock.now(), exchanges: report.exchanges },
      });
      expect(seriesDifferences(expected, found)).toEqual([]);
      const [counts] = await prefect.sql(`SELECT (SELECT count(*) FROM flow) AS flows,
      (SELECT count(*) FROM deployment) AS deployments, (SELECT count(*) FROM work_queue) AS queues`);
      expect(counts).toEqual({ flows: pageRows, deployments: 2 * pageRows + 1, queues: 2 * pageRows });
      const { byEndpoint } = report.exchanges;
      expect(byEndpoint).toMatchObject({
        'csrf-token 200': 1,
        // A page begins with the last row of the page before; a full one is not the end.
        'flows/filter 200': 2,
        'deployments/filter 200': 3,
        'work_queues/filter 200': 3,
      });
      expect(byEndpoint['flow_runs/filter 422']).toBeGreaterThanOrEqual(1);
    });

    test.each([
      ['wrong', { PREFECT_API_AUTH_STRING: 'exporter:wrong' }],
      ['missing', {}],
    ])('%s ones: the exporter says so, and nothing of Prefect', async (what, environment) => {
      const { report, families, value } = await tick(`auth ${what}`, environment);
      expect(report.outcome).toBe('partial');
      expect(JSON.stringify(report.problems)).toContain('PREFECT_API_AUTH_STRING');
      expect(value('prefect_up')).toBe(0);
      for (const { name: collector } of chosen) {
        const success = withoutRequests.includes(collector) ? 1 : 0;
        expect([collector, value('prefect_exporter_collector_success', { collector })]).toEqual([
          collector,
          success,
        ]);
      }
      expect([...families].sort()).toEqual([...own, 'prefect_workspace_info'].sort());
      expect(Object.keys(report.exchanges.byEndpoint).filter((key) => !key.endsWith(' 401'))).toEqual([]);
    });

    test('a server that dies in the middle: what was whole, and the self-metrics', async () => {
      const line = await startCutLine(prefect.apiUrl, '/workers/filter', () =>
        process.kill(prefect.pid, 'SIGKILL'),
      );
      try {
        const { report, families, value } = await tick('dies', {
          PREFECT_API_URL: line.url,
          PREFECT_API_AUTH_STRING: guardedAuthString,
          MAX_RETRIES: '1',
        });
        expect(report.outcome).toBe('partial');
        expect(value('prefect_up')).toBe(1);
        const success = (collector: string) => value('prefect_exporter_collector_success', { collector });
        expect([success('work_pools'), success('workers')]).toEqual([1, 0]);
        for (const collector of chosen) {
          const pushed = collector.families.filter(({ name }) => families.has(name));
          // What they have to say, the ledger says later.
          if (['start_delays', 'last_runs'].includes(collector.name)) continue;
          expect([collector.name, pushed.length > 0]).toEqual([
            collector.name,
            success(collector.name) === 1,
          ]);
        }
        expect(own.filter((name) => !families.has(name))).toEqual([]);
      } finally {
        await line.stop();
      }
    });

    test('a server that is gone: prefect_up is 0, and the tick is pushed all the same', async () => {
      const { report, families, value } = await tick('gone', {
        PREFECT_API_AUTH_STRING: guardedAuthString,
        MAX_RETRIES: '0',
      });
      expect(report.outcome).toBe('partial');
      expect(value('prefect_up')).toBe(0);
      expect([...families].sort()).toEqual([...own, 'prefect_workspace_info'].sort());
    });
  },
);
