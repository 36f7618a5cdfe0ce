import type { Clock } from '../clock.ts';
import type { Deadline } from '../deadline.ts';
import { catchUp } from './catch-up.ts';
import { type EndTimeFilterCache, type WithoutEndTimeFilter, withoutFilterBy } from './end-time-filter.ts';
import type { Ended, FinishedList, MicrosecondRange } from './finished-list.ts';
import { newestFirst, newestFirstByOffset } from './newest-first.ts';
import { collectPages, TooManyPagesError } from './pages.ts';
import type { Finished, StreamPosition } from './resources.ts';
import { ServerTooOldError } from './server-too-old.ts';
import { type Slice, wholeSlices } from './slices.ts';

/** How one tick reads what ended. */
export interface FinishedReading {
  /** The tick's instant, µs since the Unix epoch: nothing after it is read. */
  readonly instantUs: number;
  readonly clock: Clock;
  /** A catch-up starts nothing after it and goes on at the next tick. */
  readonly catchUpDeadline: Deadline;
  readonly endTimeFilter: EndTimeFilterCache;
}

/** A window that is longer than this since the cursor is read in slices, and so is one of more pages. */
const longestStraightUs = 15 * 60 * 1_000_000;
const maxFullPages = 10;
const maxUnfilteredPages = 250;
const maxRecentPages = 25;

/**
 * What ended from `readFrom` to the tick's instant, or, when there is much, as much of it as the catch-up deadline
 * allows, oldest first. Partial progress is success: `upToUs` says how far it came, beyond the cursor unless that is at
 * the instant already. Rejects when nothing was gained, with the error of the oldest part that failed.
 */
export async function readFinished<Row extends Ended>(
  list: FinishedList<Row>,
  position: StreamPosition,
  reading: FinishedReading,
): Promise<Finished<Row>> {
  const { instantUs } = reading;
  // At the first start.
  if (instantUs <= position.cursorUs) return { runs: [], upToUs: instantUs };
  const range = { fromUs: position.readFromUs, toUs: instantUs };
  return withOrWithoutFilter(list, reading, {
    filtered: async () => {
      const runs =
        instantUs - position.cursorUs > longestStraightUs ? undefined : await straight(list, range);
      return runs === undefined ? catchUp(list, position, reading) : { runs, upToUs: instantUs };
    },
    unfiltered: async (pages) => ({ runs: await collectPages(pages(range)), upToUs: instantUs }),
  });
}

/** What ended in the range, newest first, at most 25 pages of it. */
export async function readRecent<Row extends Ended>(
  list: FinishedList<Row>,
  range: MicrosecondRange,
  reading: Pick<FinishedReading, 'clock' | 'endTimeFilter'>,
): Promise<readonly Row[]> {
  return withOrWithoutFilter(list, reading, {
    filtered: () => firstPages(newestFirst(list, range, { maxPages: maxRecentPages }), maxRecentPages),
    unfiltered: (pages) => firstPages(pages(range), maxRecentPages),
  });
}

/**
 * What ended in the range, whole slices oldest first, for as long as the caller goes on. Bound to no tick. Where the
 * server cannot filter by `end_time`, one slice, or a `PagingError` when it has more than 250 pages.
 */
export async function* finishedSlices<Row extends Ended>(
  list: FinishedList<Row>,
  range: MicrosecondRange,
  reading: Pick<FinishedReading, 'clock' | 'endTimeFilter'>,
): AsyncGenerator<Slice<Row>> {
  const { first, rest } = await withOrWithoutFilter<Row, Slices<Row>>(list, reading, {
    filtered: async () => {
      const slices = wholeSlices(list, range);
      // The first one tells whether the server has the filter.
      const { value } = await slices.next();
      return { first: value, rest: slices };
    },
    unfiltered: async (pages) => ({
      first: { ...range, rows: await collectPages(pages(range)) },
      rest: undefined,
    }),
  });
  if (first !== undefined) yield first;
  if (rest !== undefined) yield* rest;
}

interface Slices<Row> {
  readonly first: Slice<Row> | undefined;
  readonly rest: AsyncGenerator<Slice<Row>> | undefined;
}

interface Ways<Row, Result> {
  filtered(): Promise<Result>;
  unfiltered(pages: (range: MicrosecondRange) => AsyncGenerator<Row[]>): Promise<Result>;
}

/** Asks with the filter by `end_time`, unless this process knows that the server has none or learns it now. */
async function withOrWithoutFilter<Row extends Ended, Result>(
  list: FinishedList<Row>,
  { clock, endTimeFilter }: Pick<FinishedReading, 'clock' | 'endTimeFilter'>,
  { filtered, unfiltered }: Ways<Row, Result>,
): Promise<Result> {
  const known = endTimeFilter.missingIn(list.name, clock.now());
  if (known !== undefined) return unfiltered(unfilteredPages(list, known));
  try {
    return await filtered();
  } catch (error) {
    const missing = withoutFilterBy(error);
    if (missing === undefined) throw error;
    endTimeFilter.learnMissing(list.name, missing, clock.now());
    return unfiltered(unfilteredPages(list, missing, error));
  }
}

function unfilteredPages<Row extends Ended>(
  list: FinishedList<Row>,
  server: WithoutEndTimeFilter,
  cause?: unknown,
): (range: MicrosecondRange) => AsyncGenerator<Row[]> {
  const { name, unfilteredPage } = list;
  if (unfilteredPage === undefined) {
    throw new ServerTooOldError(`${name} can only be read from Prefect 3.6.22 and later`, { cause });
  }
  const options = { maxPages: maxUnfilteredPages, startedOnly: server === 'prefect-2' };
  return (range) => newestFirstByOffset(list, unfilteredPage, range, options);
}

/** Undefined when there are more than ten full pages. */
async function straight<Row extends Ended>(
  list: FinishedList<Row>,
  range: MicrosecondRange,
): Promise<readonly Row[] | undefined> {
  try {
    return await collectPages(newestFirst(list, range, { maxPages: maxFullPages + 1 }));
  } catch (error) {
    if (error instanceof TooManyPagesError) return undefined;
    throw error;
  }
}

async function firstPages<Row>(pages: AsyncIterable<readonly Row[]>, maxPages: number): Promise<Row[]> {
  const rows: Row[] = [];
  let page = 0;
  for await (const next of pages) {
    for (const row of next) rows.push(row);
    page += 1;
    if (page === maxPages) break;
  }
  return rows;
}
