import { gunzipSync, gzipSync } from 'node:zlib';
import type { Series } from '../metrics/series.ts';
import { createColumnWriter, readColumns } from './columns.ts';
import { documentShape, documentVersion, type LedgerJson } from './document-shape.ts';
import { LedgerDocumentError } from './errors.ts';
import { finishKey } from './finished-runs.ts';
import { keyOfLastRuns } from './last-runs.ts';
import type { Entry, LastRuns, Ledger, Source } from './ledger.ts';
import { seriesFromJson, seriesToJson } from './series-json.ts';
import {
  at,
  createTableReader,
  createTableWriter,
  type TableReader,
  type TableWriter,
} from './string-table.ts';

/** Gives the one object that stands for a series in this tick. */
export type Intern = (family: string, names: readonly string[], values: readonly string[]) => Series;

/** The ledger as gzipped JSON. */
export const encodeLedger = (ledger: Ledger): Uint8Array => gzipSync(JSON.stringify(toJson(ledger)));

/**
 * Reads it back. Throws `LedgerDocumentError` for bytes that are no ledger (`corrupt`) or one of another version.
 */
export function decodeLedger(body: Uint8Array, intern: Intern): Ledger {
  const value = parse(body);
  const version = typeof value === 'object' && value !== null ? Reflect.get(value, 'version') : undefined;
  if (version !== documentVersion) throw versionError(version);
  const result = documentShape.safeParse(value);
  if (!result.success) {
    const [issue] = result.error.issues;
    throw corrupt(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not a ledger'}`, result.error);
  }
  try {
    return fromJson(result.data, intern);
  } catch (error) {
    if (error instanceof RangeError) throw corrupt(error.message, error);
    throw error;
  }
}

function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(gunzipSync(body).toString('utf8'));
  } catch (error) {
    throw corrupt(error instanceof Error ? error.message : String(error), error);
  }
}

const corrupt = (found: string, cause: unknown): LedgerDocumentError =>
  new LedgerDocumentError(
    'corrupt',
    { message: 'The document is not a whole ledger.', found, expected: 'gzipped JSON of this program' },
    { cause },
  );

function versionError(version: unknown): LedgerDocumentError {
  if (typeof version !== 'number')
    return corrupt(`version ${JSON.stringify(version) ?? 'missing'}`, undefined);
  return new LedgerDocumentError('version', {
    message: 'The ledger was written by another version of this program.',
    found: `version ${version}`,
    expected: `version ${documentVersion}`,
  });
}

function toJson(ledger: Ledger): LedgerJson {
  const table = createTableWriter();
  const dictionary = createDictionary(table);
  const boundsLists: (readonly number[])[] = [];
  const boundsIds = new Map<readonly number[], number>();
  const boundsId = (bounds: readonly number[]): number => {
    const known = boundsIds.get(bounds) ?? boundsLists.findIndex((list) => list.join() === bounds.join());
    const id = known >= 0 ? known : boundsLists.push(bounds) - 1;
    boundsIds.set(bounds, id);
    return id;
  };
  const source = ({ seen, series, startedMs, ...position }: Source) => ({
    ...position,
    startedMs: startedMs ?? null,
    seen: [...seen].map(([key, endUs]): [string, number] => [key.slice(0, key.lastIndexOf('/')), endUs]),
    series: seriesToJson(series, table, boundsId),
  });
  const { finishedRuns, finishedTaskRuns, events } = ledger.sources;
  // Evaluated in this order: texts and dictionary are whole only after everything else.
  const rest = {
    sources: {
      finishedRuns: source(finishedRuns),
      finishedTaskRuns: source(finishedTaskRuns),
      events: source(events),
    },
    own: seriesToJson(ledger.own, table, boundsId),
    lastSets: Object.fromEntries([...ledger.lastSets].map(([name, set]) => [name, set.map(dictionary.id)])),
    outbox: outboxToJson(ledger, dictionary),
  };
  return {
    version: documentVersion,
    id: ledger.id,
    createdMs: ledger.createdMs,
    identity: ledger.identity,
    lastTickMs: ledger.lastTickMs,
    seeded: ledger.seeded,
    workspace: ledger.workspace ?? null,
    ...rest,
    lastRuns: [...ledger.lastRuns.values()].map(lastRunsToJson),
    startedRuns: [...ledger.startedRuns],
    countedAttempts: [...ledger.countedAttempts].map(([id, { endUs, runCount, runTimeUs }]) => [
      id,
      endUs,
      runCount,
      runTimeUs,
    ]),
    eventWindows: [...ledger.eventWindows].map(([startMs, counts]) => [startMs, Object.fromEntries(counts)]),
    lastSuccesses: Object.fromEntries(ledger.lastSuccesses),
    bounds: boundsLists.map((bounds) => [...bounds]),
    dictionary: dictionary.sets,
    shapes: table.shapes.map((shape) => [...shape]),
    texts: [...table.texts],
  };
}

interface Dictionary {
  id(series: Series): number;
  readonly sets: number[][];
}

function createDictionary(table: TableWriter): Dictionary {
  const ids = new Map<Series, number>();
  const sets: number[][] = [];
  return {
    sets,
    id(series) {
      const known = ids.get(series);
      if (known !== undefined) return known;
      const { family, names, values } = series;
      sets.push([table.text(family), table.shape(names), ...values.map(table.text)]);
      ids.set(series, sets.length - 1);
      return sets.length - 1;
    },
  };
}

function outboxToJson({ outbox }: Ledger, dictionary: Dictionary): LedgerJson['outbox'] {
  const writer = createColumnWriter();
  // Entries that were read share the list where it did not change.
  const known = new Map<readonly Series[], readonly number[]>();
  const idsOf = (series: readonly Series[]): readonly number[] => {
    const ids = known.get(series) ?? series.map(dictionary.id);
    known.set(series, ids);
    return ids;
  };
  const entries = outbox.entries.map(({ series, values, ended, births, ...entry }, tick) => {
    for (const [index, id] of idsOf(series).entries()) writer.add(id, tick, values[index] ?? 0);
    return {
      ...entry,
      ended: ended.map(dictionary.id),
      births: births.map(dictionary.id),
    };
  });
  const { nextId, triedThrough, acknowledgedThrough } = outbox;
  const columns = entries.length === 0 ? [] : writer.columns(dictionary.sets.length, entries.length);
  return { nextId, triedThrough, acknowledgedThrough, entries, columns };
}

const lastRunsToJson = ({
  flow,
  deployment,
  listedMs,
  success,
  failureUs,
}: LastRuns): LedgerJson['lastRuns'][number] => [
  flow,
  deployment,
  listedMs,
  success?.endUs ?? null,
  success?.durationUs ?? null,
  failureUs ?? null,
];

function fromJson(json: LedgerJson, intern: Intern): Ledger {
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
