import * as z from 'zod';

/**
 * The document as JSON. Texts and label-name lists are numbered; series, label sets and columns are arrays of numbers,
 * because there are thousands of them. `ledger show` prints it for people.
 */

export const documentVersion = 1;

const ms = z.int();
const us = z.int();
const count = z.int().nonnegative();
const id = count;

// Looked at and not copied, as there can be millions; what the numbers mean is checked where they are read.
const isNumbers = (value: unknown): boolean =>
  Array.isArray(value) && value.every((item) => typeof item === 'number');
const numbers = z.custom<number[]>(isNumbers, 'not a list of numbers');
const numberRows = z.custom<number[][]>(
  (value) => Array.isArray(value) && value.every(isNumbers),
  'not lists of numbers',
);
const columns = z.custom<(number | null)[][]>(
  (value) =>
    Array.isArray(value) &&
    value.every(
      (column) => Array.isArray(column) && column.every((item) => item === null || typeof item === 'number'),
    ),
  'not lists of numbers and null',
);

const source = z.object({
  startedMs: ms.nullable(),
  cursorUs: us,
  readFromUs: us,
  emittedToMs: ms,
  /** `[run id, end µs]` of what was counted since `readFromUs`. */
  seen: z.array(z.tuple([z.string(), us])),
  series: numberRows,
});

export const documentShape = z.object({
  version: z.literal(documentVersion),
  id: z.string().min(1),
  createdMs: ms,
  identity: z.object({ prefect: z.string(), sink: z.string() }),
  lastTickMs: ms,
  seeded: z.boolean(),
  workspace: z.string().nullable(),
  writer: z.string().nullable(),
  texts: z.array(z.string()),
  /** Lists of label names. */
  shapes: z.array(z.array(id)),
  /** Lists of bucket bounds, seconds. */
  bounds: z.array(z.array(z.number())),
  /** Full label sets of everything that is sent: `[family, shape, value, …]`. */
  dictionary: numberRows,
  sources: z.object({ finishedRuns: source, finishedTaskRuns: source, events: source }),
  own: numberRows,
  /** `[flow, deployment, listed ms, success end µs, success µs, failure end µs]`. */
  lastRuns: z.array(z.tuple([z.string(), z.string(), ms, us.nullable(), count.nullable(), us.nullable()])),
  /** `[run id, seen ms]`. */
  startedRuns: z.array(z.tuple([z.string(), ms])),
  /** `[run id, end µs, run count, run time µs]`. */
  countedAttempts: z.array(z.tuple([z.string(), us, count, count])),
  /** `[window start ms, {event: count}]`. */
  eventWindows: z.array(z.tuple([ms, z.record(z.string(), count)])),
  outbox: z.object({
    nextId: count,
    triedThrough: count,
    acknowledgedThrough: count,
    entries: z.array(z.object({ id: count, tickMs: ms, intervalMs: count, ended: numbers, births: numbers })),
    /** Of each series of the dictionary, `[value, ticks, …]`. */
    columns,
  }),
  lastSets: z.record(z.string(), numbers),
  lastSuccesses: z.record(z.string(), ms),
});

export type LedgerJson = z.infer<typeof documentShape>;
