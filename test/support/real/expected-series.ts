// What an exporter must say of a Prefect database, from SQL alone: nothing here reads an answer of the API or uses
// the exporter's own parsing, naming or counting.
import type { ExchangeSummary } from '../../../lib/report.ts';
import { version } from '../../../lib/version.ts';
import { completeQuery, type Moments, queriesFor } from './family-queries.ts';
import { queryDatabase, type Row } from './prefect.ts';
import type { Expectation, ExpectedSeries } from './series.ts';

export interface ExpectedOptions extends Moments {
  readonly databasePath: string;
  readonly major: 2 | 3;
  /** Of the Prefect server. */
  readonly serverVersion: string;
  readonly apiUrl: string;
  readonly intervalSeconds: number;
  /** What was asked of Prefect. */
  readonly exchanges: ExchangeSummary;
  /** A Pushgateway: a newborn counter is 0 there until that has arrived. */
  readonly keepsLast?: boolean;
}

const collectors = [
  'finished_runs',
  'start_delays',
  'last_runs',
  'open_runs',
  'upcoming_runs',
  'deployments',
  'deployment_objectives',
  'deployment_limits',
  'deployment_versions',
  'next_runs',
  'work_pools',
  'work_pool_slots',
  'workers',
  'work_queues',
  'work_queue_late_runs',
  'work_queue_slots',
  'work_queue_health',
  'concurrency_limits',
  'flows',
  'automations',
  'server',
  'workspace',
  'history',
];

/** Every series of the first tick of a ledger, with `everything` on: those of the database, and those of the exporter on itself. */
export async function expectedSeries(options: ExpectedOptions): Promise<ExpectedSeries[]> {
  const common = { job: 'prefect-exporter', workspace: new URL(options.apiUrl).host };
  const series = (name: string, value: Expectation, labels: Readonly<Record<string, unknown>> = {}) => ({
    labels: withoutEmpty({ __name__: name, ...common, ...labels }),
    value,
  });
  const found: ExpectedSeries[] = [];
  for (const { name, sql } of queriesFor(options.major)) {
    for (const { value, us: time, low, high, ...labels } of await rows(sql, options)) {
      found.push(series(name, expectation({ value, time, low, high }), labels));
    }
  }
  found.push(
    series('prefect_server_info', 1, { edition: 'server', version: options.serverVersion }),
    series('prefect_workspace_info', 1, { ui_url: options.apiUrl.replace(/\/api$/, '') }),
    ...ownSeries(options).map(([name, value, labels]) => series(name, value, labels)),
  );
  const counts = Object.entries(Object.groupBy(found, ({ labels }) => labels.__name__ ?? ''));
  const own = 'prefect_exporter_series';
  const families = [
    ...counts.map(([family, all = []]) => [family, all.length] as const),
    [own, counts.length + 1] as const,
  ];
  return [...found, ...families.map(([family, count]) => series(own, count, { family }))];
}

type OwnSeries = readonly [name: string, value: Expectation, labels?: Readonly<Record<string, string>>];

function ownSeries({ instantMs, intervalSeconds, exchanges, keepsLast }: ExpectedOptions): OwnSeries[] {
  const aMoment = { from: 0.000_001, to: 60 };
  return [
    ['prefect_up', 1],
    ['prefect_exporter_info', 1, { version }],
    ['prefect_exporter_tick_timestamp_seconds', instantMs / 1000],
    ['prefect_exporter_tick_interval_seconds', intervalSeconds],
    ['prefect_exporter_tick_duration_seconds', aMoment, { phase: 'read' }],
    ['prefect_exporter_series_limit', 20_000],
    ['prefect_exporter_cursor_timestamp_seconds', instantMs / 1000, { source: 'finished_runs' }],
    ['prefect_exporter_outbox_samples', 0],
    ['prefect_exporter_ledger_created_timestamp_seconds', instantMs / 1000],
    ['prefect_exporter_ledger_bytes', 0],
    ...ownCounters(exchanges).map(
      ([name, value, labels]): OwnSeries => [name, keepsLast ? 0 : value, labels ?? {}],
    ),
    ...collectors.flatMap((collector): OwnSeries[] => [
      ['prefect_exporter_collector_success', 1, { collector }],
      ['prefect_exporter_collector_last_success_timestamp_seconds', instantMs / 1000, { collector }],
      ['prefect_exporter_collector_duration_seconds', aMoment, { collector }],
    ]),
  ];
}

function ownCounters({ byEndpoint, responseBytes }: ExchangeSummary): OwnSeries[] {
  return [
    ...Object.entries(byEndpoint).map(([key, count]): OwnSeries => {
      const [endpoint = '', code = ''] = key.split(' ');
      return ['prefect_exporter_api_requests_total', count, { endpoint, code }];
    }),
    ['prefect_exporter_api_response_bytes_total', responseBytes],
    ['prefect_exporter_api_retries_total', 0],
    ['prefect_exporter_samples_sent_total', 0],
    ['prefect_exporter_runs_filtered_total', 0],
    ['prefect_exporter_label_sets_folded_total', 0],
    ['prefect_exporter_repaired_ticks_total', 0],
    ...['read', 'check', 'push', 'store'].map(
      (stage): OwnSeries => ['prefect_exporter_errors_total', 0, { stage }],
    ),
  ];
}

/** Of the series those that begin with another value than 0: they are born a moment after the tick before. */
export const bornSeries = (expected: readonly ExpectedSeries[]): readonly ExpectedSeries[] =>
  expected.filter(
    ({ labels, value }) => /^prefect_exporter_.*_total$/.test(labels.__name__ ?? '') && value !== 0,
  );

const rows = (sql: string, { databasePath, ...moments }: ExpectedOptions): Promise<Row[]> =>
  queryDatabase(databasePath, completeQuery(sql, moments));

function expectation(cell: Readonly<Record<'value' | 'time' | 'low' | 'high', unknown>>): Expectation {
  if (cell.low !== undefined) return { from: asNumber(cell.low), to: asNumber(cell.high) };
  return cell.time === undefined ? asNumber(cell.value) : asNumber(cell.time) / 1_000_000;
}

function asNumber(value: unknown): number {
  if (typeof value === 'number') return value;
  throw new Error(`${String(value)} is no number`);
}

const withoutEmpty = (labels: Readonly<Record<string, unknown>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(labels).flatMap(([name, value]) =>
      value === null || value === '' || value === undefined ? [] : [[name, String(value)]],
    ),
  );
