import { describe, expect, test } from 'vitest';
import { type CollectedSamples, compose, holdsNewborn } from '../../lib/ledger/compose.ts';
import type { Ledger } from '../../lib/ledger/ledger.ts';
import { birthSamples, removeAnswered } from '../../lib/ledger/outbox.ts';
import type { LedgerSettings } from '../../lib/ledger/settings.ts';
import { createSeriesTable } from '../../lib/metrics/series-table.ts';
import { createToSeries } from '../../lib/metrics/to-series.ts';
import { aFinish, foldAt, minuteMs, startedLedger, startMs, theSettings, valuesOf } from './fixtures.ts';

const finished = 'prefect_flow_runs_finished_total';
const at = (minutes: number): number => startMs + minutes * minuteMs;
const only = { wants: (name: string) => name === finished };
const table = createSeriesTable();
const gauge = table.intern(['__name__'], ['gauge'], 'gauge');

interface Tick {
  readonly reading?: Parameters<typeof foldAt>[2];
  readonly settings?: LedgerSettings;
  readonly collected?: readonly CollectedSamples[];
  readonly withHistograms?: boolean;
  readonly common?: Readonly<Record<string, string>>;
}

function tick(ledger: Ledger, minutes: number, options: Tick = {}): void {
  const { reading = {}, settings = theSettings(only), collected = [], withHistograms = true } = options;
  const folded = foldAt(ledger, at(minutes), reading, settings);
  const toSeries = createToSeries(table, options.common);
  compose(ledger, folded, { nowMs: at(minutes), settings, collected, withHistograms, toSeries });
}

/** Minute of each entry, to its names and values; `+` before those that are born in it, `-` for those that end. */
const sent = ({ outbox }: Ledger): readonly string[] =>
  outbox.entries.map(({ tickMs, series, values, births, ended }) => {
    const shown = series.map(
      (one, index) =>
        `${births.includes(one) ? '+' : ''}${one.family.split('_').at(-2) ?? one.family}=${values[index]}`,
    );
    return [(tickMs - startMs) / minuteMs, ...shown, ...ended.map(({ family }) => `-${family}`)].join(' ');
  });

const ledgerOf = (settings = theSettings(only)): Ledger => startedLedger(settings);

describe('compose', () => {
  test('makes an entry of each repaired tick and one of the present one; only that has gauges', () => {
    const ledger = ledgerOf();
    const collected = [{ collector: 'a', samples: [{ series: gauge, value: 4 }], alive: new Set([gauge]) }];
    tick(ledger, 3, { reading: { runs: [aFinish(at(1.5))] }, collected });
    expect(sent(ledger)).toEqual(['1', '2 +finished=1', '3 finished=1 gauge=4']);
    expect(ledger.outbox.entries.map(({ id }) => id)).toEqual([1, 2, 3]);
    expect(ledger.outbox.entries.map((entry) => birthSamples(entry).length)).toEqual([0, 1, 0]);
  });

  test('makes an entry without the source when that was not read, and repairs it later', () => {
    const ledger = ledgerOf();
    tick(ledger, 1, { reading: { runs: [aFinish(at(0.5))] } });
    tick(ledger, 2, { reading: { finishedRuns: undefined } });
    tick(ledger, 3, { reading: { runs: [aFinish(at(1.5))] } });
    expect(sent(ledger)).toEqual(['1 +finished=1', '2', '2 finished=2', '3 finished=2']);
  });

  test('ends a series that is forgotten, at the present tick, and bears it again', () => {
    const settings = theSettings({ ...only, retentionMs: 2 * minuteMs });
    const ledger = ledgerOf(settings);
    tick(ledger, 1, { reading: { runs: [aFinish(at(0.5))] }, settings });
    tick(ledger, 2, { reading: { deployments: [] }, settings });
    tick(ledger, 4, { reading: { deployments: [] }, settings });
    tick(ledger, 5, { reading: { runs: [aFinish(at(4.5))] }, settings });
    expect(sent(ledger)).toEqual(['1 +finished=1', '2 finished=1', '3', `4 -${finished}`, '5 +finished=1']);
  });

  test('ends no series because its source could not be read', () => {
    const ledger = ledgerOf();
    tick(ledger, 1, { reading: { runs: [aFinish(at(0.5))] } });
    tick(ledger, 2, { reading: { finishedRuns: undefined } });
    expect(ledger.outbox.entries.flatMap(({ ended }) => ended)).toEqual([]);
  });

  test('ends series under old common labels, and goes on with the new ones at their value', () => {
    const ledger = ledgerOf();
    tick(ledger, 1, { reading: { runs: [aFinish(at(0.5))] } });
    tick(ledger, 2, { common: { cluster: 'eu' } });
    expect(sent(ledger).at(-1)).toBe(`2 finished=1 -${finished}`);
  });

  test('keeps histograms back without ending them, and bears them when they are first sent', () => {
    const settings = theSettings({ wants: (name) => name === 'prefect_flow_run_duration_seconds' });
    const ledger = ledgerOf(settings);
    tick(ledger, 1, { reading: { runs: [aFinish(at(0.5))] }, settings, withHistograms: false });
    tick(ledger, 2, { settings });
    tick(ledger, 3, { settings, withHistograms: false });
    const sizes = ledger.outbox.entries.map(({ series, births, ended }) => [
      series.length,
      births.length,
      ended.length,
    ]);
    expect(sizes).toEqual([
      [0, 0, 0],
      [6, 6, 0],
      [0, 0, 0],
    ]);
  });

  test('never sends -0', () => {
    const ledger = ledgerOf();
    const collected = [{ collector: 'a', samples: [{ series: gauge, value: -0 }], alive: new Set([gauge]) }];
    tick(ledger, 1, { collected });
    expect(Object.is(ledger.outbox.entries[0]?.values[0], 0)).toBe(true);
  });

  test('drops what is too old, and says so at the next tick', () => {
    const settings = theSettings({ ...only, outboxMs: 2 * minuteMs });
    const ledger = ledgerOf(settings);
    for (const minutes of [1, 2, 3, 4, 5]) {
      tick(ledger, minutes, { reading: { runs: [aFinish(at(0.5))] }, settings });
    }
    expect(sent(ledger).map((text) => text[0])).toEqual(['1', '3', '4', '5']);
    expect(valuesOf(ledger.own, 'prefect_exporter_samples_dropped_total', ['reason'])).toEqual({
      outbox_limit: 1,
    });
  });
});

describe('for a Pushgateway, compose', () => {
  const settings = theSettings({ ...only, keepsLast: true });

  test('keeps one entry, with the last values also when nothing could be read', () => {
    const ledger = ledgerOf(settings);
    tick(ledger, 1, { reading: { runs: [aFinish(at(0.5))] }, settings });
    removeAnswered(ledger.outbox, [{ ledgerId: ledger.id, entryId: 1, samplesSent: 1, samplesDropped: {} }]);
    tick(ledger, 4, { reading: { finishedRuns: undefined }, settings });
    expect(sent(ledger)).toEqual(['4 finished=1']);
  });

  test('shows a newborn at 0 until an entry with it was answered', () => {
    const ledger = ledgerOf(settings);
    tick(ledger, 1, { reading: { runs: [aFinish(at(0.5))] }, settings });
    expect(sent(ledger)).toEqual(['1 +finished=0']);
    tick(ledger, 2, { settings });
    expect(sent(ledger)).toEqual([expect.stringContaining('2 finished=0')]);
    expect(holdsNewborn(ledger)).toBe(true);
    removeAnswered(ledger.outbox, [{ ledgerId: ledger.id, entryId: 2, samplesSent: 1, samplesDropped: {} }]);
    tick(ledger, 3, { settings });
    expect(sent(ledger)).toEqual([expect.stringContaining('3 finished=1')]);
  });

  test('counts what it replaces unanswered as superseded', () => {
    const ledger = ledgerOf(settings);
    tick(ledger, 1, { reading: { runs: [aFinish(at(0.5))] }, settings });
    tick(ledger, 2, { settings });
    expect(valuesOf(ledger.own, 'prefect_exporter_samples_dropped_total', ['reason'])).toEqual({
      superseded: 1,
    });
  });
});
