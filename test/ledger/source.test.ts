import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Source } from '../../lib/ledger/ledger.ts';
import { count } from '../../lib/ledger/series-map.ts';
import { advanceSource, type Observation } from '../../lib/ledger/source.ts';
import { aLedger, endless, minuteMs, startMs } from './fixtures.ts';

const family = { name: 'things_total', help: 'Things.', type: 'counter', labels: ['kind'] } as const;
const overlapUs = 5 * minuteMs * 1000;

interface Thing {
  readonly kind: string;
  /** ms after `startMs`. */
  readonly at: number;
  /** How long nobody can read it. */
  readonly hidden: number;
}

const thing: fc.Arbitrary<Thing> = fc.record({
  kind: fc.constantFrom('a', 'b', 'c'),
  // Often exactly on a tick.
  at: fc.oneof(
    fc.integer({ min: 1, max: 30 * minuteMs }),
    fc.integer({ min: 1, max: 30 }).map((minutes) => minutes * minuteMs),
  ),
  hidden: fc.oneof(fc.constant(0), fc.nat(5 * minuteMs - 1)),
});

/** What each tick of 45 minutes can do: nothing (missed, or not read), read to the end, or only so far, minutes. */
const reads = fc.array(
  fc.oneof(fc.constant('none' as const), fc.constant('all' as const), fc.integer({ min: 1, max: 10 })),
  { minLength: 45, maxLength: 45 },
);

function aSource(): Source {
  return { ...aLedger().sources.finishedRuns, startedMs: 0 };
}

/** Reads as Prefect is read: from `readFrom`, what is visible by now, each thing that was not seen yet. */
function readThings(source: Source, things: readonly Thing[], nowMs: number, readToMs: number) {
  const observations = things.flatMap(({ kind, at, hidden }, index): Observation[] => {
    const atUs = (startMs + at) * 1000;
    const isVisible = startMs + at + hidden <= nowMs && atUs >= source.readFromUs && atUs <= readToMs * 1000;
    if (!isVisible || source.seen.has(String(index))) return [];
    source.seen.set(String(index), atUs);
    return [{ atUs, apply: (place) => count(place, family, { kind }, 1) }];
  });
  const grid = { nowMs, intervalMs: minuteMs, repairMs: 50 * minuteMs };
  return advanceSource(source, { observations, readToUs: readToMs * 1000, overlapUs }, grid, endless());
}

/** All ticks that were emitted: tick and its values, by kind. */
function play(things: readonly Thing[], plan: readonly ('none' | 'all' | number)[]) {
  const source = aSource();
  const emitted: { tickMs: number; seenAtMs: number; values: Readonly<Record<string, number>> }[] = [];
  for (const [index, step] of plan.entries()) {
    const nowMs = startMs + (index + 1) * minuteMs;
    if (step === 'none') continue;
    const readToMs = step === 'all' ? nowMs : Math.min(nowMs, source.cursorUs / 1000 + step * minuteMs - 7);
    for (const { tickMs, values } of readThings(source, things, nowMs, readToMs)) {
      const kinds = [...source.series.values()].map(({ labels }) => labels.kind ?? '');
      emitted.push({
        tickMs,
        seenAtMs: nowMs,
        values: Object.fromEntries([...values].map((value, at) => [kinds[at] ?? '', value])),
      });
    }
  }
  return { source, emitted };
}

const countOf = (things: readonly Thing[], kind: string, untilMs: number): number =>
  things.filter((one) => one.kind === kind && startMs + one.at <= untilMs).length;

describe('advanceSource', () => {
  const scenario = fc.tuple(fc.array(thing, { maxLength: 25 }), reads);

  test('counts everything once, however the reading goes', () => {
    fc.assert(
      fc.property(scenario, ([things, plan]) => {
        const { source, emitted } = play(things, [...plan, 'all', 'all']);
        const kinds = [...new Set(things.map(({ kind }) => kind))];
        const expected = Object.fromEntries(kinds.map((kind) => [kind, countOf(things, kind, Infinity)]));
        expect(emitted.at(-1)?.values).toEqual(expected);
        expect(source.seen.size).toBe(0);
      }),
    );
  });

  test('gives each tick once, in order, and never more than had happened by then nor less than was to be seen', () => {
    fc.assert(
      fc.property(scenario, ([things, plan]) => {
        const { emitted } = play(things, [...plan, 'all']);
        const ticks = emitted.map(({ tickMs }) => tickMs);
        // Every minute has its tick: all are repaired.
        expect(ticks).toEqual(Array.from({ length: 46 }, (_, index) => startMs + (index + 1) * minuteMs));
        for (const { tickMs, seenAtMs, values } of emitted) {
          const visible = things.filter(({ at, hidden }) => startMs + at + hidden <= seenAtMs);
          for (const kind of ['a', 'b', 'c']) {
            const value = values[kind] ?? 0;
            expect(value).toBeLessThanOrEqual(countOf(things, kind, tickMs));
            expect(value).toBeGreaterThanOrEqual(countOf(visible, kind, tickMs) - late(things, kind, tickMs));
          }
        }
      }),
    );
  });

  test('never lowers a value', () => {
    fc.assert(
      fc.property(scenario, ([things, plan]) => {
        const { emitted } = play(things, plan);
        for (const [index, { values }] of emitted.entries()) {
          for (const [kind, value] of Object.entries(emitted[index - 1]?.values ?? {})) {
            expect(values[kind]).toBeGreaterThanOrEqual(value);
          }
        }
      }),
    );
  });

  test('puts what is exactly on a tick into it', () => {
    const on = { kind: 'a', at: minuteMs, hidden: 0 };
    const after = { kind: 'a', at: minuteMs + 0.001, hidden: 0 };
    const { emitted } = play([on, after], ['all', 'all']);
    expect(emitted.map(({ values }) => values)).toEqual([{ a: 1 }, { a: 2 }]);
  });

  test('counts what comes after the last emitted tick, and shows it at the next', () => {
    const source = aSource();
    const things = [{ kind: 'a', at: 1.5 * minuteMs, hidden: 0 }];
    const nowMs = startMs + 3 * minuteMs;
    const ticks = readThings(source, things, nowMs, startMs + 1.6 * minuteMs);
    expect(ticks.map(({ tickMs, values }) => [tickMs, [...values]])).toEqual([[startMs + minuteMs, []]]);
    expect([...source.series.values()]).toMatchObject([{ value: 1 }]);
    expect(source).toMatchObject({
      emittedToMs: startMs + minuteMs,
      cursorUs: (startMs + 1.6 * minuteMs) * 1000,
      readFromUs: Math.max(startMs * 1000, nowMs * 1000 - overlapUs),
    });
  });

  test('reads on from what is settled, and never goes back', () => {
    const source = aSource();
    const at = (minutes: number) => startMs + minutes * minuteMs;
    readThings(source, [], at(20), at(20));
    expect(source.readFromUs).toBe(at(15) * 1000);
    readThings(source, [], at(21), at(14));
    expect(source).toMatchObject({ cursorUs: at(20) * 1000, readFromUs: at(15) * 1000 });
  });
});

/** Things of the kind that were hidden for a while: they may belong to a later tick than their own. */
const late = (things: readonly Thing[], kind: string, untilMs: number): number =>
  things.filter((one) => one.kind === kind && one.hidden > 0 && startMs + one.at <= untilMs).length;
