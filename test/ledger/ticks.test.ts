import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type TickGrid, ticksToEmit } from '../../lib/ledger/ticks.ts';
import { dayMs, minuteMs, startMs } from './fixtures.ts';

const situation = fc
  .record({
    intervalMs: fc.constantFrom(15_000, minuteMs, 5 * minuteMs),
    /** Of the last emitted tick until now, in quarters of a minute. */
    behind: fc.oneof(fc.nat(12), fc.nat(800)),
    repairMinutes: fc.integer({ min: 5, max: 90 }),
    /** How far was read, ms before now. */
    unreadMs: fc.oneof(fc.constant(0), fc.nat(220 * minuteMs)),
  })
  .map(({ intervalMs, behind, repairMinutes, unreadMs }) => ({
    emittedToMs: startMs - behind * 15_000,
    readToMs: startMs - unreadMs,
    grid: { nowMs: startMs, intervalMs, repairMs: repairMinutes * minuteMs },
  }));

const emit = (emittedToMs: number, readToMs: number, grid: TickGrid) =>
  ticksToEmit({ emittedToMs }, readToMs * 1000, grid);

/** The same in words: candidates are the grid after the last emitted tick until half an interval before now, and now. */
function bruteForce(emittedToMs: number, readToMs: number, { nowMs, intervalMs, repairMs }: TickGrid) {
  const ticks: number[] = [];
  for (let ms = emittedToMs + intervalMs; ms < nowMs - intervalMs / 2; ms += intervalMs) ticks.push(ms);
  if (nowMs > emittedToMs) ticks.push(nowMs);
  return ticks.filter((ms) => ms <= readToMs && ms >= nowMs - repairMs);
}

describe('ticksToEmit', () => {
  test('are those of the grid that were read and can be repaired, and now', () => {
    fc.assert(
      fc.property(situation, ({ emittedToMs, readToMs, grid }) => {
        expect(emit(emittedToMs, readToMs, grid)).toEqual(bruteForce(emittedToMs, readToMs, grid));
      }),
    );
  });

  test('come after the last emitted one, ascending, at least half an interval apart, none unread', () => {
    fc.assert(
      fc.property(situation, ({ emittedToMs, readToMs, grid }) => {
        const ticks = emit(emittedToMs, readToMs, grid);
        const before = [emittedToMs, ...ticks];
        for (const [index, tick] of ticks.entries()) {
          const gapMs = tick - (before[index] ?? 0);
          expect(gapMs).toBeGreaterThan(0);
          if (tick < grid.nowMs || index > 0) expect(gapMs).toBeGreaterThan(grid.intervalMs / 2);
          expect(tick).toBeLessThanOrEqual(readToMs);
        }
        expect(ticks.includes(grid.nowMs)).toBe(readToMs >= grid.nowMs && emittedToMs < grid.nowMs);
      }),
    );
  });

  test('do not count their way up through years', () => {
    const grid = { nowMs: startMs, intervalMs: 1_000, repairMs: 5 * minuteMs };
    const ticks = emit(startMs - 10_000_000 * dayMs, startMs, grid);
    expect(ticks).toHaveLength(301);
    expect([ticks[0], ticks.at(-1)]).toEqual([startMs - 5 * minuteMs, startMs]);
  });

  test('leave no hole when the interval changes', () => {
    const at = (minutes: number) => startMs + minutes * minuteMs;
    const grid = (nowMs: number, minutes: number) => ({
      nowMs,
      intervalMs: minutes * minuteMs,
      repairMs: 50 * minuteMs,
    });
    expect(emit(at(3), at(5), grid(at(5), 5))).toEqual([at(5)]);
    expect(emit(at(3), at(15), grid(at(15), 5))).toEqual([at(8), at(15)]);
    expect(emit(at(5), at(8), grid(at(8), 1))).toEqual([at(6), at(7), at(8)]);
  });
});
