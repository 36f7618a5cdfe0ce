import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lastRunFamilies } from '../../lib/ledger/last-runs.ts';
import type { Ledger } from '../../lib/ledger/ledger.ts';
import { aDeployment } from '../support/fixtures.ts';
import {
  aFinish,
  dayMs,
  deployment,
  foldAt,
  minuteMs,
  startedLedger,
  startMs,
  theSettings,
} from './fixtures.ts';

const at = (minutes: number): number => startMs + minutes * minuteMs;

/** Last success, last failure, duration of the last success; seconds. */
const gauges = (ledger: Ledger, deployments = [deployment], settings = theSettings()) =>
  lastRunFamilies(ledger, deployments, settings).map(({ samples }) => samples[0]?.value);

const failed = { id: 'failed', state_type: 'FAILED' };

describe('the last ends of a deployment', () => {
  test('are the newest of what was ever read, in whatever order', () => {
    const end = fc.record({
      minute: fc.integer({ min: 1, max: 60 }),
      state_type: fc.constantFrom('COMPLETED', 'FAILED', 'CRASHED', 'CANCELLED'),
      total_run_time: fc.nat(1_000),
    });
    fc.assert(
      fc.property(
        fc.uniqueArray(end, { selector: ({ minute }) => minute }),
        fc.boolean(),
        (ends, isSeeded) => {
          const ledger = startedLedger();
          const runs = ends.map(({ minute, ...fields }) =>
            aFinish(at(minute) - 1, { id: `run-${minute}`, ...fields }),
          );
          foldAt(ledger, at(61), { runs, ...(isSeeded ? { recentRuns: runs.toReversed() } : {}) });
          const newest = (types: readonly string[]) =>
            ends.filter((one) => types.includes(one.state_type)).toSorted((a, b) => b.minute - a.minute)[0];
          const secondsOf = (one: (typeof ends)[number] | undefined) => one && (at(one.minute) - 1) / 1_000;
          const success = newest(['COMPLETED']);
          expect(gauges(ledger)).toEqual(
            ledger.lastRuns.size === 0
              ? [undefined, undefined, undefined]
              : [secondsOf(success), secondsOf(newest(['FAILED', 'CRASHED'])), success?.total_run_time],
          );
        },
      ),
    );
  });

  test('come from the recent past at the first start, and nothing of it is counted', () => {
    const ledger = startedLedger();
    expect(ledger.seeded).toBe(false);
    const recentRuns = [
      aFinish(startMs - dayMs, failed),
      aFinish(startMs - 2 * dayMs, { total_run_time: 7 }),
    ];
    foldAt(ledger, at(1), { recentRuns });
    expect(gauges(ledger)).toEqual([(startMs - 2 * dayMs) / 1_000, (startMs - dayMs) / 1_000, 7]);
    expect(ledger.sources.finishedRuns.series.size).toBe(0);
    expect(ledger.seeded).toBe(true);
  });

  test('may come from the past later, when it could not be read at first, without hiding what is newer', () => {
    const ledger = startedLedger();
    foldAt(ledger, at(1), { runs: [aFinish(at(1) - 1, { total_run_time: 3 })] });
    expect(ledger.seeded).toBe(false);
    foldAt(ledger, at(2), { recentRuns: [aFinish(startMs - dayMs), aFinish(startMs - dayMs, failed)] });
    expect(gauges(ledger)).toEqual([(at(1) - 1) / 1_000, (startMs - dayMs) / 1_000, 3]);
  });

  test('are of listed and selected deployments only, and of wanted families', () => {
    const ledger = startedLedger();
    foldAt(ledger, at(1), { runs: [aFinish(at(1) - 1)] });
    const none = [undefined, undefined, undefined];
    expect(gauges(ledger, [])).toEqual(none);
    expect(gauges(ledger, [aDeployment('etl', 'other')])).toEqual(none);
    const selection = { ...theSettings().selection, flow: () => false };
    expect(gauges(ledger, [deployment], theSettings({ selection }))).toEqual(none);
    const wants = (name: string) => name.endsWith('duration_seconds');
    expect(gauges(ledger, [deployment], theSettings({ wants }))).toEqual([20]);
  });

  test('are forgotten when the deployment is not listed for the retention', () => {
    const ledger = startedLedger();
    foldAt(ledger, at(1), { runs: [aFinish(at(1) - 1)] });
    foldAt(ledger, at(2), { deployments: [deployment] });
    foldAt(ledger, at(1) + 30 * dayMs, { deployments: [] });
    expect(ledger.lastRuns.size).toBe(1);
    foldAt(ledger, at(2) + 30 * dayMs, { deployments: [] });
    expect(ledger.lastRuns.size).toBe(0);
  });
});
