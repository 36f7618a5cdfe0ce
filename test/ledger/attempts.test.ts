import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeLedger, encodeLedger } from '../../lib/ledger/document.ts';
import { createSeriesTable } from '../../lib/metrics/series-table.ts';
import {
  aFinish,
  dayMs,
  foldAt,
  minuteMs,
  observedIn,
  startedLedger,
  startMs,
  theSettings,
  totalOf,
} from './fixtures.ts';

const retries = 'prefect_flow_run_retries_total';
const durations = 'prefect_flow_run_duration_seconds';
const finished = 'prefect_flow_runs_finished_total';
const allStates = ['COMPLETED', 'FAILED', 'CRASHED', 'CANCELLED'];

/** What one end added to a run: attempts, and their µs in running states. */
const end = fc.record({
  attempts: fc.integer({ min: 0, max: 4 }),
  runTimeUs: fc.integer({ min: 0, max: 90_000e6 }),
  afterMinutes: fc.integer({ min: 1, max: 1000 }),
});

describe('a run that ends more than once', () => {
  test('has counted all of its retries and run time, and no more, whatever its ends', () => {
    fc.assert(
      fc.property(fc.array(end, { minLength: 1, maxLength: 8 }), (ends) => {
        const settings = theSettings({ durationStateTypes: allStates });
        const ledger = startedLedger(settings);
        let [runCount, runTimeUs, nowMs] = [0, 0, startMs];
        for (const { attempts, runTimeUs: moreUs, afterMinutes } of ends) {
          runCount += attempts;
          runTimeUs += attempts > 0 ? moreUs : 0;
          nowMs += afterMinutes * minuteMs;
          const fields = { state_type: 'FAILED', run_count: runCount, total_run_time: runTimeUs / 1e6 };
          foldAt(ledger, nowMs, { runs: [aFinish(nowMs - 1_000, fields)] }, settings);
        }
        const map = ledger.sources.finishedRuns.series;
        expect(totalOf(map, finished)).toBe(ends.length);
        expect(totalOf(map, retries)).toBe(Math.max(0, runCount - 1));
        expect(observedIn(map, durations)).toEqual({
          count: ends.filter(({ attempts }) => attempts > 0).length,
          sumUs: runTimeUs,
        });
      }),
    );
  });

  test.each([
    [6.9, { retries: 1, seconds: 50 }],
    [7.1, { retries: 1, seconds: 80 }],
  ])('is known for seven days (%d)', (days, { retries: retried, seconds }) => {
    const settings = theSettings({ durationStateTypes: allStates });
    const ledger = startedLedger(settings);
    const first = { state_type: 'FAILED', run_count: 1, total_run_time: 30 };
    foldAt(ledger, startMs + minuteMs, { runs: [aFinish(startMs + 1_000, first)] }, settings);
    const laterMs = startMs + days * dayMs;
    // Something before it: what was counted is forgotten at the end of a tick.
    foldAt(ledger, laterMs, {}, settings);
    const again = aFinish(laterMs + 1_000, { run_count: 2, total_run_time: 50 });
    foldAt(ledger, laterMs + minuteMs, { runs: [again] }, settings);
    const map = ledger.sources.finishedRuns.series;
    expect(totalOf(map, retries)).toBe(retried);
    expect(observedIn(map, durations).sumUs).toBe(seconds * 1e6);
  });

  test('is known for seven days of what was read, however long nothing could be', () => {
    const settings = theSettings({ durationStateTypes: allStates });
    const ledger = startedLedger(settings);
    const first = { state_type: 'FAILED', run_count: 1, total_run_time: 30 };
    foldAt(ledger, startMs + minuteMs, { runs: [aFinish(startMs + 1_000, first)] }, settings);
    const nowMs = startMs + 9 * dayMs;
    foldAt(ledger, nowMs, { upToMs: startMs + dayMs }, settings);
    const again = aFinish(startMs + 2 * dayMs, { run_count: 2, total_run_time: 50 });
    foldAt(ledger, nowMs + minuteMs, { runs: [again] }, settings);
    expect(observedIn(ledger.sources.finishedRuns.series, durations).sumUs).toBe(50e6);
  });

  test('is forgotten when five thousand others ended after it', () => {
    const ledger = startedLedger();
    const runs = Array.from({ length: 5_001 }, (_, index) =>
      aFinish(startMs + 1_000 + index, { id: `run-${index}`, state_type: 'FAILED' }),
    );
    foldAt(ledger, startMs + minuteMs, { runs: runs.toReversed() });
    expect(ledger.countedAttempts.size).toBe(5_000);
    expect(ledger.countedAttempts.has('run-0')).toBe(false);
    expect(ledger.countedAttempts.has('run-1')).toBe(true);
  });

  test('is not remembered when it completed at once: that is nearly every run', () => {
    const ledger = startedLedger();
    foldAt(ledger, startMs + minuteMs, { runs: [aFinish(startMs + 1_000)] });
    expect(ledger.countedAttempts.size).toBe(0);
  });
});

describe('a run time that is no time', () => {
  test.each([-5, -1e-9, 1e13, Number.MAX_VALUE])('of %d s leaves a document that can be read', (seconds) => {
    const ledger = startedLedger();
    const odd = { total_run_time: seconds };
    const runs = [
      aFinish(startMs + 1_000, odd),
      aFinish(startMs + 2_000, { ...odd, id: 'failed', state_type: 'FAILED' }),
    ];
    const taskRun = { ...aFinish(startMs + 1_000, odd), flow_run_id: null };
    const finishedTaskRuns = { runs: [taskRun], upToUs: (startMs + minuteMs) * 1000 };
    foldAt(ledger, startMs + minuteMs, { runs, recentRuns: runs, finishedTaskRuns });
    const table = createSeriesTable();
    const read = decodeLedger(encodeLedger(ledger), (family, names, values) =>
      table.intern(names, values, family),
    );
    expect(totalOf(read.sources.finishedRuns.series, finished)).toBe(2);
    expect(observedIn(read.sources.finishedRuns.series, durations).count).toBe(1);
  });
});
