import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dueWindows } from '../../lib/ledger/events.ts';
import { beginSources, fold } from '../../lib/ledger/fold.ts';
import type { Ledger } from '../../lib/ledger/ledger.ts';
import type { EventWindow } from '../../lib/prefect/resources.ts';
import { aLedger, endless, minuteMs, startMs, theSettings, totalOf, valuesOf } from './fixtures.ts';

const settings = theSettings({ sources: { finishedRuns: false, finishedTaskRuns: false, events: true } });
const at = (minutes: number): number => startMs + minutes * minuteMs;
const events = 'prefect_events_total';

function started(): Ledger {
  const ledger = aLedger();
  tick(ledger, startMs, () => ({}));
  return ledger;
}

/** A tick that counts what it must; gives the windows. @param isRead whether they could be counted */
function tick(
  ledger: Ledger,
  nowMs: number,
  countsIn: (window: EventWindow) => Readonly<Record<string, number>>,
  isRead = true,
) {
  beginSources(ledger, settings, nowMs);
  const windows = dueWindows(ledger, nowMs);
  const eventCounts = windows.map((window) => ({
    window,
    counts: new Map(Object.entries(countsIn(window))),
  }));
  const { emitted } = fold(ledger, isRead ? { eventCounts } : {}, settings, nowMs, endless());
  return { windows, emitted: emitted.events };
}

describe('events', () => {
  test('are counted once, in windows without a gap or overlap, whatever ticks are missed', () => {
    const happened = fc.array(fc.integer({ min: -2 * minuteMs, max: 118 * minuteMs }), { maxLength: 60 });
    const ticks = fc.array(fc.boolean(), { minLength: 120, maxLength: 120 });
    fc.assert(
      fc.property(happened, ticks, (times, isRead) => {
        const ledger = started();
        const firstMs = startMs - minuteMs;
        const fresh: EventWindow[] = [];
        const inWindow = ({ startMs: from, endMs }: EventWindow) => ({
          'prefect.flow.created': times.filter((ms) => startMs + ms >= from && startMs + ms < endMs).length,
        });
        for (const [index, read] of [...isRead, true].entries()) {
          const newest = fresh.at(-1)?.endMs ?? firstMs;
          const { windows } = tick(ledger, at(index + 1), inWindow, read);
          if (read) fresh.push(...windows.filter((window) => window.startMs >= newest));
        }
        for (const [index, { startMs: from }] of fresh.entries()) {
          expect(from).toBe(fresh[index - 1]?.endMs ?? firstMs);
        }
        expect(fresh.at(-1)?.endMs).toBe(at(120));
        const counted = times.filter((ms) => startMs + ms >= firstMs);
        expect(totalOf(ledger.sources.events.series, events)).toBe(counted.length);
        expect(ledger.eventWindows.size).toBeLessThanOrEqual(13);
      }),
      { numRuns: 40 },
    );
  });

  test('of a window show at the tick after it is settled, also when that is repaired', () => {
    const ledger = started();
    const { emitted } = tick(ledger, at(3), ({ startMs: from }) => ({
      'prefect.flow.created': (from - startMs) / minuteMs + 2,
    }));
    expect(emitted.map(({ tickMs, values }) => [tickMs, [...values]])).toEqual([
      [at(1), [1]],
      [at(2), [3]],
      [at(3), [6]],
    ]);
  });

  test('that come late are added when their window is counted again; fewer than before change nothing', () => {
    const ledger = started();
    const later = new Map([
      [at(0), [5, 7, 6, 7]],
      [at(1), [1, 1, 4, 4]],
    ]);
    const asked = new Map<number, number>();
    const countsIn = ({ startMs: from }: EventWindow) => {
      const times = asked.get(from) ?? 0;
      asked.set(from, times + 1);
      return { 'prefect.flow.created': later.get(from)?.[times] ?? 0 };
    };
    const totals = Array.from({ length: 13 }, (_, minute) => {
      tick(ledger, at(minute + 1), countsIn);
      return totalOf(ledger.sources.events.series, events);
    });
    expect(totals.slice(0, 5)).toEqual([0, 5, 8, 8, 11]);
    expect(totals.at(-1)).toBe(11);
    // At first, one and two windows later, and ten.
    expect(asked.get(at(0))).toBe(4);
  });

  test('of a long gap are one window and twenty single ones', () => {
    const ledger = started();
    const { windows } = tick(ledger, at(600), () => ({ 'prefect.flow.created': 1 }));
    expect(windows).toHaveLength(21);
    expect(windows[0]).toEqual({ startMs: at(-1), endMs: at(579) });
    expect(windows[20]).toEqual({ startMs: at(598), endMs: at(599) });
    expect(totalOf(ledger.sources.events.series, events)).toBe(21);
  });

  test('with names of their own are other', () => {
    const ledger = started();
    tick(ledger, at(1), () => ({
      'my.event': 1,
      'prefect.flow-run.MyState': 2,
      'prefect.flow-run.Completed': 4,
    }));
    expect(valuesOf(ledger.sources.events.series, events, ['event'])).toEqual({
      other: 3,
      'prefect.flow-run.Completed': 4,
    });
  });
});
