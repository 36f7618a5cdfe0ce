import type { Series } from '../metrics/series.ts';
import { createColumnWriter } from './columns.ts';
import { documentVersion, type LedgerJson } from './document-shape.ts';
import type { LastRuns, Ledger, Source } from './ledger.ts';
import { seriesToJson } from './series-json.ts';
import { createTableWriter, type TableWriter } from './string-table.ts';

/** The document of a ledger. */
export function toJson(ledger: Ledger): LedgerJson {
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
    writer: ledger.writer ?? null,
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
