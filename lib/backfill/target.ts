import type { Entry } from '../ledger/ledger.ts';

/** What was written so far. */
export interface Written {
  readonly samples: number;
  readonly requests: number;
  /** As sent, or in the file. */
  readonly bytes: number;
}

/** Where a backfill writes. Rejects with `BackfillError` or `PushError`. */
export interface Target {
  write(entry: Entry): Promise<void>;
  /** Makes what was written last, and gives what a later process must know to go on behind it. */
  checkpoint(): Promise<Readonly<Record<string, number>>>;
  /** After the last entry. */
  finish(): Promise<void>;
  /** Ends what is open; without `finish` it can be gone on with. */
  close(): Promise<void>;
  written(): Written;
}
