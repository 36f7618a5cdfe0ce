import { HttpStatusError } from '../http/errors.ts';
import type { Ended, FinishedList, MicrosecondRange } from './finished-list.ts';
import { newestFirst } from './newest-first.ts';
import { collectPages } from './pages.ts';
import { fromMicroseconds } from './timestamps.ts';

/** A part of a range, read whole. Slices share no microsecond and leave none out. */
export interface Slice<Row> extends MicrosecondRange {
  readonly rows: readonly Row[];
}

export interface SliceOptions {
  /** Asked before each slice: false ends the reading with those that are under way. */
  readonly mayStart?: () => boolean;
}

const maxSliceRows = 2000;
/** A server may give one row a page: more pages than rows never come. */
const maxSlicePages = 2 * maxSliceRows;
const slicesAtOnce = 3;
/** Slices under way, and whole ones that wait for an older one. */
const maxReadAhead = 6;
/** A statement that times out on less than this does so whatever the length. */
const shortestHalfUs = 1_000_000;

/**
 * Cuts the range into slices of at most 2,000 rows and gives them oldest first, without a gap. Cut in two is what
 * has more rows and what the server answers with 500 (its statement timeout). Ends early when `mayStart` says so.
 * Throws the error of the oldest slice that failed, once all before it are given.
 */
export async function* wholeSlices<Row extends Ended>(
  list: FinishedList<Row>,
  range: MicrosecondRange,
  { mayStart = () => true }: SliceOptions = {},
): AsyncGenerator<Slice<Row>> {
  const work = createWork(list, range);
  for (let nextUs = range.fromUs; nextUs <= range.toUs; ) {
    work.start(mayStart);
    const slice = work.take(nextUs);
    if (slice !== undefined) {
      nextUs = slice.toUs + 1;
      yield slice;
    } else if (!(await work.progress())) return;
  }
}

type Outcome<Row> =
  | { readonly kind: 'whole'; readonly slice: Slice<Row> }
  | { readonly kind: 'halved'; readonly halves: readonly MicrosecondRange[] }
  | { readonly kind: 'failed'; readonly error: unknown };

function createWork<Row extends Ended>(list: FinishedList<Row>, range: MicrosecondRange) {
  /** Oldest first. */
  let waiting: readonly MicrosecondRange[] = [range];
  const running = new Set<Promise<void>>();
  const whole = new Map<number, Slice<Row>>();
  let failure: { readonly fromUs: number; readonly error: unknown } | undefined;

  const settle = ({ fromUs }: MicrosecondRange, outcome: Outcome<Row>): void => {
    if (outcome.kind === 'whole') whole.set(fromUs, outcome.slice);
    if (outcome.kind === 'halved') {
      waiting = [...waiting, ...outcome.halves].sort((a, b) => a.fromUs - b.fromUs);
    }
    if (outcome.kind === 'failed' && fromUs < (failure?.fromUs ?? Number.POSITIVE_INFINITY)) {
      failure = { fromUs, error: outcome.error };
    }
    // What lies behind a failure cannot be handed out: nothing is asked for it any more.
    const endUs = failure?.fromUs ?? Number.POSITIVE_INFINITY;
    waiting = waiting.filter((part) => part.fromUs < endUs);
  };
  const run = (part: MicrosecondRange): void => {
    const task: Promise<void> = readSlice(list, part).then((outcome) => {
      running.delete(task);
      settle(part, outcome);
    });
    running.add(task);
  };
  // The oldest part always finds a place: the one that it, or what it was halved from, has left.
  const hasPlace = (): boolean => running.size < slicesAtOnce && running.size + whole.size < maxReadAhead;

  return {
    start(mayStart: () => boolean): void {
      while (hasPlace()) {
        const [part, ...rest] = waiting;
        if (part === undefined || !mayStart()) return;
        waiting = rest;
        run(part);
      }
    },
    take(fromUs: number): Slice<Row> | undefined {
      if (failure?.fromUs === fromUs) throw failure.error;
      const slice = whole.get(fromUs);
      whole.delete(fromUs);
      return slice;
    },
    /** Waits until a slice settled; false when none is under way. */
    async progress(): Promise<boolean> {
      if (running.size === 0) return false;
      await Promise.race(running);
      return true;
    },
  };
}

/** Never rejects. */
async function readSlice<Row extends Ended>(
  list: FinishedList<Row>,
  range: MicrosecondRange,
): Promise<Outcome<Row>> {
  const { fromUs, toUs } = range;
  try {
    const count = await list.count({ after: fromMicroseconds(fromUs), before: fromMicroseconds(toUs) });
    // A single microsecond cannot be cut, however much ended in it.
    if (count > maxSliceRows && fromUs < toUs) return { kind: 'halved', halves: halvesOf(range) };
    const pages = newestFirst(list, range, { maxPages: maxSlicePages, canBeHalved: true });
    const rows = count === 0 ? [] : await collectPages(pages);
    return { kind: 'whole', slice: { ...range, rows } };
  } catch (error) {
    const isTooMuch = error instanceof HttpStatusError && error.status === 500;
    if (isTooMuch && toUs - fromUs > shortestHalfUs) return { kind: 'halved', halves: halvesOf(range) };
    return { kind: 'failed', error };
  }
}

function halvesOf({ fromUs, toUs }: MicrosecondRange): readonly MicrosecondRange[] {
  const middleUs = fromUs + Math.floor((toUs - fromUs) / 2);
  return [
    { fromUs, toUs: middleUs },
    { fromUs: middleUs + 1, toUs },
  ];
}
