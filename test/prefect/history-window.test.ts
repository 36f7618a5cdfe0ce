import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { historyWindow } from '../../lib/prefect/history-window.ts';

describe('historyWindow', () => {
  it('is whole minutes before the minute of now, in at most 60 buckets that end with it', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 4_000_000_000_000 }),
        fc.integer({ min: 1, max: 10_080 }),
        (nowMs, minutes) => {
          const { start, end, intervalSeconds } = historyWindow(nowMs, minutes);
          const seconds = (Date.parse(end) - Date.parse(start)) / 1000;
          expect(seconds).toBe(minutes * 60);
          expect(Date.parse(end) % 60_000).toBe(0);
          expect(nowMs - Date.parse(end)).toBeGreaterThanOrEqual(0);
          expect(nowMs - Date.parse(end)).toBeLessThan(60_000);
          expect(seconds % intervalSeconds).toBe(0);
          expect(intervalSeconds % 60).toBe(0);
          expect(seconds / intervalSeconds).toBeLessThanOrEqual(60);
        },
      ),
    );
  });

  it.each([
    [5, 60],
    [60, 60],
    [90, 120],
    [1440, 1440],
    [61, 3660],
  ])('cuts %i minutes into buckets of %i s', (minutes, intervalSeconds) => {
    expect(historyWindow(Date.UTC(2026, 10, 20, 9, 52, 30), minutes).intervalSeconds).toBe(intervalSeconds);
  });
});
