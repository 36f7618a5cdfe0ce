import type { Series } from '../metrics/series.ts';
import { readColumns } from './columns.ts';
import type { LedgerJson } from './document-shape.ts';
import { finishKey } from './finished-runs.ts';
import { keyOfLastRuns } from './last-runs.ts';
import type { Entry, LastRuns, Ledger, Source } from './ledger.ts';
import { seriesFromJson } from './series-json.ts';
import { at, createTableReader, type TableReader } from './string-table.ts';

/** Gives the one object that stands for a series in this tick. */
export type Intern = (family: string, names: readonly string[], values: readonly string[]) => Series;

/** The ledger of a document. Throws a `RangeError` for numbers that point nowhere. */
export function fromJson(json: LedgerJson, intern: Intern): Ledger {
  const table = createTableReader(json.texts, json.shapes);
  const dictionary = json.dictionary.map((set) => readSet(set, table, intern));
  const seriesOf = (ids: readonly number[]): Series[] => ids.map((id) => at(dictionary, id, 'series'));
  const source = ({ seen, series, startedMs, ...position }: LedgerJson['sources']['events']): Source => ({
    ...position,
    startedMs: startedMs ?? undefined,
    seen: new Map(seen.map(([id, endUs]) => [finishKey(id, endUs), endUs])),
    series: seriesFromJson(series, table, json.bounds),
  });
  const { sources, outbox } = json;
  return {
    id: json.id,
    createdMs: json.createdMs,
    identity: json.identity,
    lastTickMs: json.lastTickMs,
    seeded: json.seeded,
    workspace: json.workspace ?? undefined,
    writer: json.writer ?? undefined,
    sources: {
      finishedRuns: source(sources.finishedRuns),
      finishedTaskRuns: source(sources.finishedTaskRuns),
      events: source(sources.events),
    },
    own: seriesFromJson(json.own, table, json.bounds),
    lastRuns: new Map(json.lastRuns.map((row) => [keyOfLastRuns(row[0], row[1]), readLastRuns(row)])),
    startedRuns: new Map(json.startedRuns),
    countedAttempts: new Map(
      json.countedAttempts.map(([id, endUs, runCount, runTimeUs]) => [id, { endUs, runCount, runTimeUs }]),
    ),
    eventWindows: new Map(
      json.eventWindows.map(([startMs, counts]) => [startMs, new Map(Object.entries(counts))]),
    ),
    outbox: {
      nextId: outbox.nextId,
      triedThrough: outbox.triedThrough,
      acknowledgedThrough: outbox.acknowledgedThrough,
      entries: readEntries(outbox, seriesOf),
    },
    lastSets: new Map(Object.entries(json.lastSets).map(([name, ids]) => [name, seriesOf(ids)])),
    lastSuccesses: new Map(Object.entries(json.lastSuccesses)),
  };
}

function readSet([family, shape, ...values]: readonly number[], table: TableReader, intern: Intern): Series {
  const names = table.shape(shape);
  if (names.length !== values.length) throw new RangeError(`a series has ${values.length} labels`);
  return intern(table.text(family), names, values.map(table.text));
}

function readEntries(
  { entries, columns }: LedgerJson['outbox'],
  seriesOf: (ids: readonly number[]) => Series[],
): Entry[] {
  const lists = new Map<readonly number[], readonly Series[]>();
  const listOf = (ids: readonly number[]): readonly Series[] => {
    const list = lists.get(ids) ?? seriesOf(ids);
    lists.set(ids, list);
    return list;
  };
  const rows = readColumns(columns, entries.length);
  return entries.map(({ ended, births, ...entry }, index): Entry => {
    const { series, values } = rows[index] ?? { series: [], values: new Float64Array() };
    return { ...entry, series: listOf(series), values, ended: seriesOf(ended), births: seriesOf(births) };
  });
}

function readLastRuns([
  flow,
  deployment,
  listedMs,
  endUs,
  durationUs,
  failureUs,
]: LedgerJson['lastRuns'][number]): LastRuns {
  const success = endUs === null ? undefined : { endUs, durationUs: durationUs ?? 0 };
  return { flow, deployment, listedMs, success, failureUs: failureUs ?? undefined };
}
