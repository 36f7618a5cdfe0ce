import * as z from 'zod';
import type { Deadline } from '../deadline.ts';
import type { Store } from '../stores/store.ts';
import { BackfillError } from './error.ts';
import type { Period } from './period.ts';

/** How far a backfill came: a document beside the ledger, replaced after each part that is safe. */
export interface BackfillState {
  readonly period: Period;
  /** The OpenMetrics file; undefined for the receiver. */
  readonly output: string | undefined;
  /** What the target needs to go on (`Target.checkpoint`). */
  readonly target: Readonly<Record<string, number>>;
  readonly runs: number;
  readonly samples: number;
  /** Whether a ledger was there before it began. */
  readonly ledgerExisted: boolean;
  /** An encoded ledger whose newest tick is the last that is done. */
  readonly ledger: Uint8Array;
}

const ms = z.int();

const shape = z.object({
  version: z.literal(1),
  period: z.object({ sinceMs: ms, untilMs: ms, intervalMs: z.int().positive() }),
  output: z.string().optional(),
  target: z.record(z.string(), z.int().nonnegative()),
  runs: z.int().nonnegative(),
  samples: z.int().nonnegative(),
  ledgerExisted: z.boolean(),
  ledger: z.base64(),
});

export interface StoredState {
  /** Undefined when no backfill was interrupted. Rejects with `BackfillError` for what is none, and `StoreError`. */
  load(deadline: Deadline): Promise<BackfillState | undefined>;
  /** Rejects with `StoreConflictError` when another process does the same. */
  save(state: BackfillState, deadline: Deadline): Promise<void>;
  remove(deadline: Deadline): Promise<void>;
  readonly place: string;
}

export function createStoredState(store: Store): StoredState {
  let version: string | undefined;
  return {
    place: store.place,
    async load(deadline) {
      const stored = await store.load(deadline);
      version = stored?.version;
      return stored === undefined ? undefined : parse(stored.body, store.place);
    },
    async save({ ledger, ...state }, deadline) {
      const document = { version: 1, ...state, ledger: Buffer.from(ledger).toString('base64') };
      version = await store.save(Buffer.from(JSON.stringify(document)), version, deadline);
    },
    async remove(deadline) {
      await store.remove(deadline);
      version = undefined;
    },
  };
}

function parse(body: Uint8Array, place: string): BackfillState {
  try {
    const { output, ledger, ...state } = shape.parse(JSON.parse(Buffer.from(body).toString('utf8')));
    return { ...state, output, ledger: Buffer.from(ledger, 'base64') };
  } catch (error) {
    throw new BackfillError(
      {
        slug: 'backfill-unfinished',
        message: `What is at ${place} is not the state of a backfill.`,
        found: error instanceof Error ? error.message.slice(0, 200) : String(error),
        do: 'remove it, and begin anew',
      },
      { cause: error },
    );
  }
}
