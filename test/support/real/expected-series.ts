// What an exporter must say of a Prefect database, from SQL alone: nothing here reads an answer of the API or uses
// the exporter's own parsing, naming or counting.
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
}

const collectors = [
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

/** Every series of a tick with `everything` on: those of the database, and those of the exporter on itself. */
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

function ownSeries({ instantMs, intervalSeconds }: ExpectedOptions): OwnSeries[] {
  const aMoment = { from: 0.000_001, to: 60 };
  return [
    ['prefect_up', 1],
    ['prefect_exporter_info', 1, { version }],
    ['prefect_exporter_tick_timestamp_seconds', instantMs / 1000],
    ['prefect_exporter_tick_interval_seconds', intervalSeconds],
    ['prefect_exporter_tick_duration_seconds', aMoment, { phase: 'read' }],
    ['prefect_exporter_series_limit', 20_000],
    ...collectors.flatMap((collector): OwnSeries[] => [
      ['prefect_exporter_collector_success', 1, { collector }],
      ['prefect_exporter_collector_duration_seconds', aMoment, { collector }],
    ]),
  ];
}

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
