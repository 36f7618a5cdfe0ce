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

/** Where the next page starts: rows at or after `after`, without the ones already read at that very instant. */
export interface KeysetCursor {
  /** As the server sent it: cut to milliseconds it would skip rows. */
  readonly after: string;
  readonly withoutIds: readonly string[];
}

interface KeysetList<Row> {
  /** For messages, such as `active runs`. */
  readonly name: string;
  /** Rows in ascending order of their key; the first page has no cursor. */
  fetchPage(cursor: KeysetCursor | undefined): Promise<Page<Row>>;
  keyOf(row: Row): string | null;
  readonly maxPages: number;
}

/**
 * The new rows of page after page. Whatever comes and goes meanwhile, a row that is there all the time with an
 * unchanged key is read exactly once, ties of any number included. Throws `PagingError` when there is no end
 * within `maxPages` or the server's order does not allow to go on.
 */
export async function* keysetPages<Row extends Identified>(list: KeysetList<Row>): AsyncGenerator<Row[]> {
  const seen = new Set<string>();
  let cursor: KeysetCursor | undefined;
  for (let page = 0; page < list.maxPages; page += 1) {
    const { rows, full } = await list.fetchPage(cursor);
    yield rows.filter(({ id }) => {
      const isNew = !seen.has(id);
      seen.add(id);
      return isNew;
    });
    if (!full) return;
    cursor = nextCursor(list, cursor, rows);
  }
  throw new PagingError(`${list.name}: no end after ${list.maxPages} pages (${seen.size} rows)`);
}

/** All pages as one list. */
export async function collectPages<Row>(pages: AsyncIterable<readonly Row[]>): Promise<Row[]> {
  const all: Row[] = [];
  for await (const rows of pages) for (const row of rows) all.push(row);
  return all;
}

function nextCursor<Row extends Identified>(
  { name, keyOf }: KeysetList<Row>,
  cursor: KeysetCursor | undefined,
  rows: readonly Row[],
): KeysetCursor {
  let after = cursor?.after;
  const withoutIds = new Set(cursor?.withoutIds);
  const known = withoutIds.size;
  for (const row of rows) {
    const key = keyOf(row);
    if (key === null) throw new PagingError(`${name}: row ${row.id} has no timestamp to go on from`);
    const order = after === undefined ? 1 : compareTimestamps(key, after);
    if (order < 0) throw new PagingError(`${name}: rows are not in order, ${key} comes after ${after}`);
    if (order > 0) withoutIds.clear();
    withoutIds.add(row.id);
    after = key;
  }
  if (after === undefined || (after === cursor?.after && withoutIds.size === known)) {
    throw new PagingError(`${name}: the same page comes again`);
  }
  return { after, withoutIds: [...withoutIds] };
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
