import { describe, expect, it } from 'vitest';
import { deadlineIn } from '../../lib/deadline.ts';
import { createEndTimeFilterCache } from '../../lib/prefect/end-time-filter.ts';
import {
  type FinishedReading,
  finishedSlices,
  readFinished,
  readRecent,
} from '../../lib/prefect/finished.ts';
import type { Ended, FinishedList } from '../../lib/prefect/finished-list.ts';
import { ServerTooOldError } from '../../lib/prefect/server-too-old.ts';
import { microseconds } from '../../lib/prefect/timestamps.ts';
import { createFakeClock } from '../support/clock.ts';
import {
  type BeforeAnswer,
  baseUs,
  createFinishedTable,
  endedAt,
  type FinishedTableOptions,
  identities,
  minuteUs,
  statusError,
} from './finished-table.ts';

const secondUs = 1_000_000;
const instantUs = baseUs + 60 * minuteUs;

/** So many rows, one a second, the newest at the instant. */
const rowsBefore = (count: number): Ended[] =>
  Array.from({ length: count }, (_, index) => endedAt(`r${index}`, instantUs - index * secondUs));

/** Minutes before the instant; the overlap is five minutes. */
const behind = (minutes: number) => ({
  cursorUs: instantUs - minutes * minuteUs,
  readFromUs: instantUs - (minutes + 5) * minuteUs,
});

function createReading(options: { catchUpMs?: number } = {}) {
  const clock = createFakeClock();
  const reading: FinishedReading = {
    instantUs,
    clock,
    catchUpDeadline: deadlineIn(options.catchUpMs ?? 10_000, clock),
    endTimeFilter: createEndTimeFilterCache(),
  };
  return { clock, reading };
}

const endedBetween = (rows: readonly Ended[], fromUs: number, toUs: number) =>
  identities(rows.filter(({ end_time: raw }) => microseconds(raw) >= fromUs && microseconds(raw) <= toUs));

describe('readFinished', () => {
  it('takes one request for a tick with little in it', async () => {
    const rows = [...rowsBefore(100), endedAt('later', instantUs + 1)];
    const table = createFinishedTable(rows, { pageSize: 200 });
    const read = await readFinished(table.list, behind(1), createReading().reading);
    expect(read.upToUs).toBe(instantUs);
    expect(identities(read.runs)).toEqual(endedBetween(rows, behind(1).readFromUs, instantUs));
    expect(table.queries).toEqual([
      {
        after: '2026-11-20T09:54:00.000000Z',
        before: '2026-11-20T10:00:00.000000Z',
        withoutIds: [],
        canBeHalved: false,
      },
    ]);
  });

  it('reads ten full pages straight and cuts what is more into slices', async () => {
    const ten = createFinishedTable(rowsBefore(300), { pageSize: 30 });
    expect((await readFinished(ten.list, behind(1), createReading().reading)).runs).toHaveLength(300);
    expect(ten.asked).not.toContain('count');
    const rows = rowsBefore(331);
    const more = createFinishedTable(rows, { pageSize: 30 });
    const read = await readFinished(more.list, behind(1), createReading().reading);
    expect([identities(read.runs), read.upToUs]).toEqual([identities(rows), instantUs]);
    expect(more.asked.filter((kind) => kind === 'count')).toHaveLength(1);
  });

  it('cuts a window of more than 15 minutes since the cursor into slices', async () => {
    const rows = rowsBefore(1500);
    const short = createFinishedTable(rows, { pageSize: 200 });
    await readFinished(short.list, behind(15), createReading().reading);
    expect(short.asked).not.toContain('count');
    const long = createFinishedTable(rows, { pageSize: 200 });
    const read = await readFinished(long.list, behind(16), createReading().reading);
    expect(long.asked[0]).toBe('count');
    expect(identities(read.runs)).toEqual(endedBetween(rows, behind(16).readFromUs, instantUs));
  });

  it('rejects when a page fails, and asks nothing when all is read', async () => {
    const before: BeforeAnswer = ({ earlier }) => {
      if (earlier === 1) throw statusError(500);
    };
    const table = createFinishedTable(rowsBefore(9), { pageSize: 4, before });
    await expect(readFinished(table.list, behind(1), createReading().reading)).rejects.toMatchObject({
      status: 500,
    });
    const asked = table.asked.length;
    await expect(readFinished(table.list, behind(0), createReading().reading)).resolves.toEqual({
      runs: [],
      upToUs: instantUs,
    });
    expect(table.asked).toHaveLength(asked);
  });
});

describe('a catch-up', () => {
  const rows = rowsBefore(12_000);
  const position = behind(180);
  const options: FinishedTableOptions = { pageSize: 1000 };
  const catchUp = (
    { list }: ReturnType<typeof createFinishedTable>,
    { reading }: ReturnType<typeof createReading>,
  ) => readFinished(list, position, reading);

  it('goes to the instant when there is time', async () => {
    const read = await catchUp(createFinishedTable(rows, options), createReading());
    expect(read.upToUs).toBe(instantUs);
    expect(identities(read.runs)).toEqual(endedBetween(rows, position.readFromUs, instantUs));
  });

  it('ends at its deadline with what is whole', async () => {
    const made = createReading();
    let pages = 0;
    const before: BeforeAnswer = ({ kind }) => {
      if (kind === 'page') pages += 1;
      if (pages === 6) made.clock.setNow(made.clock.now() + 60_000);
    };
    const read = await catchUp(createFinishedTable(rows, { ...options, before }), made);
    expect(read.upToUs).toBeGreaterThan(position.cursorUs);
    expect(read.upToUs).toBeLessThan(instantUs);
    expect(identities(read.runs)).toEqual(endedBetween(rows, position.readFromUs, read.upToUs));
  });

  it('holds some 20,000 rows at most', async () => {
    // Ten a second, all along.
    const stepUs = 100_000;
    const list: FinishedList<Ended> = {
      name: 'finished runs',
      count: async ({ after, before }) =>
        Math.floor((microseconds(before) - microseconds(after)) / stepUs) + 1,
      page: async ({ after, before }) => {
        const first = Math.ceil(microseconds(after) / stepUs);
        const last = Math.floor(microseconds(before) / stepUs);
        const found = Array.from({ length: last - first + 1 }, (_, index) =>
          endedAt(`r${last - index}`, (last - index) * stepUs),
        );
        return { rows: found, full: false };
      },
    };
    const { runs, upToUs } = await readFinished(list, behind(180), createReading().reading);
    expect(runs.length).toBeGreaterThan(19_000);
    expect(runs.length).toBeLessThan(29_000);
    expect(upToUs).toBeLessThan(instantUs);
  });

  it('counts what is before a slice that failed', async () => {
    const failedUs = instantUs - 30 * minuteUs;
    const before: BeforeAnswer = ({ kind, fromUs, toUs }) => {
      if (kind === 'page' && fromUs <= failedUs && failedUs <= toUs) throw statusError(503);
    };
    const read = await catchUp(createFinishedTable(rows, { ...options, before }), createReading());
    expect(read.upToUs).toBeGreaterThan(position.cursorUs);
    expect(read.upToUs).toBeLessThan(failedUs);
    expect(identities(read.runs)).toEqual(endedBetween(rows, position.readFromUs, read.upToUs));
  });

  it('rejects with the error of the first slice when nothing was gained', async () => {
    const failure = statusError(503);
    const before: BeforeAnswer = ({ kind, fromUs }) => {
      if (kind === 'page' && fromUs === position.readFromUs) throw failure;
    };
    const table = createFinishedTable(rows, { ...options, before });
    await expect(catchUp(table, createReading())).rejects.toBe(failure);
  });

  it('gains nothing by what lies before the cursor', async () => {
    const failure = statusError(503);
    const many = Array.from({ length: 2500 }, (_, index) =>
      endedAt(`m${index}`, position.readFromUs + index * 2000),
    );
    // The part before the cursor is whole, the part with the cursor is not.
    const before: BeforeAnswer = ({ kind, toUs, fromUs }) => {
      if (kind === 'page' && fromUs > position.readFromUs && toUs >= position.cursorUs) throw failure;
    };
    const table = createFinishedTable([...rows, ...many], { pageSize: 1000, before });
    await expect(catchUp(table, createReading())).rejects.toBe(failure);
  });

  it('does not wait for ever for a slice that hangs', async () => {
    const made = createReading({ catchUpMs: 10_000 });
    const hangsFromUs = instantUs - 20 * minuteUs;
    const before: BeforeAnswer = ({ kind, toUs }) =>
      kind === 'page' && toUs >= hangsFromUs ? new Promise(() => {}) : undefined;
    const reading = catchUp(createFinishedTable(rows, { ...options, before }), made);
    await made.clock.advance(14_999);
    await made.clock.advance(1);
    const read = await reading;
    expect(read.upToUs).toBeGreaterThan(position.cursorUs);
    expect(read.upToUs).toBeLessThan(instantUs);
    expect(made.clock.pending()).toBe(0);
    const never = createReading();
    const hanging = catchUp(
      createFinishedTable(rows, { ...options, before: () => new Promise(() => {}) }),
      never,
    );
    const rejected = expect(hanging).rejects.toThrow('no time to read a first part');
    await never.clock.advance(15_000);
    await rejected;
  });
});

describe('a server without a filter by end time', () => {
  const rows = rowsBefore(900);

  it.each([
    ['value_error.extra', true],
    ['extra_forbidden', false],
  ] as const)('is told by its refusal (%s), once an hour', async (refusal, startedOnly) => {
    const table = createFinishedTable(rows, { pageSize: 100, refusal });
    const { unfilteredPage } = table.list;
    const seen: unknown[] = [];
    const list = {
      ...table.list,
      unfilteredPage: (offset: number, given: { startedOnly: boolean }) => {
        seen.push(given.startedOnly);
        if (unfilteredPage === undefined) throw new Error('no such list');
        return unfilteredPage(offset, given);
      },
    };
    const { reading, clock } = createReading();
    const read = await readFinished(list, behind(1), reading);
    expect([identities(read.runs), read.upToUs]).toEqual([
      endedBetween(rows, behind(1).readFromUs, instantUs),
      instantUs,
    ]);
    expect(new Set(seen)).toEqual(new Set([startedOnly]));
    await readFinished(list, behind(1), reading);
    const filtered = () => table.asked.filter((kind) => kind !== 'unfiltered').length;
    expect(filtered()).toBe(1);
    await clock.advance(3_600_000);
    await readFinished(list, behind(1), reading);
    expect(filtered()).toBe(2);
  });

  it('has no slices: a catch-up reads all of it', async () => {
    const table = createFinishedTable(rows, { pageSize: 100, refusal: 'value_error.extra' });
    const read = await readFinished(table.list, behind(30), createReading().reading);
    expect([identities(read.runs), read.upToUs]).toEqual([identities(rows), instantUs]);
    expect(table.asked.filter((kind) => kind !== 'unfiltered')).toEqual(['count']);
  });

  it('fails when there are more than 250 pages', async () => {
    const table = createFinishedTable(rows, { pageSize: 4, refusal: 'value_error.extra' });
    await expect(readFinished(table.list, behind(30), createReading().reading)).rejects.toThrow(
      'finished runs: no end after 250 pages',
    );
  });

  it('is too old for lists that need the filter', async () => {
    const table = createFinishedTable(rows, {
      pageSize: 100,
      refusal: 'extra_forbidden',
      canReadUnfiltered: false,
    });
    const { reading } = createReading();
    for (let times = 0; times < 2; times += 1) {
      await expect(readFinished(table.list, behind(1), reading)).rejects.toThrow(ServerTooOldError);
    }
    expect(table.asked).toHaveLength(1);
  });

  it('takes no other refusal for it', async () => {
    const refusals = [
      statusError(422, { detail: 'Invalid limit' }),
      statusError(422, {
        exception_detail: [{ type: 'extra_forbidden', loc: ['body', 'flow_runs', 'nope'] }],
        request_body: { flow_runs: { end_time: {} } },
      }),
      statusError(400, { exception_detail: [{ type: 'extra_forbidden', loc: ['body', 'x', 'end_time'] }] }),
    ];
    for (const refusal of refusals) {
      const before: BeforeAnswer = () => {
        throw refusal;
      };
      const table = createFinishedTable(rows, { pageSize: 100, before });
      await expect(readFinished(table.list, behind(1), createReading().reading)).rejects.toBe(refusal);
    }
  });
});

describe('readRecent', () => {
  const rows = rowsBefore(2000);
  const range = { fromUs: instantUs - 20 * minuteUs, toUs: instantUs };

  it.each([undefined, 'value_error.extra'] as const)(
    'gives the newest, at most 25 pages (%s)',
    async (refusal) => {
      const options = { ...(refusal && { refusal }) };
      const whole = createFinishedTable(rows, { pageSize: 100, ...options });
      const read = await readRecent(whole.list, range, createReading().reading);
      expect(identities(read)).toEqual(endedBetween(rows, range.fromUs, instantUs));
      expect(read[0]?.id).toBe('r0');
      const cut = createFinishedTable(rows, { pageSize: 10, ...options });
      const newest = await readRecent(cut.list, range, createReading().reading);
      expect(newest).toEqual(rows.slice(0, newest.length));
      expect(newest.length).toBeGreaterThan(200);
      expect(
        cut.asked.filter((kind) => kind !== 'count' && (refusal === undefined || kind === 'unfiltered')),
      ).toHaveLength(25);
    },
  );
});

describe('finishedSlices', () => {
  const rows = rowsBefore(6000);
  const range = { fromUs: instantUs - 90 * minuteUs, toUs: instantUs };
  const read = async (table: ReturnType<typeof createFinishedTable>) => {
    const slices = [];
    for await (const slice of finishedSlices(table.list, range, createReading().reading)) slices.push(slice);
    return slices;
  };

  it('gives whole slices, oldest first', async () => {
    const slices = await read(createFinishedTable(rows, { pageSize: 500 }));
    expect(slices.length).toBeGreaterThan(2);
    expect([slices[0]?.fromUs, slices.at(-1)?.toUs]).toEqual([range.fromUs, range.toUs]);
    expect(identities(slices.flatMap((slice) => slice.rows))).toEqual(
      endedBetween(rows, range.fromUs, range.toUs),
    );
  });

  it('gives one where the server has no filter', async () => {
    const slices = await read(createFinishedTable(rows, { pageSize: 500, refusal: 'value_error.extra' }));
    expect(slices.map(({ fromUs, toUs }) => ({ fromUs, toUs }))).toEqual([range]);
    expect(identities(slices[0]?.rows ?? [])).toEqual(endedBetween(rows, range.fromUs, range.toUs));
  });
});
