import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Ended } from '../../lib/prefect/finished-list.ts';
import { type Slice, type SliceOptions, wholeSlices } from '../../lib/prefect/slices.ts';
import { microseconds } from '../../lib/prefect/timestamps.ts';
import {
  type BeforeAnswer,
  baseUs,
  createFinishedTable,
  endedAt,
  identities,
  minuteUs,
  statusError,
} from './finished-table.ts';

const hour = { fromUs: baseUs, toUs: baseUs + 60 * minuteUs };

const everyUs = (count: number, stepUs: number): Ended[] =>
  Array.from({ length: count }, (_, index) => endedAt(`r${index}`, baseUs + index * stepUs));

async function read(
  { list }: ReturnType<typeof createFinishedTable>,
  range = hour,
  options: SliceOptions = {},
): Promise<{ slices: Slice<Ended>[]; error: unknown }> {
  const slices: Slice<Ended>[] = [];
  try {
    for await (const slice of wholeSlices(list, range, options)) slices.push(slice);
    return { slices, error: undefined };
  } catch (error) {
    return { slices, error };
  }
}

const rowsOf = (slices: readonly Slice<Ended>[]) => slices.flatMap(({ rows }) => rows);

/** One after another from the start of the range, without a gap. */
function expectContiguous(slices: readonly Slice<Ended>[], fromUs: number): void {
  let nextUs = fromUs;
  for (const slice of slices) {
    expect(slice.fromUs).toBe(nextUs);
    expect(slice.toUs).toBeGreaterThanOrEqual(slice.fromUs);
    nextUs = slice.toUs + 1;
  }
}

/** Fails what touches this instant, for the kind of request given. */
const failingAt =
  (us: number, error: Error, kind?: 'page' | 'count'): BeforeAnswer =>
  (call) => {
    if (call.fromUs <= us && us <= call.toUs && (kind === undefined || call.kind === kind)) throw error;
  };

describe('wholeSlices', () => {
  it('reads a range that fits with a count and its pages', async () => {
    const table = createFinishedTable(everyUs(5, minuteUs), { pageSize: 4 });
    const { slices } = await read(table);
    expect(slices.map(({ fromUs, toUs }) => ({ fromUs, toUs }))).toEqual([hour]);
    expect(table.asked).toEqual(['count', 'page', 'page']);
    expect(table.queries.every(({ canBeHalved }) => canBeHalved)).toBe(true);
  });

  it('asks no page where nothing ended', async () => {
    const table = createFinishedTable([], { pageSize: 4 });
    expect((await read(table)).slices).toEqual([{ ...hour, rows: [] }]);
    expect(table.asked).toEqual(['count']);
  });

  it('halves until 2,000 rows fit, oldest first, without a gap and without an overlap', async () => {
    const rows = everyUs(7000, 500_000);
    const { slices, error } = await read(createFinishedTable(rows, { pageSize: 200 }));
    expect(error).toBeUndefined();
    expect(slices.length).toBeGreaterThan(3);
    expect(Math.max(...slices.map(({ rows: own }) => own.length))).toBeLessThanOrEqual(2000);
    expectContiguous(slices, hour.fromUs);
    expect(slices.at(-1)?.toUs).toBe(hour.toUs);
    expect(identities(rowsOf(slices))).toEqual(identities(rows));
  });

  it('reads a microsecond with more rows than a slice has', async () => {
    const rows = Array.from({ length: 2500 }, (_, index) => endedAt(`r${index}`, baseUs + 7));
    const { slices } = await read(createFinishedTable(rows, { pageSize: 500 }));
    expect(slices.find(({ rows: own }) => own.length > 0)).toMatchObject({
      fromUs: baseUs + 7,
      toUs: baseUs + 7,
    });
    expect(identities(rowsOf(slices))).toEqual(identities(rows));
  });

  it.each(['count', 'page'] as const)('halves what a %s answers with 500', async (kind) => {
    const rows = everyUs(60, minuteUs);
    const before: BeforeAnswer = ({ kind: asked, fromUs, toUs }) => {
      if (asked === kind && toUs - fromUs > 10 * minuteUs) throw statusError(500);
    };
    const { slices, error } = await read(createFinishedTable(rows, { pageSize: 50, before }));
    expect(error).toBeUndefined();
    expect(slices).toHaveLength(8);
    expectContiguous(slices, hour.fromUs);
    expect(identities(rowsOf(slices))).toEqual(identities(rows));
  });

  it('halves no other error, and not below a second', async () => {
    const unavailable = statusError(503);
    const other = createFinishedTable([], { pageSize: 4, before: failingAt(baseUs, unavailable) });
    expect(await read(other)).toEqual({ slices: [], error: unavailable });
    expect(other.asked).toEqual(['count']);
    const always = createFinishedTable([], { pageSize: 4, before: failingAt(baseUs, statusError(500)) });
    expect((await read(always)).error).toMatchObject({ status: 500 });
    expect(always.asked.length).toBeLessThan(40);
  });

  it('gives what is before a slice that fails, asks nothing behind it, and then throws its error', async () => {
    const rows = everyUs(7000, 500_000);
    const failedUs = baseUs + 25 * minuteUs;
    const broken = statusError(502);
    let askedBehind = 0;
    const before: BeforeAnswer = (call) => {
      if (call.kind === 'page' && call.fromUs > failedUs + 20 * minuteUs) askedBehind += 1;
      failingAt(failedUs, broken, 'page')(call);
    };
    const { slices, error } = await read(createFinishedTable(rows, { pageSize: 200, before }));
    expect(error).toBe(broken);
    expectContiguous(slices, hour.fromUs);
    const endUs = slices.at(-1)?.toUs ?? 0;
    expect(endUs).toBeGreaterThan(baseUs + 10 * minuteUs);
    expect(endUs).toBeLessThan(failedUs);
    expect(identities(rowsOf(slices))).toEqual(
      identities(rows.filter(({ end_time }) => microseconds(end_time) <= endUs)),
    );
    expect(askedBehind).toBe(0);
  });

  it('starts nothing more when it may not, and gives what was under way', async () => {
    const rows = everyUs(7000, 500_000);
    let pages = 0;
    const before: BeforeAnswer = ({ kind }) => {
      if (kind === 'page') pages += 1;
    };
    const table = createFinishedTable(rows, { pageSize: 1000, before });
    const { slices, error } = await read(table, hour, { mayStart: () => pages === 0 });
    expect(error).toBeUndefined();
    expect(slices.length).toBeGreaterThan(0);
    expect(slices.length).toBeLessThan(4);
    expectContiguous(slices, hour.fromUs);
    expect(identities(rowsOf(slices))).toEqual(
      identities(rows.filter(({ end_time }) => microseconds(end_time) <= (slices.at(-1)?.toUs ?? 0))),
    );
  });

  it('reads three at once and not much further ahead than its caller', async () => {
    let running = 0;
    let most = 0;
    const before: BeforeAnswer = async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
    };
    const table = createFinishedTable(everyUs(20_000, 160_000), { pageSize: 2000, before });
    const slices = wholeSlices(table.list, hour);
    await slices.next();
    for (let turns = 0; turns < 30; turns += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(most).toBe(3);
    expect(table.queries.length).toBeLessThan(9);
  });

  it('gives the set of all that ended in the range', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 70 * 60 * 1000 }), { maxLength: 40 }),
        fc.integer({ min: 1, max: 7 }),
        // The longest part, µs, that the server answers.
        fc.integer({ min: 2_000_000, max: 60 * minuteUs }),
        async (offsetsMs, pageSize, longestUs) => {
          const rows = offsetsMs.map((ms, index) => endedAt(`r${index}`, baseUs + ms * 1000));
          const range = { fromUs: baseUs + 5 * minuteUs, toUs: baseUs + 65 * minuteUs };
          const before: BeforeAnswer = ({ fromUs, toUs }) => {
            if (toUs - fromUs > longestUs) throw statusError(500);
          };
          const { slices, error } = await read(createFinishedTable(rows, { pageSize, before }), range);
          expect(error).toBeUndefined();
          expectContiguous(slices, range.fromUs);
          expect(slices.at(-1)?.toUs).toBe(range.toUs);
          const wanted = rows.filter(({ end_time }) => {
            const us = microseconds(end_time);
            return us >= range.fromUs && us <= range.toUs;
          });
          expect(identities(rowsOf(slices))).toEqual(identities(wanted));
        },
      ),
      { numRuns: 30 },
    );
  });
});
