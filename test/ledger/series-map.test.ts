import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  count,
  countByFamily,
  observeIn,
  type Room,
  sizeOfMap,
  snapshot,
} from '../../lib/ledger/series-map.ts';
import { minuteMs, observedIn, placeIn, startMs, totalOf, valuesOf } from './fixtures.ts';

const counter = {
  name: 'c_total',
  help: 'C.',
  type: 'counter',
  labels: ['flow', 'deployment', 'work_pool'],
} as const;
const histogram = { ...counter, name: 'h_seconds', type: 'histogram' } as const;
const bounds = [1, 5];
const labelsOf = (n: number, team = 'x') => ({
  flow: `f${n}`,
  deployment: `d${n}`,
  work_pool: `p${n % 2}`,
  team,
});
const roomOf = (left: number): Room => ({ left, folded: 0, isFull: false });

describe('a new label set without room', () => {
  test('is counted under _other of its pool: sums over flows stay exact', () => {
    const step = fc.record({ n: fc.nat(12), by: fc.nat(3), isTimed: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.nat(30), (steps, left) => {
        const map = new Map();
        const room = roomOf(left);
        for (const { n, by, isTimed } of steps) {
          if (isTimed) observeIn(placeIn(map, startMs, room), { family: histogram, bounds }, labelsOf(n), n);
          else count(placeIn(map, startMs, room), counter, labelsOf(n), by);
        }
        const timed = steps.filter(({ isTimed }) => isTimed);
        const counted = steps.filter(({ isTimed }) => !isTimed);
        expect(totalOf(map, 'c_total')).toBe(counted.reduce((sum, { by }) => sum + by, 0));
        const sumUs = timed.reduce((sum, { n }) => sum + n, 0);
        expect(observedIn(map, 'h_seconds')).toEqual({ count: timed.length, sumUs });
        // _other of two pools always finds room.
        expect(sizeOfMap(map)).toBeLessThanOrEqual(left + 2 * (1 + 5));
      }),
    );
  });

  test('keeps its trigger, which no deployment sets', () => {
    const map = new Map();
    const room = roomOf(0);
    for (const trigger of ['manual', 'schedule'])
      count(placeIn(map, startMs, room), counter, { ...labelsOf(1), trigger }, 1);
    expect(valuesOf(map, 'c_total', ['flow', 'trigger', 'team'])).toEqual({
      '_other/manual/(none)': 1,
      '_other/schedule/(none)': 1,
    });
  });

  test('loses flow, deployment and promoted tags, and keeps the rest', () => {
    const map = new Map();
    const room = roomOf(1);
    for (const n of [1, 2, 3, 4]) count(placeIn(map, startMs, room), counter, labelsOf(n), n);
    expect(valuesOf(map, 'c_total', ['flow', 'deployment', 'work_pool', 'team'])).toEqual({
      'f1/d1/p1/x': 1,
      '_other/_other/p0/(none)': 6,
      '_other/_other/p1/(none)': 3,
    });
    expect(room).toEqual({ left: 0, folded: 3, isFull: true });
  });

  test('says that it is full, but counts no observation, where a zero is filled in', () => {
    const room = roomOf(0);
    count(placeIn(new Map(), startMs, room), counter, labelsOf(1), 0);
    expect(room).toEqual({ left: 0, folded: 0, isFull: true });
  });

  test('folds a histogram when a counter still fits', () => {
    const map = new Map();
    const room = roomOf(4);
    observeIn(placeIn(map, startMs, room), { family: histogram, bounds }, labelsOf(1), 1);
    count(placeIn(map, startMs, room), counter, labelsOf(1), 1);
    expect([...map.values()].map(({ family, labels }) => [family, labels.flow])).toEqual([
      ['h_seconds', '_other'],
      ['c_total', '_other'],
    ]);
    expect(room.left).toBe(0);
  });

  test('gets its own when there is room again, and a known one never needs any', () => {
    const map = new Map();
    for (const left of [1, 0, 1]) {
      const room = roomOf(left);
      for (const n of [1, 2]) count(placeIn(map, startMs, room), counter, labelsOf(n), 1);
    }
    expect(valuesOf(map, 'c_total', ['flow'])).toEqual({ f1: 3, _other: 2, f2: 1 });
  });
});

describe('a series', () => {
  test('is the same whatever the order of its labels, with or without empty ones', () => {
    const map = new Map();
    count(placeIn(map), counter, { flow: 'a', deployment: '' }, 1);
    count(placeIn(map), counter, { deployment: '', flow: 'a' }, 1);
    count(placeIn(map), counter, { flow: 'a' }, 1);
    expect(map.size).toBe(1);
    expect(totalOf(map, 'c_total')).toBe(3);
  });

  test.each(['"', '\\', '\n', '{}', 'ä', '\u0000', '🦆', ',', '__proto__'])('may be named %j', (name) => {
    const map = new Map();
    count(placeIn(map), counter, { flow: name, deployment: 'b' }, 1);
    count(placeIn(map), counter, { flow: `${name}b`, deployment: '' }, 1);
    expect(map.size).toBe(2);
  });

  test('remembers the tick that made it and the one that last changed it', () => {
    const map = new Map();
    for (const [minutes, by] of [
      [0, 0],
      [1, 2],
      [2, 0],
    ] as const) {
      count(placeIn(map, startMs + minutes * minuteMs), counter, labelsOf(1), by);
    }
    expect([...map.values()]).toMatchObject([
      { createdMs: startMs, changedMs: startMs + minuteMs, value: 2 },
    ]);
  });
});

test('a snapshot has all values in the order of the map, and does not change with it', () => {
  const map = new Map();
  count(placeIn(map), counter, labelsOf(1), 4);
  observeIn(placeIn(map), { family: histogram, bounds }, labelsOf(1), 2_000_000);
  count(placeIn(map), counter, labelsOf(2), 5);
  const values = snapshot(map);
  count(placeIn(map), counter, labelsOf(1), 1);
  expect([...values]).toEqual([4, 0, 1, 1, 2, 1, 5]);
  expect([...countByFamily(map, true)]).toEqual([
    ['c_total', 2],
    ['h_seconds', 5],
  ]);
  expect([...countByFamily(map, false)]).toEqual([['c_total', 2]]);
});
