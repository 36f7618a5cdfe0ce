import { describe, expect, test } from 'vitest';
import { countAnswered, countDropped, countOwn, type OwnFigures } from '../../lib/ledger/own-counters.ts';
import { aLedger, minuteMs, startMs, valuesOf } from './fixtures.ts';

const none: OwnFigures = {
  apiRequests: [],
  apiRetries: 0,
  apiResponseBytes: 0,
  runsFiltered: 0,
  labelSetsFolded: 0,
  repairedTicks: 0,
  errors: { read: 0, check: 0, push: 0, store: 0 },
};

describe('the own counters', () => {
  test('are all there from the first tick, at 0', () => {
    const ledger = aLedger();
    countOwn(ledger, none, startMs);
    const { own } = ledger;
    expect([...own.values()].map(({ family, labels }) => [family, labels.stage].join(' ').trim())).toEqual([
      'prefect_exporter_api_retries_total',
      'prefect_exporter_api_response_bytes_total',
      'prefect_exporter_samples_sent_total',
      'prefect_exporter_runs_filtered_total',
      'prefect_exporter_label_sets_folded_total',
      'prefect_exporter_repaired_ticks_total',
      'prefect_exporter_errors_total read',
      'prefect_exporter_errors_total check',
      'prefect_exporter_errors_total push',
      'prefect_exporter_errors_total store',
    ]);
    expect([...own.values()].every((series) => series.kind === 'counter' && series.value === 0)).toBe(true);
  });

  test('add up', () => {
    const ledger = aLedger();
    const apiRequests = [
      { endpoint: 'flows/filter', code: '200', count: 3 },
      { endpoint: 'flows/filter', code: 'timeout', count: 1 },
    ];
    for (const minutes of [0, 1]) {
      countOwn(
        ledger,
        { ...none, apiRequests, apiRetries: 2, repairedTicks: 5 },
        startMs + minutes * minuteMs,
      );
    }
    const value = (name: string, by: readonly string[]) =>
      valuesOf(ledger.own, `prefect_exporter_${name}`, by);
    expect(value('api_requests_total', ['endpoint', 'code'])).toEqual({
      'flows/filter/200': 6,
      'flows/filter/timeout': 2,
    });
    expect(value('api_retries_total', [])).toEqual({ '': 4 });
    expect(value('repaired_ticks_total', [])).toEqual({ '': 10 });
  });

  test('have what the receiver took and refused, and what was given up', () => {
    const ledger = aLedger();
    const answer = (samplesSent: number, samplesDropped: Readonly<Record<string, number>>) => ({
      ledgerId: ledger.id,
      entryId: 1,
      samplesSent,
      samplesDropped,
    });
    countAnswered(ledger, [answer(7, { too_old: 2 }), answer(1, { too_old: 1, limit: 4 })], startMs);
    countDropped(ledger, 'outbox_limit', 5, startMs);
    countDropped(ledger, 'superseded', 0, startMs);
    expect(valuesOf(ledger.own, 'prefect_exporter_samples_sent_total', [])).toEqual({ '': 8 });
    expect(valuesOf(ledger.own, 'prefect_exporter_samples_dropped_total', ['reason'])).toEqual({
      too_old: 3,
      limit: 4,
      outbox_limit: 5,
    });
  });
});
