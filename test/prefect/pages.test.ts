import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  collectPages,
  type KeysetCursor,
  keysetPages,
  ListChangedError,
  type Page,
  PagingError,
  readOffset,
  TooManyPagesError,
} from '../../lib/prefect/pages.ts';
import { compareTimestamps } from '../../lib/prefect/timestamps.ts';

type KeysetList = Parameters<typeof keysetPages<Row>>[0];
const readKeyset = (list: KeysetList) => collectPages(keysetPages(list));

interface Row {
  readonly id: string;
  readonly key: string;
}

/** Few instants, so that ties are many; written in every way that means the same. */
const keyAt = (step: number, long: boolean): string =>
  `2026-11-20T09:00:${String(Math.floor(step / 2)).padStart(2, '0')}${step % 2 === 0 ? (long ? '.000000' : '') : '.000001'}Z`;

const keys = fc.tuple(fc.integer({ min: 0, max: 8 }), fc.boolean()).map(([step, long]) => keyAt(step, long));

interface Change {
  readonly add: readonly string[];
  /** Indexes into what is there, taken modulo its length. */
  readonly remove: readonly number[];
}

const changes = fc.array(
  fc.record({ add: fc.array(keys, { maxLength: 3 }), remove: fc.array(fc.nat(), { maxLength: 2 }) }),
  { maxLength: 6 },
);

/** A table that changes before every request after the first, as scheduled. */
function createTable(initial: readonly string[], schedule: readonly Change[]) {
  let rows: Row[] = initial.map((key, index) => ({ id: `row-${index}`, key }));
  const always = new Set(rows.map(({ id }) => id));
  const everIds = new Set(always);
  let requests = 0;
  return {
    always,
    everIds,
    rowsNow(): readonly Row[] {
      const change = requests === 0 ? undefined : schedule[requests - 1];
      requests += 1;
      for (const index of change?.remove ?? []) {
        const gone = rows[index % Math.max(1, rows.length)];
        rows = rows.filter((row) => row !== gone);
        if (gone !== undefined) always.delete(gone.id);
      }
      for (const key of change?.add ?? []) {
        const id = `row-${everIds.size}`;
        everIds.add(id);
        rows = [{ id, key }, ...rows];
      }
      return rows;
    },
  };
}

const ascending = (rows: readonly Row[]): Row[] => [...rows].sort((a, b) => compareTimestamps(a.key, b.key));

/** The filter the client sends, as the server applies it; `order` decides among ties. */
function answerKeyset(rows: readonly Row[], cursor: KeysetCursor | undefined, limit: number): Page<Row> {
  const matching = rows.filter(
    ({ id, key }) =>
      cursor === undefined || (compareTimestamps(key, cursor.from) >= 0 && !cursor.withoutIds.includes(id)),
  );
  const page = ascending(matching).slice(0, limit);
  return { rows: page, full: page.length >= limit };
}

describe('keysetPages', () => {
  it('reads every row that is there all the time once, and none twice', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(keys, { maxLength: 60 }),
        changes,
        fc.integer({ min: 1, max: 7 }),
        fc.infiniteStream(fc.boolean()),
        async (initial, schedule, limit, flips) => {
          const table = createTable(initial, schedule);
          const rows = await readKeyset({
            name: 'rows',
            direction: 'ascending',
            maxPages: 1000,
            keyOf: ({ key }: Row) => key,
            fetchPage: async (cursor) => {
              const now = table.rowsNow();
              // The order among ties is another one each time.
              return answerKeyset(flips.next().value ? [...now].reverse() : now, cursor, limit);
            },
          });
          const ids = rows.map(({ id }) => id);
          expect(new Set(ids).size).toBe(ids.length);
          expect([...table.always].filter((id) => !ids.includes(id))).toEqual([]);
        },
      ),
    );
  });

  it('goes on from the raw timestamp, without the ids it has read there', async () => {
    const cursors: (KeysetCursor | undefined)[] = [];
    const table: Row[] = [
      { id: 'a', key: '2026-11-20T09:00:00.1Z' },
      { id: 'b', key: '2026-11-20T09:00:00.123456Z' },
      { id: 'c', key: '2026-11-20T09:00:00.123456Z' },
      { id: 'd', key: '2026-11-20T09:00:00.123456Z' },
      { id: 'e', key: '2026-11-20T09:00:01Z' },
    ];
    const rows = await readKeyset({
      name: 'rows',
      direction: 'ascending',
      maxPages: 10,
      keyOf: ({ key }: Row) => key,
      fetchPage: async (cursor) => {
        cursors.push(cursor);
        return answerKeyset(table, cursor, 2);
      },
    });
    expect(rows).toEqual(table);
    expect(cursors).toEqual([
      undefined,
      { from: '2026-11-20T09:00:00.123456Z', withoutIds: ['b'] },
      { from: '2026-11-20T09:00:00.123456Z', withoutIds: ['b', 'c', 'd'] },
    ]);
  });

  it('fails when there is no end within the cap, and gives nothing', async () => {
    const endless = readKeyset({
      name: 'active runs',
      direction: 'ascending',
      maxPages: 3,
      keyOf: ({ key }: Row) => key,
      fetchPage: async (cursor) => {
        const second = cursor === undefined ? 0 : Number(cursor.from.slice(17, 19)) + 1;
        return { rows: [{ id: `row-${second}`, key: keyAt(second * 2, false) }], full: true };
      },
    });
    await expect(endless).rejects.toThrow(
      new TooManyPagesError('active runs: no end after 3 pages (3 rows)'),
    );
  });

  const fullPage = (rows: readonly Row[]) => ({
    name: 'rows',
    direction: 'ascending' as const,
    maxPages: 10,
    keyOf: ({ key }: Row) => (key === '' ? null : key),
    fetchPage: async () => ({ rows, full: true }),
  });

  it('fails when a server ignores the cursor', async () => {
    await expect(readKeyset(fullPage([{ id: 'a', key: keyAt(0, false) }]))).rejects.toThrow(
      'the same page comes again',
    );
    const twoInstants = [
      { id: 'a', key: keyAt(0, false) },
      { id: 'b', key: keyAt(1, false) },
    ];
    await expect(readKeyset(fullPage(twoInstants))).rejects.toThrow('rows are not in order');
  });

  it('fails when rows are not in order and more may follow', async () => {
    const rows = [
      { id: 'a', key: keyAt(3, false) },
      { id: 'b', key: keyAt(2, false) },
    ];
    await expect(readKeyset(fullPage(rows))).rejects.toThrow('rows are not in order');
    const last = { ...fullPage(rows), fetchPage: async () => ({ rows, full: false }) };
    await expect(readKeyset(last)).resolves.toEqual(rows);
  });

  it('fails when a row of a full page has no timestamp', async () => {
    await expect(readKeyset(fullPage([{ id: 'a', key: '' }]))).rejects.toThrow('row a has no timestamp');
  });

  it('fails on a full page without rows', async () => {
    await expect(readKeyset(fullPage([]))).rejects.toThrow(PagingError);
  });

  it('asks for a page only when it is wanted', async () => {
    let requests = 0;
    const table = ascending([0, 1, 2, 3].map((step) => ({ id: `row-${step}`, key: keyAt(step, false) })));
    const pages = keysetPages({
      name: 'rows',
      direction: 'ascending',
      maxPages: 10,
      keyOf: ({ key }: Row) => key,
      fetchPage: async (cursor) => {
        requests += 1;
        return answerKeyset(table, cursor, 2);
      },
    });
    for await (const rows of pages) if (rows.length > 0) break;
    expect(requests).toBe(1);
  });
});

const descending = (rows: readonly Row[]): Row[] => ascending(rows).reverse();

const answerOffset = (rows: readonly Row[], offset: number, limit: number): Page<Row> => {
  const page = rows.slice(offset, offset + limit);
  return { rows: page, full: page.length >= limit };
};

describe('readOffset', () => {
  it('reads every row that is there all the time once, or fails', async () => {
    let whole = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.integer({ min: 0, max: 99 }), { maxLength: 40 }),
        fc.array(
          fc.record({
            add: fc.array(
              fc.integer({ min: 0, max: 99 }).map((step) => keyAt(step, false)),
              { maxLength: 2 },
            ),
            remove: fc.array(fc.nat(), { maxLength: 2 }),
          }),
          { maxLength: 6 },
        ),
        fc.integer({ min: 2, max: 7 }),
        async (steps, schedule, limit) => {
          const table = createTable(
            steps.map((step) => keyAt(step, false)),
            schedule,
          );
          // A unique order: ties by id.
          const inOrder = (rows: readonly Row[]) =>
            [...rows].sort((a, b) => compareTimestamps(b.key, a.key) || (a.id < b.id ? -1 : 1));
          try {
            const rows = await readOffset({
              name: 'rows',
              maxPages: 1000,
              fetchPage: async (offset) => answerOffset(inOrder(table.rowsNow()), offset, limit),
            });
            whole += 1;
            const ids = rows.map(({ id }) => id);
            expect(new Set(ids).size).toBe(ids.length);
            expect([...table.always].filter((id) => !ids.includes(id))).toEqual([]);
          } catch (error) {
            if (!(error instanceof ListChangedError)) throw error;
          }
        },
      ),
    );
    expect(whole).toBeGreaterThan(50);
  });

  it('never gives an incomplete list when the order of ties differs between pages', async () => {
    let whole = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 12 }),
        fc.integer({ min: 2, max: 5 }),
        fc.infiniteStream(fc.array(fc.nat(), { minLength: 12, maxLength: 12 })),
        async (size, limit, orders) => {
          const ids = Array.from({ length: size }, (_, index) => `row-${index}`);
          try {
            const rows = await readOffset({
              name: 'rows',
              maxPages: 1000,
              fetchPage: async (offset) => {
                const order = orders.next().value;
                const shuffled = ids
                  .map((id, index) => ({ id, key: '', rank: order[index] ?? 0 }))
                  .sort((a, b) => a.rank - b.rank);
                return answerOffset(shuffled, offset, limit);
              },
            });
            whole += 1;
            expect(rows.map(({ id }) => id).sort()).toEqual([...ids].sort());
          } catch (error) {
            if (!(error instanceof ListChangedError)) throw error;
          }
        },
      ),
      { numRuns: 500 },
    );
    expect(whole).toBeGreaterThan(50);
  });

  const table = descending([0, 1, 2, 3, 4].map((step) => ({ id: `row-${step}`, key: keyAt(step, false) })));

  it('overlaps each page by one row', async () => {
    const offsets: number[] = [];
    const rows = await readOffset({
      name: 'rows',
      maxPages: 10,
      fetchPage: async (offset) => {
        offsets.push(offset);
        return answerOffset(table, offset, 3);
      },
    });
    expect(rows).toEqual(table);
    expect(offsets).toEqual([0, 2, 4]);
  });

  it('starts again when a row came in front, and then is whole', async () => {
    const offsets: number[] = [];
    const grown = [{ id: 'row-5', key: keyAt(5, false) }, ...table];
    const rows = await readOffset({
      name: 'rows',
      maxPages: 10,
      fetchPage: async (offset) => {
        offsets.push(offset);
        return answerOffset(offsets.length === 1 ? table : grown, offset, 4);
      },
    });
    expect(rows).toEqual(grown);
    expect(offsets).toEqual([0, 3, 0, 3]);
  });

  it('fails after three restarts', async () => {
    let requests = 0;
    const restless = readOffset({
      name: 'work queues',
      maxPages: 10,
      fetchPage: async (offset) => {
        requests += 1;
        return answerOffset(requests % 2 === 0 ? [...table].reverse() : table, offset, 4);
      },
    });
    await expect(restless).rejects.toThrow(
      new ListChangedError('work queues: the list changed each of the 4 times it was read'),
    );
    expect(requests).toBe(8);
  });

  it('fails when there is no end within the cap', async () => {
    const endless = readOffset({
      name: 'flows',
      maxPages: 3,
      fetchPage: async (offset) => ({
        rows: [0, 1].map((index) => ({ id: String(offset + index), key: '' })),
        full: true,
      }),
    });
    await expect(endless).rejects.toThrow('flows: no end after 3 pages (4 rows)');
  });

  it('fails where pages have one row, instead of reading for ever', async () => {
    const single = readOffset({
      name: 'flows',
      maxPages: 10,
      fetchPage: async (offset) => answerOffset(table, offset, 1),
    });
    await expect(single).rejects.toThrow('pages of one row cannot be joined');
  });
});
