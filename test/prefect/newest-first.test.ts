import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Ended } from '../../lib/prefect/finished-list.ts';
import { newestFirst, newestFirstByOffset } from '../../lib/prefect/newest-first.ts';
import { collectPages, type Page } from '../../lib/prefect/pages.ts';
import { microseconds } from '../../lib/prefect/timestamps.ts';
import {
  baseUs,
  createFinishedTable,
  endedAt,
  type FinishedTableOptions,
  identities,
} from './finished-table.ts';

const range = { fromUs: baseUs + 10, toUs: baseUs + 90 };

interface Change {
  /** µs after the base at which something new ended. */
  readonly finished: readonly number[];
  /** Indexes into what is there, taken modulo its length: retried, and so without an end. */
  readonly retried: readonly number[];
}

const changes = fc.array(
  fc.record({
    // Beyond the range, as everything that ends while it is read.
    finished: fc.array(fc.integer({ min: 91, max: 99 }), { maxLength: 3 }),
    retried: fc.array(fc.nat(), { maxLength: 3 }),
  }),
  { maxLength: 8 },
);

const offsetsUs = (max: number) => fc.array(fc.integer({ min: 0, max }), { maxLength: 60 });
const rowsAt = (offsets: readonly number[]) => offsets.map((us, index) => endedAt(`r${index}`, baseUs + us));
const within = ({ end_time }: Ended) =>
  microseconds(end_time) >= range.fromUs && microseconds(end_time) <= range.toUs;

/** A table that changes before each of its answers; `always` is what stays as it is. */
function changing(rows: readonly Ended[], schedule: readonly Change[], options: FinishedTableOptions) {
  const always = new Set(rows);
  let made = 0;
  const finished = createFinishedTable(rows, {
    ...options,
    before: ({ earlier }) => {
      const { table } = finished;
      const change = schedule[earlier - 1];
      for (const index of change?.retried ?? []) {
        const [gone] = table.rows.splice(index % Math.max(1, table.rows.length), 1);
        if (gone === undefined) continue;
        always.delete(gone);
        // It ends again, later than anything that is read.
        table.rows.push(endedAt(gone.id, baseUs + 95));
      }
      for (const us of change?.finished ?? []) {
        made += 1;
        table.rows.push(endedAt(`new-${made}`, baseUs + us));
      }
    },
  });
  return { ...finished, always };
}

const expectOnce = (read: readonly Ended[], always: Iterable<Ended>) => {
  const found = identities(read);
  expect(new Set(found).size).toBe(found.length);
  expect(identities([...always].filter(within)).filter((row) => !found.includes(row))).toEqual([]);
  expect(read.every(within)).toBe(true);
};

const ties = fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true }));

describe('newestFirst', () => {
  it('reads what ended in the range, whatever the page size and however many ended at once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(offsetsUs(100), offsetsUs(20)),
        fc.integer({ min: 1, max: 7 }),
        ties,
        async (offsets, pageSize, tie) => {
          const rows = rowsAt(offsets);
          const { list } = createFinishedTable(rows, { pageSize, tie: () => tie.next().value });
          const read = await collectPages(newestFirst(list, range, { maxPages: 1000 }));
          expect(identities(read)).toEqual(identities(rows.filter(within)));
        },
      ),
    );
  });

  it('loses and doubles nothing while runs are retried and end again', async () => {
    await fc.assert(
      fc.asyncProperty(
        offsetsUs(100),
        changes,
        fc.integer({ min: 1, max: 7 }),
        ties,
        async (offsets, schedule, pageSize, tie) => {
          const { list, always } = changing(rowsAt(offsets), schedule, {
            pageSize,
            tie: () => tie.next().value,
          });
          expectOnce(await collectPages(newestFirst(list, range, { maxPages: 1000 })), always);
        },
      ),
    );
  });

  it('reads a page of ties to its end, and sends the times as they came', async () => {
    const raw = '2026-11-20T09:00:00.00005Z';
    const rows: Ended[] = ['a', 'b', 'c', 'd', 'e'].map((id) => ({ id, end_time: raw }));
    const { list, queries } = createFinishedTable([...rows, endedAt('f', baseUs + 11)], { pageSize: 2 });
    const read = await collectPages(newestFirst(list, range, { maxPages: 9 }));
    expect(read.map(({ id }) => id)).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
    const after = '2026-11-20T09:00:00.000010Z';
    expect(queries.slice(0, 3)).toEqual([
      { after, before: '2026-11-20T09:00:00.000090Z', withoutIds: [], canBeHalved: false },
      { after, before: raw, withoutIds: ['a', 'b'], canBeHalved: false },
      { after, before: raw, withoutIds: ['a', 'b', 'c', 'd'], canBeHalved: false },
    ]);
  });

  it('gives a run that ended twice meanwhile with both ends', async () => {
    const rows = [endedAt('a', baseUs + 50), endedAt('b', baseUs + 40), endedAt('c', baseUs + 30)];
    const finished = createFinishedTable(rows, {
      pageSize: 1,
      // Only a server whose replicas disagree about the time does this.
      before: ({ earlier }) => {
        if (earlier === 2) finished.table.rows = [endedAt('a', baseUs + 20), endedAt('c', baseUs + 30)];
      },
    });
    const read = await collectPages(newestFirst(finished.list, range, { maxPages: 9 }));
    expect(identities(read)).toEqual(['a 20', 'a 50', 'b 40', 'c 30']);
  });
});

describe('newestFirstByOffset', () => {
  const read = (
    { list }: ReturnType<typeof createFinishedTable>,
    fetchPage = list.unfilteredPage,
    maxPages = 1000,
  ) => {
    if (fetchPage === undefined) throw new Error('the table has no such list');
    return collectPages(newestFirstByOffset(list, fetchPage, range, { maxPages, startedOnly: true }));
  };

  it('reads what ended in the range, whatever the page size', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.integer({ min: 0, max: 100 }), { maxLength: 60 }),
        fc.integer({ min: 3, max: 8 }),
        async (offsets, pageSize) => {
          const rows = rowsAt(offsets);
          expect(identities(await read(createFinishedTable(rows, { pageSize })))).toEqual(
            identities(rows.filter(within)),
          );
        },
      ),
    );
  });

  it('loses and doubles nothing while the list moves, also with ties in any order', async () => {
    let whole = 0;
    await fc.assert(
      fc.asyncProperty(
        offsetsUs(100),
        changes,
        fc.integer({ min: 3, max: 8 }),
        ties,
        async (offsets, schedule, pageSize, tie) => {
          const table = changing(rowsAt(offsets), schedule, { pageSize, tie: () => tie.next().value });
          try {
            expectOnce(await read(table), table.always);
            whole += 1;
          } catch (error) {
            if (!String(error).includes('a whole page of them ended in one microsecond')) throw error;
          }
        },
      ),
    );
    expect(whole).toBeGreaterThan(50);
  });

  const twelve = rowsAt([80, 75, 70, 65, 60, 55, 50, 45, 40, 35, 30, 5]);

  it('overlaps pages by a row and ends before the range', async () => {
    const table = createFinishedTable(twelve, { pageSize: 6 });
    expect(await read(table)).toHaveLength(11);
    expect(table.offsets).toEqual([0, 4, 8]);
  });

  it('goes back when rows left, and not when some came', async () => {
    const left = createFinishedTable(twelve, {
      pageSize: 6,
      before: ({ earlier }) => {
        if (earlier === 1) left.table.rows.splice(0, 2);
      },
    });
    expect(await read(left)).toHaveLength(11);
    expect(left.offsets).toEqual([0, 4, 0, 4]);
    const came = createFinishedTable(twelve, {
      pageSize: 6,
      before: ({ earlier }) => {
        if (earlier === 1) came.table.rows.push(endedAt('x', baseUs + 95), endedAt('y', baseUs + 96));
      },
    });
    expect(await read(came)).toHaveLength(11);
    expect(came.offsets).toEqual([0, 4, 8]);
  });

  it('goes on where the rows of one instant reach over the end of a page', async () => {
    const rows = rowsAt([80, 60, 55, 50, 50, 40, 5]);
    const tied = createFinishedTable(rows, { pageSize: 4 });
    expect(identities(await read(tied))).toEqual(identities(rows.slice(0, 6)));
    expect(tied.offsets.slice(0, 2)).toEqual([0, 2]);
  });

  it('fails when it cannot tell what it has read', async () => {
    const tied = createFinishedTable(rowsAt([80, 50, 50, 50, 50, 50]), { pageSize: 3 });
    await expect(read(tied)).rejects.toThrow('finished runs: a whole page of them ended in one microsecond');
    const long = createFinishedTable(twelve, { pageSize: 3 });
    await expect(read(long, undefined, 4)).rejects.toThrow('finished runs: no end after 4 pages (6 rows)');
    const unsorted = async (): Promise<Page<Ended>> => ({ rows: [...twelve].reverse(), full: false });
    await expect(read(long, unsorted)).rejects.toThrow('finished runs: rows are not in order');
  });
});
