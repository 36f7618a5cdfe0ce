import type { SQLOutputValue } from 'node:sqlite';
import { bucketQuery, finishQueries } from './finish-log.ts';
import { queryDatabase, type Row } from './prefect.ts';
import type { Series } from './promql.ts';
import { seriesText } from './series.ts';

export interface Emitted {
  readonly databasePath: string;
  /** Each tick that was emitted and the one that read it, ms. */
  readonly emitted: readonly (readonly [tickMs: number, readAtMs: number])[];
}

/** What SQL says: a text for each series (`seriesText`), to its value at each tick. */
export type ByTick = ReadonlyMap<string, ReadonlyMap<number, number>>;

export const bucketBounds = [
  ...['15.0', '30.0', '60.0', '120.0', '240.0', '480.0', '900.0', '1800.0', '3600.0', '7200.0', '14400.0'],
  ...['21600.0', '43200.0', '86400.0', '+Inf'],
];

const queries: Readonly<Record<string, string>> = {
  ...finishQueries,
  prefect_flow_run_duration_seconds_bucket: bucketQuery(bucketBounds),
};

/** Values of all families that count ends of runs. */
export async function expectedByTick({ databasePath, emitted }: Emitted): Promise<ByTick> {
  const found = new Map<string, Map<number, number>>();
  for (const [name, sql] of Object.entries(queries)) {
    const rows = await queryDatabase(databasePath, namedEmitted(sql), [JSON.stringify(emitted)]);
    for (const { tick, value, ...labels } of rows) {
      const series = seriesText(textLabels(name, labels));
      const byTick = found.get(series) ?? new Map<number, number>();
      byTick.set(Number(tick), name.endsWith('_sum') ? Number(value) / 1e6 : Number(value));
      found.set(series, byTick);
    }
  }
  return found;
}

const namedEmitted = (sql: string): string => sql.replaceAll(':emitted', '?1');

const textLabels = (name: string, labels: Row): Record<string, string> =>
  Object.fromEntries(
    Object.entries<SQLOutputValue>({ ...labels, __name__: name }).flatMap(([label, value]) =>
      value === null || value === '' ? [] : [[label, String(value)]],
    ),
  );

export interface StoredByTick {
  readonly found: readonly Series[];
  readonly ticks: readonly number[];
  /** By how much a stored value may be off. */
  readonly slack?: (value: number) => number;
}

/**
 * Everything in which stored samples differ from the expected ones, tick by tick; none when each is there at its own
 * time. A series has nothing, or zeros, before its first event, and none of its ticks is missing afterwards.
 */
export function finishDifferences(expected: ByTick, stored: StoredByTick): string[] {
  const found = new Map(
    stored.found
      .filter(({ labels }) => (labels.__name__ ?? '') in queries)
      .map(({ labels, points }) => [ownText(labels), valuesOf(points)]),
  );
  const names = new Set([...expected.keys(), ...found.keys()]);
  return [...names].flatMap((series) =>
    differences(series, expected.get(series) ?? new Map(), found.get(series), stored),
  );
}

/** Without the labels of the exporter. */
export function ownText({ job: _, workspace: __, ...labels }: Readonly<Record<string, string>>): string {
  return seriesText(labels);
}

function valuesOf(points: Series['points']): ReadonlyMap<number, readonly number[]> {
  const values = new Map<number, number[]>();
  for (const { timeMs, value } of points) {
    const known = values.get(timeMs) ?? [];
    // VictoriaMetrics keeps what is sent twice.
    if (!known.includes(value)) values.set(timeMs, [...known, value]);
  }
  return values;
}

function differences(
  series: string,
  expected: ReadonlyMap<number, number>,
  found: ReadonlyMap<number, readonly number[]> | undefined,
  { ticks, slack = () => 0 }: StoredByTick,
): string[] {
  const wrong = (tickMs: number, what: string) =>
    `${series} at ${(tickMs - (ticks[0] ?? 0)) / 60_000} min: ${what}`;
  let begun = false;
  const byTick = ticks.flatMap((tickMs) => {
    const [value, ...others] = found?.get(tickMs) ?? [];
    if (others.length > 0) return [wrong(tickMs, `two values, ${value} and ${others.join()}`)];
    const wanted = expected.get(tickMs) ?? 0;
    begun ||= value !== undefined;
    if (value === undefined && !begun && wanted === 0) return [];
    return value !== undefined && Math.abs(value - wanted) <= slack(wanted)
      ? []
      : [wrong(tickMs, `${value}, not ${wanted}`)];
  });
  const times = new Set(ticks);
  const odd = [...(found ?? [])].filter(([timeMs]) => !times.has(timeMs));
  // The zero of a newborn.
  const stray = odd.filter(([timeMs, values]) => !times.has(timeMs - 1) || values.join() !== '0');
  return [...byTick, ...stray.map(([timeMs, values]) => wrong(timeMs, `stray ${values.join()}`))];
}
