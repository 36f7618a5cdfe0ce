import { compareTimestamps } from './timestamps.ts';

/** One answer of a list endpoint; `full` when it has as many rows as were asked for, so that more may follow. */
export interface Page<Row> {
  readonly rows: readonly Row[];
  readonly full: boolean;
}

interface Identified {
  readonly id: string;
}

/** A list could not be read whole. Never answered with the part that was read. */
export class PagingError extends Error {
  override readonly name: string = 'PagingError';
}

/** The list kept changing while it was read. */
export class ListChangedError extends PagingError {
  override readonly name = 'ListChangedError';
}

/** There are more pages than the list may have. */
export class TooManyPagesError extends PagingError {
  override readonly name = 'TooManyPagesError';
}

/** Where the next page starts: at `from`, without the rows already read at that very instant. */
export interface KeysetCursor {
  /** As the server sent it: cut to milliseconds it would skip rows. */
  readonly from: string;
  readonly withoutIds: readonly string[];
}

interface KeysetList<Row> {
  /** For messages, such as `active runs`. */
  readonly name: string;
  /** The order of the rows by their key. */
  readonly direction: 'ascending' | 'descending';
  /** The first page has no cursor. */
  fetchPage(cursor: KeysetCursor | undefined): Promise<Page<Row>>;
  keyOf(row: Row): string | null;
  /** What is handed out once. Default: the id. */
  identityOf?(row: Row): string;
  readonly maxPages: number;
}

/**
 * The new rows of page after page. Whatever comes and goes meanwhile, a row that is there all the time with an
 * unchanged key is read exactly once, ties of any number included. Throws `TooManyPagesError` when there is no end
 * within `maxPages` and `PagingError` when the server's order does not allow to go on.
 */
export async function* keysetPages<Row extends Identified>(list: KeysetList<Row>): AsyncGenerator<Row[]> {
  const { identityOf = ({ id }: Row) => id } = list;
  const seen = new Set<string>();
  let cursor: KeysetCursor | undefined;
  for (let page = 0; page < list.maxPages; page += 1) {
    const { rows, full } = await list.fetchPage(cursor);
    yield rows.filter((row) => {
      const identity = identityOf(row);
      const isNew = !seen.has(identity);
      seen.add(identity);
      return isNew;
    });
    if (!full) return;
    cursor = nextCursor(list, cursor, rows);
  }
  throw new TooManyPagesError(`${list.name}: no end after ${list.maxPages} pages (${seen.size} rows)`);
}

/** All pages as one list. */
export async function collectPages<Row>(pages: AsyncIterable<readonly Row[]>): Promise<Row[]> {
  const all: Row[] = [];
  for await (const rows of pages) for (const row of rows) all.push(row);
  return all;
}

function nextCursor<Row extends Identified>(
  { name, keyOf, direction }: KeysetList<Row>,
  cursor: KeysetCursor | undefined,
  rows: readonly Row[],
): KeysetCursor {
  const sign = direction === 'ascending' ? 1 : -1;
  let from = cursor?.from;
  const withoutIds = new Set(cursor?.withoutIds);
  const known = withoutIds.size;
  for (const row of rows) {
    const key = keyOf(row);
    if (key === null) throw new PagingError(`${name}: row ${row.id} has no timestamp to go on from`);
    const order = from === undefined ? 1 : sign * compareTimestamps(key, from);
    if (order < 0) throw new PagingError(`${name}: rows are not in order, ${key} comes after ${from}`);
    if (order > 0) withoutIds.clear();
    withoutIds.add(row.id);
    from = key;
  }
  if (from === undefined || (from === cursor?.from && withoutIds.size === known)) {
    throw new PagingError(`${name}: the same page comes again`);
  }
  return { from, withoutIds: [...withoutIds] };
}

interface OffsetList<Row> {
  /** For messages, such as `deployments`. */
  readonly name: string;
  fetchPage(offset: number): Promise<Page<Row>>;
  readonly maxPages: number;
}

const maxRestarts = 3;

/**
 * A list in a fixed order, by offsets. Each page starts with the last row of the page before: when that row is
 * not there, or a row comes twice, the list changed or its order is not stable, and reading starts again. A row
 * that is there all the time is then read exactly once. Throws `ListChangedError` after three restarts and
 * `PagingError` when there is no end within `maxPages`.
 */
export async function readOffset<Row extends Identified>(list: OffsetList<Row>): Promise<readonly Row[]> {
  for (let restarts = 0; restarts <= maxRestarts; restarts += 1) {
    const rows = await readOnce(list);
    if (rows !== undefined) return rows;
  }
  throw new ListChangedError(
    `${list.name}: the list changed each of the ${maxRestarts + 1} times it was read`,
  );
}

/** Undefined when the list changed meanwhile. */
async function readOnce<Row extends Identified>(list: OffsetList<Row>): Promise<Row[] | undefined> {
  const rows: Row[] = [];
  for (let page = 0; page < list.maxPages; page += 1) {
    const next = await list.fetchPage(Math.max(0, rows.length - 1));
    const fresh = continuation(rows, next.rows);
    if (fresh === undefined) return undefined;
    for (const row of fresh) rows.push(row);
    if (!next.full) return hasRepetition(rows) ? undefined : rows;
    if (next.rows.length < 2) throw new PagingError(`${list.name}: pages of one row cannot be joined`);
  }
  throw new PagingError(`${list.name}: no end after ${list.maxPages} pages (${rows.length} rows)`);
}

/** What follows the last row read so far; undefined when the page does not start with that row. */
function continuation<Row extends Identified>(
  read: readonly Row[],
  page: readonly Row[],
): readonly Row[] | undefined {
  const last = read.at(-1);
  if (last === undefined) return page;
  return page[0]?.id === last.id ? page.slice(1) : undefined;
}

const hasRepetition = (rows: readonly Identified[]): boolean =>
  new Set(rows.map(({ id }) => id)).size < rows.length;
