import type { Gathered } from '../lib/gather.ts';
import type { LedgerSettings } from '../lib/ledger/settings.ts';
import type { Family } from '../lib/metrics/family.ts';
import { commonLabels, withLabels } from '../lib/metrics/labels.ts';
import type { NamedDeployment, NamedFinishedRun } from '../lib/prefect/resources.ts';
import { fromMilliseconds } from '../lib/prefect/timestamps.ts';

/** A workspace as the ledger sees it: deployments that run every few minutes, and gauges of each. */

const minuteMs = 60_000;
/** Five counters, a histogram of seventeen, three last ends and eight other gauges. */
const seriesPerDeployment = 33;

export const firstTickMs = Date.UTC(2026, 10, 20, 10);

export const settings: LedgerSettings = {
  intervalMs: minuteMs,
  sources: { finishedRuns: true, finishedTaskRuns: false, events: false },
  overlapUs: { finishedRuns: 300e6, finishedTaskRuns: 1_800e6 },
  outboxMs: 1_440 * minuteMs,
  retentionMs: 30 * 86_400_000,
  durationBounds: [15, 30, 60, 120, 240, 480, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400],
  startDelayBounds: [5, 15, 30, 60, 120, 300, 900, 3600, 14400],
  durationStateTypes: ['COMPLETED'],
  startDelayBy: 'work_queue',
  trigger: false,
  histogramsByDeployment: true,
  zeroFill: true,
  maxSeries: 100_000,
  keepsLast: false,
  selection: { flow: () => true, deployment: () => true, workPool: () => true },
  tagLabels: () => ({}),
  wants: () => true,
};

/** What the tick at `nowMs` has read. A tenth of the deployments ended a run since the one before. */
export function gatheredAt(nowMs: number, series: number): Gathered {
  const deployments = deploymentsOf(series);
  const labels = commonLabels({ job: 'prefect-exporter' }, 'acme/production');
  const minute = nowMs / minuteMs;
  const runs = deployments.filter((_, index) => (index + minute) % 10 === 0).map((one) => runOf(one, nowMs));
  const families = withLabels(gauges(deployments, minute), labels);
  return {
    workspace: 'acme/production',
    labels,
    added: { tags: [], common: Object.keys(labels) },
    produced: [{ collector: 'deployments', produced: families }],
    families,
    outcomes: ['deployments', 'finished_runs', 'last_runs'].map((collector) => ({
      collector,
      success: true,
      durationMs: 0,
      missing: [],
    })),
    problems: [],
    reading: { finishedRuns: { runs, upToUs: nowMs * 1000 }, deployments, openRuns: [] },
    readMs: 0,
  };
}

function deploymentsOf(series: number): readonly NamedDeployment[] {
  return Array.from({ length: Math.round(series / seriesPerDeployment) }, (_, index) => ({
    id: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
    name: `deployment-${index}-production`,
    flow: `flow-${index % 97}-daily-ingest`,
    flow_id: `flow-${index % 97}`,
    created: '2026-11-01T00:00:00Z',
    paused: false,
    status: 'READY',
    tags: [],
    schedules: [{ active: true }],
    work_pool_name: `pool-${index % 7}`,
    work_queue_name: index % 3 === 0 ? 'high' : 'default',
    version: null,
    entrypoint: null,
    global_concurrency_limit: null,
  }));
}

function runOf(deployment: NamedDeployment, nowMs: number): NamedFinishedRun {
  const n = Number(deployment.id.slice(-12)) + nowMs / minuteMs;
  const isFailed = n % 50 === 0;
  return {
    id: `${deployment.id.slice(0, 8)}${String(nowMs).slice(0, 5)}${deployment.id.slice(13)}`,
    flow_id: deployment.flow_id,
    deployment_id: deployment.id,
    work_pool_name: deployment.work_pool_name,
    work_queue_name: deployment.work_queue_name,
    state_type: isFailed ? 'FAILED' : 'COMPLETED',
    state_name: isFailed ? 'Failed' : 'Completed',
    expected_start_time: null,
    start_time: null,
    end_time: fromMilliseconds(nowMs - 30_000),
    total_run_time: 20 + ((n * 7919) % 3_600_000) / 1_000,
    run_count: 1,
    parent_task_run_id: null,
    auto_scheduled: true,
    created_by_type: 'SCHEDULE',
    flow: deployment.flow,
    deployment,
  };
}

/** Most stay as they are; one in eight changes every minute. */
const gauges = (deployments: readonly NamedDeployment[], minute: number): readonly Family[] =>
  Array.from({ length: 8 }, (_, family) => ({
    descriptor: {
      name: `prefect_deployment_gauge_${family}`,
      help: 'A gauge.',
      type: 'gauge',
      labels: ['flow', 'deployment'],
    },
    samples: deployments.map(({ flow, name }, index) => ({
      labels: { flow, deployment: name },
      value: family === 0 ? (index * minute) % 1_009 : index,
    })),
  }));
