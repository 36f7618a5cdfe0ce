import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Entry, Outbox } from '../../lib/ledger/ledger.ts';
import {
  type Acknowledgement,
  birthMs,
  birthSamples,
  entrySamples,
  removeAnswered,
  trimOutbox,
  waitingSamples,
} from '../../lib/ledger/outbox.ts';
import type { Series } from '../../lib/metrics/series.ts';
import { aSeries, minuteMs, startMs } from './fixtures.ts';

const [a, b, c] = [aSeries('a'), aSeries('b'), aSeries('c')] as const;

const anEntry = (id: number, fields: Partial<Entry> = {}): Entry => ({
  id,
  tickMs: startMs + id * minuteMs,
  intervalMs: minuteMs,
  series: [a, b],
  values: Float64Array.of(1, 2),
  ended: [],
  births: [],
  ...fields,
});

const anOutbox = (entries: readonly Entry[], fields: Partial<Outbox> = {}): Outbox => ({
  nextId: 100,
  triedThrough: 0,
  acknowledgedThrough: 0,
  entries: [...entries],
  ...fields,
});

const ids = ({ entries }: Outbox) => entries.map(({ id }) => id);

describe('trimOutbox', () => {
  test('drops what is too old but the first, and says how many samples that were', () => {
    const outbox = anOutbox([anEntry(1), anEntry(2, { ended: [c] }), anEntry(3), anEntry(4)]);
    expect(trimOutbox(outbox, startMs + 4 * minuteMs)).toBe(5);
    expect(ids(outbox)).toEqual([1, 4]);
    expect(trimOutbox(outbox, startMs + 4 * minuteMs)).toBe(0);
  });

  test('drops a repaired tick that waits behind newer ones', () => {
    const repaired = anEntry(4, { tickMs: startMs + minuteMs, births: [a] });
    const outbox = anOutbox([anEntry(2), anEntry(3), repaired, anEntry(5)]);
    expect(trimOutbox(outbox, startMs + 3 * minuteMs)).toBe(2);
    expect(ids(outbox)).toEqual([2, 3, 5]);
    expect(outbox.entries.map(({ births }) => births)).toEqual([[], [], [a]]);
  });

  test('loses no birth that nobody can have seen, and bears nothing twice', () => {
    const all = [a, b, c, aSeries('d'), aSeries('e')];
    const made = fc.array(
      fc.record({
        isOld: fc.boolean(),
        has: fc.uniqueArray(fc.nat(all.length - 1), { maxLength: all.length }),
      }),
      { minLength: 1, maxLength: 10 },
    );
    fc.assert(
      fc.property(made, fc.nat(10), (ticks, triedThrough) => {
        const born = new Set<Series>();
        const entries = ticks.map(({ isOld, has }, index): Entry => {
          const series = has.flatMap((at) => all[at] ?? []);
          const births = series.filter((one) => !born.has(one));
          for (const one of births) born.add(one);
          const tickMs = isOld ? startMs : startMs + minuteMs;
          return anEntry(index + 1, { series, values: new Float64Array(series.length), births, tickMs });
        });
        const birthOf = new Map(entries.flatMap(({ id, births }) => births.map((series) => [series, id])));
        const outbox = anOutbox(entries, { triedThrough });
        trimOutbox(outbox, startMs + minuteMs);
        for (const [series, id] of birthOf) {
          const isTried = id <= triedThrough && !ids(outbox).includes(id);
          const holding = outbox.entries.filter((entry) => entry.series.includes(series));
          const bearing = outbox.entries.filter(({ births }) => births.includes(series));
          expect(ids(anOutbox(bearing))).toEqual(isTried ? [] : ids(anOutbox(holding)).slice(0, 1));
        }
      }),
    );
  });
});

describe('removeAnswered', () => {
  const answer = (entryId: number): Acknowledgement => ({
    ledgerId: 'ledger-1',
    entryId,
    samplesSent: 2,
    samplesDropped: {},
  });

  test('takes out what was answered, and gives what of it was still there', () => {
    const outbox = anOutbox([anEntry(3), anEntry(4), anEntry(5)]);
    const [old, third, fifth] = [answer(2), answer(3), answer(5)];
    expect(removeAnswered(outbox, [old, third, fifth])).toEqual([third, fifth]);
    expect(ids(outbox)).toEqual([4]);
    expect(outbox.acknowledgedThrough).toBe(5);
    expect(removeAnswered(outbox, [third])).toEqual([]);
    expect(outbox.acknowledgedThrough).toBe(5);
  });
});

describe('birthSamples', () => {
  test('are zeros of the newborn series whose first value is not zero itself', () => {
    const entry = anEntry(1, { series: [a, b, c], values: Float64Array.of(0, 5, 7), births: [b, a] });
    expect(birthSamples(entry)).toEqual([{ series: b, value: 0 }]);
    expect(birthSamples(anEntry(1))).toEqual([]);
  });

  test.each([
    [minuteMs, minuteMs - 1],
    [5 * minuteMs, 5 * minuteMs - 1],
    [15 * minuteMs, 5 * minuteMs - 1],
    [15_000, 14_999],
  ])('of an interval of %d ms lie %d ms before the tick', (intervalMs, beforeMs) => {
    const entry = anEntry(1, { intervalMs });
    expect(entry.tickMs - birthMs(entry)).toBe(beforeMs);
  });
});

test('the samples of an entry are its values and a stale marker for each ended series', () => {
  const entry = anEntry(1, { ended: [c] });
  expect(entrySamples(entry)).toEqual([
    { series: a, value: 1 },
    { series: b, value: 2 },
    { series: c, value: 'stale' },
  ]);
  expect(waitingSamples({ entries: [entry, entry] })).toBe(6);
});
