import type { LedgerReading } from '../../lib/ledger/fold.ts';
import { beginSources, fold } from '../../lib/ledger/fold.ts';
import { createLedger, type Ledger, type LedgerSeries, type SeriesMap } from '../../lib/ledger/ledger.ts';
import type { Place, Room } from '../../lib/ledger/series-map.ts';
import { snapshot } from '../../lib/ledger/series-map.ts';
import type { LedgerSettings } from '../../lib/ledger/settings.ts';
import type { Labels } from '../../lib/metrics/family.ts';
import type { Series } from '../../lib/metrics/series.ts';
import { seriesKey } from '../../lib/metrics/series-key.ts';
import type { NamedFinishedRun, NamedRun } from '../../lib/prefect/resources.ts';
import { fromMicroseconds } from '../../lib/prefect/timestamps.ts';
import { aDeployment, aRunOf } from '../support/fixtures.ts';

export const minuteMs = 60_000;
export const dayMs = 86_400_000;

/** 2026-11-20T10:00:00Z: the first tick of the ledgers here. */
export const startMs = Date.UTC(2026, 10, 20, 10);

export const identity = { prefect: 'http://prefect.example:4200/api', sink: 'https://receiver.example/push' };

export const aLedger = (): Ledger => createLedger('ledger-1', identity, startMs);

/** A ledger whose first tick, at `startMs`, is done. */
export function startedLedger(settings: LedgerSettings = theSettings()): Ledger {
  const ledger = aLedger();
  beginSources(ledger, settings, startMs);
  foldAt(ledger, startMs, {}, settings);
  return ledger;
}

export const theSettings = (changes: Partial<LedgerSettings> = {}): LedgerSettings => ({
  intervalMs: minuteMs,
  sources: { finishedRuns: true, finishedTaskRuns: false, events: false },
  overlapUs: { finishedRuns: 300e6, finishedTaskRuns: 1_800e6 },
  outboxMs: 50 * minuteMs,
  retentionMs: 30 * dayMs,
  durationBounds: [15, 60, 240],
  startDelayBounds: [5, 30],
  durationStateTypes: ['COMPLETED'],
  startDelayBy: 'work_queue',
  trigger: false,
  histogramsByDeployment: true,
  zeroFill: false,
  maxSeries: 20_000,
  keepsLast: false,
  selection: { flow: () => true, deployment: () => true, workPool: () => true },
  tagLabels: () => ({}),
  wants: () => true,
  ...changes,
});

export const deployment = aDeployment('etl', 'hourly');

/** @param endMs may have a fraction of µs @param fields `deployment: undefined` for an ad-hoc run */
export function aFinish(endMs: number, fields: Partial<NamedFinishedRun> = {}): NamedFinishedRun {
  const of = 'deployment' in fields ? fields.deployment : deployment;
  return {
    id: 'run-1',
    flow_id: of?.flow_id ?? 'flow-adhoc',
    deployment_id: of?.id ?? null,
    work_pool_name: of?.work_pool_name ?? null,
    work_queue_name: of?.work_queue_name ?? null,
    state_type: 'COMPLETED',
    state_name: 'Completed',
    expected_start_time: null,
    start_time: null,
    end_time: timeOf(endMs),
    total_run_time: 20,
    run_count: 1,
    parent_task_run_id: null,
    auto_scheduled: true,
    created_by_type: 'SCHEDULE',
    flow: of?.flow ?? 'adhoc',
    ...fields,
    deployment: of,
  };
}

/** A run that is open, and started then. */
export const anOpen = (
  id: string,
  { expectedMs, startedMs }: { expectedMs: number; startedMs: number },
): NamedRun =>
  aRunOf(deployment, { id, expected_start_time: timeOf(expectedMs), start_time: timeOf(startedMs) });

export const timeOf = (ms: number): string => fromMicroseconds(Math.round(ms * 1000));

export const endless = (): Room => ({ left: Number.POSITIVE_INFINITY, folded: 0, isFull: false });

export const placeIn = (map: SeriesMap, tickMs = startMs, room = endless()): Place => ({ map, tickMs, room });

/** Folds what was read until the tick, which is all of it unless `upToMs` says otherwise. */
export function foldAt(
  ledger: Ledger,
  nowMs: number,
  {
    runs = [],
    upToMs = nowMs,
    ...reading
  }: Partial<LedgerReading> & { runs?: readonly NamedFinishedRun[]; upToMs?: number },
  settings: LedgerSettings = theSettings(),
  room = endless(),
) {
  const { readFromUs } = ledger.sources.finishedRuns;
  const visible = runs.filter(({ end_time }) => {
    const endMs = Date.parse(end_time);
    return endMs * 1000 >= readFromUs && endMs <= upToMs;
  });
  const finishedRuns = { runs: visible, upToUs: upToMs * 1000 };
  const folded = fold(ledger, { finishedRuns, ...reading }, settings, nowMs, room);
  ledger.lastTickMs = nowMs;
  return folded;
}

/** Values of a family by the label values of `by`, joined by `/`; parts of a histogram one behind the other. */
export function valuesOf(
  map: SeriesMap,
  family: string,
  by: readonly string[],
): Readonly<Record<string, number | readonly number[]>> {
  const found = [...map.values()].filter((series) => series.family === family);
  return Object.fromEntries(
    found.map((series) => [
      by.map((name) => series.labels[name] ?? '(none)').join('/'),
      series.kind === 'counter' ? series.value : [...snapshot(new Map([['', series]]))],
    ]),
  );
}

/** The sum of a counter family over all label sets. */
export const totalOf = (map: SeriesMap, family: string): number =>
  [...map.values()].reduce(
    (sum, series) => sum + (series.family === family && series.kind === 'counter' ? series.value : 0),
    0,
  );

/** Observations of a histogram family over all label sets: how many, and their sum, µs. */
export function observedIn(
  map: SeriesMap,
  family: string,
): { readonly count: number; readonly sumUs: number } {
  const found = [...map.values()].filter((series) => series.family === family);
  return {
    count: found.reduce((sum, one) => sum + observationsOf(one), 0),
    sumUs: found.reduce((sum, one) => sum + (one.kind === 'histogram' ? one.sumUs : 0), 0),
  };
}

const observationsOf = (series: LedgerSeries): number =>
  series.kind === 'histogram' ? series.counts.reduce((sum, count) => sum + count, 0) : 0;

export const aSeries = (name: string, labels: Labels = {}): Series => {
  const all: Labels = { __name__: name, ...labels };
  const names = Object.keys(all).sort();
  return { family: name, names, values: names.map((label) => all[label] ?? '') };
};

export const nameOf = ({ names, values }: Series): string =>
  seriesKey(Object.fromEntries(names.map((name, index) => [name, values[index] ?? ''])));
