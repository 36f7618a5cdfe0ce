import type { Family, FamilyDescriptor, Sample } from '../metrics/family.ts';
import type { CollectorOutcome } from './collect.ts';
import { flag } from './samples.ts';

/** What the tick knows about itself before it pushes. */
export interface SelfReport {
  /** Of this program. */
  readonly version: string;
  /** The tick's instant, ms since the Unix epoch. */
  readonly tickMs: number;
  readonly intervalSeconds: number;
  /** By the name of the phase, ms: `read`, and `push` of the tick before where that is known. */
  readonly phaseDurationsMs: Readonly<Record<string, number>>;
  readonly outcomes: readonly CollectorOutcome[];
  /** Collector to the instant of its last success, ms. */
  readonly lastSuccessesMs: ReadonlyMap<string, number>;
  /** Family name to its number of series, of the families that go out beside these. */
  readonly seriesByFamily: ReadonlyMap<string, number>;
  readonly maxSeries: number;
  /** Whether Prefect gave at least one good answer in this tick; undefined when it was not asked anything. */
  readonly prefectAnswered: boolean | undefined;
  readonly ledger: LedgerFacts;
}

export interface LedgerFacts {
  readonly createdMs: number;
  /** Size of the document that was read, 0 for a new one. */
  readonly bytes: number;
  /** Source to how far it was read, µs. */
  readonly cursorsUs: ReadonlyMap<string, number>;
  /** Samples of earlier ticks that have no answer yet. */
  readonly waitingSamples: number;
  /** The oldest tick among them, ms; undefined when nothing waits. */
  readonly oldestWaitingMs: number | undefined;
}

const gauge = (name: string, help: string, labels: readonly string[], notes?: string): FamilyDescriptor => ({
  name,
  help,
  type: 'gauge',
  labels,
  ...(notes === undefined ? {} : { notes }),
});

const up = gauge(
  'prefect_up',
  'Whether Prefect gave at least one good answer in this tick.',
  [],
  'Absent where the chosen collectors ask nothing.',
);

const info = gauge('prefect_exporter_info', 'The exporter and its version; always 1.', ['version']);

const timestamp = gauge(
  'prefect_exporter_tick_timestamp_seconds',
  'The instant of the tick, which all samples of it carry.',
  [],
  'Its age is the age of all other numbers. It stops when the exporter does: take `max_over_time`.',
);

const interval = gauge('prefect_exporter_tick_interval_seconds', 'The time between two ticks.', []);

const duration = gauge(
  'prefect_exporter_tick_duration_seconds',
  'How long a phase of the tick took.',
  ['phase'],
  'Samples are made before they are pushed: a push phase is that of the tick before.',
);

const success = gauge(
  'prefect_exporter_collector_success',
  'Whether the collector got all it needs in this tick; its families are absent when it is 0.',
  ['collector'],
);

const lastSuccess = gauge(
  'prefect_exporter_collector_last_success_timestamp_seconds',
  'The newest tick in which the collector got all it needs.',
  ['collector'],
  'Absent for a collector that never did.',
);

const collectorDuration = gauge(
  'prefect_exporter_collector_duration_seconds',
  'From the start of the reading until the families of the collector were made.',
  ['collector'],
);

const series = gauge('prefect_exporter_series', 'Series of this tick by family, this family included.', [
  'family',
]);

const limit = gauge('prefect_exporter_series_limit', 'MAX_SERIES: above it label sets are folded.', []);

const created = gauge(
  'prefect_exporter_ledger_created_timestamp_seconds',
  'The first tick of the ledger.',
  [],
  'A new value means that the ledger was lost or reset: counters began at 0.',
);

const bytes = gauge(
  'prefect_exporter_ledger_bytes',
  'Size of the ledger document, compressed, as it was read.',
  [],
);

const cursor = gauge(
  'prefect_exporter_cursor_timestamp_seconds',
  'Everything that happened up to here is counted.',
  ['source'],
  'Its age is the lag of the counters. `source`: finished_runs, task_runs, events.',
);

const outbox = gauge(
  'prefect_exporter_outbox_samples',
  'Samples of earlier ticks that wait for the receiver.',
  [],
);

const outboxOldest = gauge(
  'prefect_exporter_outbox_oldest_timestamp_seconds',
  'The oldest tick that waits for the receiver.',
  [],
  'Absent when nothing waits.',
);

/** Every family of `selfFamilies`. */
export const selfDescriptors: readonly FamilyDescriptor[] = [
  up,
  info,
  timestamp,
  interval,
  duration,
  success,
  lastSuccess,
  collectorDuration,
  series,
  limit,
  cursor,
  outbox,
  outboxOldest,
  created,
  bytes,
];

/**
 * The self-metrics. Pure. To keep a tick within MAX_SERIES, limit the other families to MAX_SERIES less the series
 * of this with the counts from before the limit: afterwards it can only be fewer.
 */
export function selfFamilies(report: SelfReport): readonly Family[] {
  const { outcomes, phaseDurationsMs, prefectAnswered } = report;
  const families: readonly Family[] = [
    ...(prefectAnswered === undefined ? [] : [one(up, flag(prefectAnswered))]),
    { descriptor: info, samples: [{ labels: { version: report.version }, value: 1 }] },
    one(timestamp, report.tickMs / 1000),
    one(interval, report.intervalSeconds),
    by(
      duration,
      'phase',
      Object.entries(phaseDurationsMs).map(([phase, ms]) => [phase, seconds(ms)]),
    ),
    by(
      success,
      'collector',
      outcomes.map(({ collector, success }) => [collector, flag(success)]),
    ),
    by(
      collectorDuration,
      'collector',
      outcomes.map(({ collector, durationMs }) => [collector, seconds(durationMs)]),
    ),
    by(
      lastSuccess,
      'collector',
      [...report.lastSuccessesMs].map(([collector, ms]) => [collector, ms / 1000]),
    ),
    one(limit, report.maxSeries),
    ...ledgerFamilies(report.ledger),
  ];
  const ownCounts = families
    .filter(({ samples }) => samples.length > 0)
    .map(({ descriptor, samples }): [string, number] => [descriptor.name, samples.length]);
  const others = [...report.seriesByFamily, ...ownCounts];
  return [...families, by(series, 'family', [...others, [series.name, others.length + 1]])];
}

function ledgerFamilies(ledger: LedgerFacts): readonly Family[] {
  const { cursorsUs, oldestWaitingMs } = ledger;
  return [
    by(
      cursor,
      'source',
      [...cursorsUs].map(([source, us]) => [source, us / 1e6]),
    ),
    one(outbox, ledger.waitingSamples),
    ...(oldestWaitingMs === undefined ? [] : [one(outboxOldest, oldestWaitingMs / 1000)]),
    one(created, ledger.createdMs / 1000),
    one(bytes, ledger.bytes),
  ];
}

/** Whole microseconds: more is noise. */
const seconds = (ms: number): number => Math.round(ms * 1000) / 1e6;

const one = (descriptor: FamilyDescriptor, value: number): Family => ({
  descriptor,
  samples: [{ labels: {}, value }],
});

const by = (
  descriptor: FamilyDescriptor,
  label: string,
  values: readonly (readonly [string, number])[],
): Family => ({
  descriptor,
  samples: values.map(([name, value]): Sample => ({ labels: { [label]: name }, value })),
});
