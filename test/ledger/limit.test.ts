import { describe, expect, test } from 'vitest';
import type { Gathered } from '../../lib/gather.ts';
import type { Ledger } from '../../lib/ledger/ledger.ts';
import { ledgerSeries, limit, roomFor } from '../../lib/limit.ts';
import type { Family } from '../../lib/metrics/family.ts';
import { aDeployment } from '../support/fixtures.ts';
import { aFinish, foldAt, minuteMs, startedLedger, startMs, theSettings, totalOf } from './fixtures.ts';

const finished = 'prefect_flow_runs_finished_total';
const nowMs = startMs + minuteMs;

const gauges: Family = {
  descriptor: { name: 'prefect_gauge', help: 'A gauge.', type: 'gauge', labels: ['n'] },
  samples: Array.from({ length: 10 }, (_, n) => ({ labels: { n: String(n) }, value: n })),
};

const gathered: Gathered = {
  workspace: 'test',
  labels: {},
  added: { tags: [], common: [] },
  produced: [],
  families: [gauges],
  outcomes: [],
  problems: [],
  reading: {},
  readMs: 0,
};

/** 60 for the self-metrics, and one for each family. */
const reserved = 61;

/** A ledger of counters, and histograms of six series, of so many deployments, each with two ends. */
function ledgerOf(deployments: number, maxSeries: number) {
  const ledger = startedLedger();
  const room = roomFor(ledger, gathered, maxSeries);
  const runs = Array.from({ length: 2 * deployments }, (_, n) => {
    const name = `d${Math.floor(n / 2)}`;
    return aFinish(nowMs - 1_000 + n, { id: `run-${n}`, deployment: aDeployment('etl', name) });
  });
  foldAt(ledger, nowMs, { runs }, theSettings(), room);
  return { ledger, room };
}

const limited = (ledger: Ledger, maxSeries: number, isFull = false) =>
  limit(ledger, [gauges], gathered, { maxSeries, isFull });

describe('MAX_SERIES', () => {
  test('leaves everything up to the limit', () => {
    const maxSeries = reserved + 10 + 5 * 8;
    const { ledger, room } = ledgerOf(5, maxSeries);
    expect(room).toEqual({ left: 0, folded: 0, isFull: false });
    expect(ledgerSeries(ledger)).toBe(40);
    expect(limited(ledger, maxSeries)).toEqual({
      families: [gauges],
      withHistograms: true,
      problem: undefined,
    });
  });

  test('folds new label sets first, and says so; sums stay exact', () => {
    const maxSeries = reserved + 10 + 5 * 8 - 1;
    const { ledger, room } = ledgerOf(5, maxSeries);
    expect(room).toMatchObject({ isFull: true, folded: 2 });
    expect(totalOf(ledger.sources.finishedRuns.series, finished)).toBe(10);
    const { families, problem } = limited(ledger, reserved + 10 + 100, true);
    expect(families).toEqual([gauges]);
    expect(problem).toMatchObject({ slug: 'series-limit' });
  });

  test('then holds the histograms back, before any gauge', () => {
    const { ledger } = ledgerOf(5, 1_000);
    const { families, withHistograms, problem } = limited(ledger, reserved + 10 + 39);
    expect(families).toEqual([gauges]);
    expect(withHistograms).toBe(false);
    expect(problem?.message).toContain('prefect_flow_run_duration_seconds');
    expect(problem?.message).not.toContain('prefect_gauge');
  });

  test('then gauges, and never counters', () => {
    const { ledger } = ledgerOf(5, 1_000);
    const { families, withHistograms, problem } = limited(ledger, reserved + 10 + 9);
    expect(families).toEqual([]);
    expect(withHistograms).toBe(false);
    expect(problem?.message).toContain('prefect_gauge');
    expect(ledgerSeries(ledger)).toBe(40);
  });
});
