import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeLedger, encodeLedger } from '../../lib/ledger/document.ts';
import { LedgerDocumentError } from '../../lib/ledger/errors.ts';
import { checkIdentity } from '../../lib/ledger/identity.ts';
import type { Ledger } from '../../lib/ledger/ledger.ts';
import { createSeriesTable, type SeriesTable } from '../../lib/metrics/series-table.ts';
import { aFinish, aLedger, foldAt, identity, minuteMs, startedLedger, startMs } from './fixtures.ts';
import { anyLedger } from './ledgers.ts';

const decode = (body: Uint8Array, table: SeriesTable = createSeriesTable()): Ledger =>
  decodeLedger(body, (family, names, values) => table.intern(names, values, family));

/** The order of series within a tick means nothing, and is not kept. */
const comparable = (ledger: Ledger) => ({
  ...ledger,
  outbox: {
    ...ledger.outbox,
    entries: ledger.outbox.entries.map(({ series, values, ...entry }) => ({
      ...entry,
      values: new Map(series.map((one, index) => [one, values[index]])),
    })),
  },
});

describe('the document', () => {
  test('gives back any ledger', () => {
    const table = createSeriesTable();
    fc.assert(
      fc.property(anyLedger(table), (ledger) => {
        const read = decode(encodeLedger(ledger), table);
        expect(comparable(read)).toEqual(comparable(ledger));
        // Maps have an order, which `toEqual` does not look at.
        expect([...read.sources.finishedRuns.series.keys()]).toEqual([
          ...ledger.sources.finishedRuns.series.keys(),
        ]);
        expect([...read.countedAttempts.keys()]).toEqual([...ledger.countedAttempts.keys()]);
        for (const [index, { series }] of read.outbox.entries.entries()) {
          const before = new Set(ledger.outbox.entries[index]?.series);
          expect(series.every((one) => before.has(one))).toBe(true);
        }
      }),
      { numRuns: 200 },
    );
  });

  test('of a ledger that was read is the same, byte by byte', () => {
    fc.assert(
      fc.property(anyLedger(createSeriesTable()), (ledger) => {
        const once = encodeLedger(decode(encodeLedger(ledger)));
        expect(encodeLedger(decode(once))).toEqual(once);
      }),
      { numRuns: 50 },
    );
  });

  test('shares the list of series between ticks that have the same', () => {
    const table = createSeriesTable();
    const [a, b] = ['a', 'b'].map((name) => table.intern(['__name__'], [name], name));
    const ledger = { ...aLedger(), lastTickMs: startMs };
    for (const [index, series] of [[a], [a], [a, b], [a, b], [b], []].entries()) {
      const present = series.filter((one) => one !== undefined);
      ledger.outbox.entries.push({
        id: index + 1,
        tickMs: startMs,
        intervalMs: minuteMs,
        series: present,
        values: Float64Array.from(present, () => index),
        ended: [],
        births: [],
      });
    }
    const lists = decode(encodeLedger(ledger), table).outbox.entries.map(({ series }) => series);
    expect(lists).toEqual([[a], [a], [a, b], [a, b], [b], []]);
    expect(lists.map((list) => lists.indexOf(list))).toEqual([0, 0, 2, 2, 4, 5]);
  });

  test('has a copy of everything: what happens to one ledger does not reach another', () => {
    const body = encodeLedger({ ...startedLedger(), lastTickMs: startMs });
    const [one, other] = [decode(body), decode(body)];
    foldAt(one, startMs + minuteMs, { runs: [aFinish(startMs + 1_000)] });
    expect(other).toEqual(decode(body));
    expect(one).not.toEqual(other);
  });
});

const good = (): Record<string, unknown> => {
  const ledger = startedLedger();
  foldAt(ledger, startMs + minuteMs, { runs: [aFinish(startMs + 1_000)] });
  return JSON.parse(gunzipSync(encodeLedger(ledger)).toString('utf8'));
};
const pack = (document: unknown): Uint8Array => gzipSync(JSON.stringify(document) ?? '');

function refusal(body: Uint8Array): LedgerDocumentError {
  try {
    decode(body);
  } catch (error) {
    if (error instanceof LedgerDocumentError) return error;
    throw error;
  }
  throw new Error('It was read.');
}

describe('bytes that are no ledger', () => {
  test.each<[string, () => Uint8Array]>([
    ['empty', () => new Uint8Array()],
    ['no gzip', () => new TextEncoder().encode(JSON.stringify(good()))],
    ['cut', () => pack(good()).slice(0, -12)],
    ['no JSON', () => gzipSync('{')],
    ['null', () => pack(null)],
    ['a list', () => pack([])],
    ['without a version', () => pack({ ...good(), version: undefined })],
    ['of a version that is no number', () => pack({ ...good(), version: '1' })],
  ])('(%s) are corrupt', (_, body) => {
    expect(refusal(body())).toMatchObject({ reason: 'corrupt' });
  });

  test.each([
    'id',
    'identity',
    'sources',
    'texts',
    'shapes',
    'dictionary',
    'own',
    'outbox',
    'lastSets',
    'lastTickMs',
  ])('without %s are corrupt, and the error says so', (field) => {
    const error = refusal(pack({ ...good(), [field]: undefined }));
    expect(error).toMatchObject({ reason: 'corrupt', found: expect.stringContaining(field) });
  });

  test.each<[string, object]>([
    ['a negative counter', { own: [[0, 0, 1, 1, 0, -1, 0]] }],
    ['a series of no kind', { own: [[7, 0, 1, 1, 0, 1, 0]] }],
    ['a text that is not there', { own: [[0, 9_999, 1, 1, 0, 1, 0]] }],
    ['labels without values', { own: [[0, 0, 1, 1, 0, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]] }],
    ['a text for a number', { own: [['0']] }],
    ['a series that is not there', { lastSets: { a: [9_999] } }],
    ['half a series', { lastSets: { a: [0.5] } }],
    ['a time that is none', { lastTickMs: null }],
    [
      'a column without ticks',
      { outbox: { nextId: 1, triedThrough: 0, acknowledgedThrough: 0, entries: [], columns: [[1, 1]] } },
    ],
  ])('with %s are corrupt', (_, change) => {
    expect(refusal(pack({ ...good(), ...change }))).toMatchObject({ reason: 'corrupt' });
  });

  test.each([0, 2, 99])('of version %d are of another version, whatever else is in them', (version) => {
    expect(refusal(pack({ version }))).toMatchObject({ reason: 'version', found: `version ${version}` });
  });
});

test.each([
  ['workspace', { prefect: 'http://other/api' }],
  ['receiver', { sink: 'https://other/push' }],
])('the ledger of another %s is refused', (_, change) => {
  expect(() => checkIdentity({ identity }, identity)).not.toThrow();
  expect(() => checkIdentity({ identity: { ...identity, ...change } }, identity)).toThrow(
    expect.objectContaining({ reason: 'identity', found: expect.stringContaining('other') }),
  );
});
