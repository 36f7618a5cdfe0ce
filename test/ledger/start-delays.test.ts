import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { beginSources } from '../../lib/ledger/fold.ts';
import type { FinishedRun } from '../../lib/prefect/model.ts';
import {
  aFinish,
  aLedger,
  anOpen,
  dayMs,
  foldAt,
  minuteMs,
  observedIn,
  startedLedger,
  startMs,
  theSettings,
  timeOf,
  valuesOf,
} from './fixtures.ts';

const delays = 'prefect_flow_run_start_delay_seconds';
const at = (minutes: number): number => startMs + minutes * minuteMs;

/** The end of a run that started 7 s late. */
const ended = (id: string, startedMs: number, endMs: number, fields: Partial<FinishedRun> = {}) =>
  aFinish(endMs, {
    id,
    expected_start_time: timeOf(startedMs - 7_000),
    start_time: timeOf(startedMs),
    ...fields,
  });

const opened = (id: string, startedMs: number) => anOpen(id, { expectedMs: startedMs - 7_000, startedMs });

describe('the start of a run', () => {
  test('is observed once, however often it is seen open and whether at all before its end', () => {
    const run = fc.record({
      startMinute: fc.integer({ min: 1, max: 20 }),
      minutes: fc.integer({ min: 0, max: 20 }),
    });
    const scenario = fc.record({
      runs: fc.array(run, { maxLength: 6 }),
      /** Whether the open runs, and the ended ones, could be read. */
      read: fc.array(fc.tuple(fc.boolean(), fc.boolean()), { minLength: 40, maxLength: 40 }),
    });
    fc.assert(
      fc.property(scenario, ({ runs, read }) => {
        const ledger = startedLedger();
        const known = runs.map(({ startMinute, minutes }, index) => {
          const startedMs = at(startMinute) - 20_000;
          return { id: `run-${index}`, startedMs, endMs: startedMs + minutes * minuteMs + 1_000 };
        });
        for (let minute = 1; minute <= 45; minute += 1) {
          const nowMs = at(minute);
          // The last ones are whole.
          const [isOpenRead, isEndRead] = read[minute - 1] ?? [true, true];
          const open = known.filter(({ startedMs, endMs }) => startedMs <= nowMs && endMs > nowMs);
          const openRuns = open.map(({ id, startedMs }) => opened(id, startedMs));
          const ends = known.map(({ id, startedMs, endMs }) => ended(id, startedMs, endMs));
          foldAt(ledger, nowMs, {
            ...(isOpenRead ? { openRuns } : {}),
            ...(isEndRead ? { runs: ends } : { finishedRuns: undefined }),
          });
        }
        const observed = { count: runs.length, sumUs: runs.length * 7e6 };
        expect(observedIn(ledger.sources.finishedRuns.series, delays)).toEqual(observed);
        expect(ledger.startedRuns.size).toBe(0);
      }),
    );
  });

  test('is observed at the first tick after it that knows of it, in its queue', () => {
    const ledger = startedLedger();
    const { emitted } = foldAt(ledger, at(2), { openRuns: [opened('run-1', at(0) + 30_000)] });
    expect(emitted.finishedRuns.map(({ tickMs, values }) => [tickMs, [...values]])).toEqual([
      [at(1), [0, 1, 1, 7, 1]],
      [at(2), [0, 1, 1, 7, 1]],
    ]);
    expect(valuesOf(ledger.sources.finishedRuns.series, delays, ['work_pool', 'work_queue', 'flow'])).toEqual(
      {
        'k8s/default/': [0, 1, 1, 7, 1],
      },
    );
  });

  test('is told apart by deployment where that is wanted', () => {
    const settings = theSettings({ startDelayBy: 'deployment' });
    const ledger = startedLedger(settings);
    foldAt(ledger, at(1), { openRuns: [opened('run-1', at(0) + 30_000)] }, settings);
    expect(valuesOf(ledger.sources.finishedRuns.series, delays, ['flow', 'deployment'])).toEqual({
      'etl/hourly': [0, 1, 1, 7, 1],
    });
  });

  test('waits for the tick that reads up to it', () => {
    const ledger = startedLedger();
    const openRuns = [opened('run-1', at(1) + 2_000)];
    foldAt(ledger, at(1), { openRuns });
    expect(observedIn(ledger.sources.finishedRuns.series, delays).count).toBe(0);
    foldAt(ledger, at(2), { openRuns });
    expect(observedIn(ledger.sources.finishedRuns.series, delays).count).toBe(1);
  });

  test.each<[string, Partial<FinishedRun>]>([
    ['that never ran', { run_count: 0 }],
    ['without a start', { start_time: null }],
    ['that nothing was expected of', { expected_start_time: null }],
  ])('of a run %s is none', (_, fields) => {
    const ledger = startedLedger();
    foldAt(ledger, at(1), { runs: [ended('run-1', at(0) + 10_000, at(0) + 20_000, fields)] });
    expect(observedIn(ledger.sources.finishedRuns.series, delays).count).toBe(0);
  });

  test('before the ledger is not observed', () => {
    const ledger = startedLedger();
    foldAt(ledger, at(1), {
      openRuns: [opened('open', startMs - 1)],
      runs: [ended('ended', startMs - 1, startMs + 1)],
    });
    expect(observedIn(ledger.sources.finishedRuns.series, delays).count).toBe(0);
  });

  test('ahead of its time is no delay', () => {
    const ledger = startedLedger();
    const early = { expected_start_time: timeOf(at(1)) };
    foldAt(ledger, at(1), { runs: [ended('run-1', at(0) + 10_000, at(0) + 20_000, early)] });
    expect(observedIn(ledger.sources.finishedRuns.series, delays)).toEqual({ count: 1, sumUs: 0 });
  });

  test('is not observed again after a failure and a retry', () => {
    const ledger = startedLedger();
    const startedMs = at(0) + 10_000;
    foldAt(ledger, at(1), { runs: [ended('run-1', startedMs, at(0) + 20_000, { state_type: 'FAILED' })] });
    foldAt(ledger, at(2), { openRuns: [opened('run-1', startedMs)] });
    foldAt(ledger, at(3), { runs: [ended('run-1', startedMs, at(2) + 20_000, { run_count: 2 })] });
    expect(observedIn(ledger.sources.finishedRuns.series, delays).count).toBe(1);
  });

  test('is observed after an end without any', () => {
    const ledger = startedLedger();
    const never = aFinish(at(0) + 20_000, { state_type: 'CRASHED', run_count: 0 });
    foldAt(ledger, at(1), { runs: [never] });
    foldAt(ledger, at(2), { openRuns: [opened('run-1', at(1) + 10_000)] });
    foldAt(ledger, at(3), { runs: [ended('run-1', at(1) + 10_000, at(2) + 20_000)] });
    expect(observedIn(ledger.sources.finishedRuns.series, delays).count).toBe(1);
  });

  test('is not observed again when nothing could be read for days and the catch-up takes several ticks', () => {
    const ledger = startedLedger();
    const startedMs = at(0) + 10_000;
    foldAt(ledger, at(1), { openRuns: [opened('run-1', startedMs)] });
    const nowMs = startMs + 3 * dayMs;
    foldAt(ledger, nowMs, { openRuns: [], upToMs: at(2) });
    foldAt(ledger, nowMs + minuteMs, { openRuns: [], runs: [ended('run-1', startedMs, at(10))] });
    expect(observedIn(ledger.sources.finishedRuns.series, delays).count).toBe(1);
    expect(ledger.startedRuns.size).toBe(0);
  });

  test('is not observed when it was before finished runs were wanted for the first time', () => {
    const off = theSettings({ sources: { finishedRuns: false, finishedTaskRuns: false, events: false } });
    const ledger = aLedger();
    beginSources(ledger, off, at(0));
    beginSources(ledger, theSettings(), at(60));
    foldAt(ledger, at(60), { openRuns: [opened('before', at(30))] });
    foldAt(ledger, at(61), { openRuns: [opened('before', at(30)), opened('after', at(60) + 10_000)] });
    expect(observedIn(ledger.sources.finishedRuns.series, delays).count).toBe(1);
  });

  test('of a run that left without an end is forgotten a day later', () => {
    const ledger = startedLedger();
    foldAt(ledger, at(1), { openRuns: [opened('deleted', at(0) + 10_000), opened('long', at(0) + 10_000)] });
    foldAt(ledger, at(1) + dayMs, { openRuns: [opened('long', at(0) + 10_000)] });
    expect([...ledger.startedRuns.keys()]).toEqual(['deleted', 'long']);
    foldAt(ledger, at(2) + dayMs, { openRuns: [opened('long', at(0) + 10_000)] });
    expect([...ledger.startedRuns.keys()]).toEqual(['long']);
    expect(observedIn(ledger.sources.finishedRuns.series, delays).count).toBe(2);
  });
});
