import fc from 'fast-check';
import type {
  CounterSeries,
  Entry,
  HistogramSeries,
  LastRuns,
  Ledger,
  SeriesMap,
  Source,
} from '../../lib/ledger/ledger.ts';
import { seriesMapKey } from '../../lib/ledger/series-map.ts';
import type { Labels } from '../../lib/metrics/family.ts';
import type { Series } from '../../lib/metrics/series.ts';
import type { SeriesTable } from '../../lib/metrics/series-table.ts';
import { identity } from './fixtures.ts';

/** Any text, half a character of an emoji included. */
const text = fc.oneof(
  fc.constantFrom('a', '', '"\\\n', '__proto__', 'ä🦆', '\ud83e', 'x'.repeat(300)),
  fc.string({ unit: 'binary', maxLength: 8 }),
);
const ms = fc.integer({ min: 0, max: 4e12 });
const us = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const amount = fc.oneof(
  fc.nat(),
  fc.double({ min: 0, max: 1e300, noNaN: true }).map((value) => value + 0),
);
const runId = fc.uuid();

const labels: fc.Arbitrary<Labels> = fc.dictionary(
  fc.constantFrom('flow', 'deployment', 'state_type', 'team', 'le'),
  text,
  { noNullPrototype: true },
);

const kept = {
  labels,
  createdMs: ms,
  changedMs: ms,
  bornIn: fc.option(fc.integer({ min: 1 }), { nil: undefined }),
};

const counter: fc.Arbitrary<CounterSeries> = fc.record({
  ...kept,
  kind: fc.constant('counter'),
  family: fc.constantFrom('a_total', 'b_total'),
  value: amount,
});

const histogram: fc.Arbitrary<HistogramSeries> = fc.constantFrom([], [1], [0.5, 15, 3600]).chain((bounds) =>
  fc.record({
    ...kept,
    kind: fc.constant('histogram'),
    family: fc.constantFrom('a_seconds', 'b_seconds'),
    bounds: fc.constant(bounds),
    counts: fc.array(fc.nat(), { minLength: bounds.length + 1, maxLength: bounds.length + 1 }),
    sumUs: us,
  }),
);

const seriesMap: fc.Arbitrary<SeriesMap> = fc
  .array(fc.oneof(counter, histogram), { maxLength: 6 })
  .map((all) => new Map(all.map((one) => [seriesMapKey(one.family, one.labels), one])));

const source: fc.Arbitrary<Source> = fc.record({
  startedMs: fc.option(fc.integer({ min: 0, max: 2e12 }), { nil: undefined }),
  cursorUs: us,
  readFromUs: us,
  emittedToMs: ms,
  seen: fc.array(fc.tuple(runId, us)).map((all) => new Map(all.map(([id, end]) => [`${id}/${end}`, end]))),
  series: seriesMap,
});

const lastRuns: fc.Arbitrary<ReadonlyMap<string, LastRuns>> = fc
  .array(
    fc.record({
      flow: text,
      deployment: text,
      listedMs: ms,
      success: fc.option(fc.record({ endUs: us, durationUs: us }), { nil: undefined }),
      failureUs: fc.option(us, { nil: undefined }),
    }),
    { maxLength: 4 },
  )
  .map((all) => new Map(all.map((one) => [JSON.stringify([one.flow, one.deployment]), one])));

const mapOf = <Key, Value>(
  key: fc.Arbitrary<Key>,
  value: fc.Arbitrary<Value>,
): fc.Arbitrary<Map<Key, Value>> =>
  fc.array(fc.tuple(key, value), { maxLength: 4 }).map((pairs) => new Map(pairs));

/** Any ledger, its series objects from the table. */
export function anyLedger(table: SeriesTable): fc.Arbitrary<Ledger> {
  const pool: readonly Series[] = Array.from({ length: 8 }, (_, n) =>
    n % 2 === 0
      ? table.intern(['__name__', 'flow'], [`m${n}`, '🦆\n'], 'm')
      : table.intern(['__name__'], [`m${n}`], `m${n}`),
  );
  const some = fc.subarray([...pool]);
  const entry = fc.record({ series: some, ended: some, births: some, tickMs: ms, intervalMs: fc.nat() });
  const value = fc
    .oneof(fc.constantFrom(0, 1), fc.double({ noNaN: true, noDefaultInfinity: true }))
    .map((n) => n + 0);
  const filled = entry.chain((one) =>
    fc
      .array(value, { minLength: one.series.length, maxLength: one.series.length })
      .map((values) => ({ ...one, values: Float64Array.from(values) })),
  );
  const entries = fc
    .array(filled, { maxLength: 5 })
    .map((all) => all.map((one, index): Entry => ({ ...one, id: index + 1 })));
  return fc.record({
    id: fc.uuid(),
    createdMs: ms,
    identity: fc.constant(identity),
    lastTickMs: ms,
    workspace: fc.option(text, { nil: undefined }),
    writer: fc.option(text, { nil: undefined }),
    seeded: fc.boolean(),
    sources: fc.record({ finishedRuns: source, finishedTaskRuns: source, events: source }),
    lastRuns: lastRuns.map((map) => new Map(map)),
    startedRuns: mapOf(runId, ms),
    countedAttempts: mapOf(runId, fc.record({ endUs: us, runCount: fc.nat(), runTimeUs: us })),
    eventWindows: mapOf(ms, mapOf(fc.constantFrom('other', 'prefect.flow.created'), fc.nat())),
    own: seriesMap,
    outbox: fc.record({ nextId: fc.nat(), triedThrough: fc.nat(), acknowledgedThrough: fc.nat(), entries }),
    lastSets: mapOf(fc.constantFrom('a', 'ledger/own'), some),
    lastSuccesses: mapOf(fc.constantFrom('a', 'b'), ms),
  });
}
