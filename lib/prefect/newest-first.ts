import type { Ended, FinishedList, MicrosecondRange } from './finished-list.ts';
import { keysetPages, PagingError } from './pages.ts';
import { fromMicroseconds, microseconds } from './timestamps.ts';

interface ReadOptions {
  readonly maxPages: number;
  /** As in `EndTimeQuery`. */
  readonly canBeHalved?: boolean;
}

/**
 * Everything that ended in the range, each (`id`, `end_time`) once. A run that is retried meanwhile leaves the list
 * and comes back, if at all, later than all of it: the next page goes on from a time, so no other row is skipped.
 */
export const newestFirst = <Row extends Ended>(
  list: FinishedList<Row>,
  { fromUs, toUs }: MicrosecondRange,
  { maxPages, canBeHalved = false }: ReadOptions,
): AsyncGenerator<Row[]> =>
  keysetPages<Row>({
    name: list.name,
    direction: 'descending',
    maxPages,
    keyOf: ({ end_time }) => end_time,
    identityOf,
    fetchPage: (cursor) =>
      list.page({
        after: fromMicroseconds(fromUs),
        before: cursor?.from ?? fromMicroseconds(toUs),
        withoutIds: cursor?.withoutIds ?? [],
        canBeHalved,
      }),
  });

const identityOf = ({ id, end_time }: Ended): string => `${id} ${end_time}`;

/**
 * The same by offsets, for servers that cannot filter by `end_time`. New finishes move rows to higher offsets, which
 * brings rows again; rows that leave move them to lower ones, past the next offset. So each page starts one row
 * before those of the oldest instant read so far, and must begin with something newer; when it does not, reading goes
 * back. Throws `PagingError` when there is no end within `maxPages`, or a whole page ended in one microsecond.
 */
export async function* newestFirstByOffset<Row extends Ended>(
  { name }: Pick<FinishedList<Row>, 'name'>,
  fetchPage: NonNullable<FinishedList<Row>['unfilteredPage']>,
  { fromUs, toUs }: MicrosecondRange,
  options: { readonly maxPages: number; readonly startedOnly: boolean },
): AsyncGenerator<Row[]> {
  const seen = new Set<string>();
  let offset = 0;
  let oldestUs = Number.POSITIVE_INFINITY;
  let step = 0;
  for (let page = 0; page < options.maxPages; page += 1) {
    const { rows, full } = await fetchPage(offset, options);
    const times = timesOf(name, rows);
    if (offset > 0 && !((times[0] ?? Number.NEGATIVE_INFINITY) > oldestUs)) {
      offset = Math.max(0, offset - step);
      continue;
    }
    yield rows.filter((row, index) => {
      const endUs = times[index] ?? Number.NaN;
      const isNew = endUs >= fromUs && endUs <= toUs && !seen.has(identityOf(row));
      if (isNew) seen.add(identityOf(row));
      return isNew;
    });
    oldestUs = times.at(-1) ?? oldestUs;
    if (!full || oldestUs < fromUs) return;
    const anchor = times.findLastIndex((endUs) => endUs > oldestUs);
    if (anchor < 1) throw new PagingError(`${name}: a whole page of them ended in one microsecond`);
    offset += anchor;
    step = rows.length;
  }
  throw new PagingError(`${name}: no end after ${options.maxPages} pages (${seen.size} rows)`);
}

function timesOf(name: string, rows: readonly Ended[]): readonly number[] {
  const times = rows.map(({ end_time }) => microseconds(end_time));
  if (times.some((endUs, index) => endUs > (times[index - 1] ?? endUs))) {
    throw new PagingError(`${name}: rows are not in order`);
  }
  return times;
}
