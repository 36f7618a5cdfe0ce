import type { Deadline } from './deadline.ts';
import { decodeLedger, encodeLedger } from './ledger/document.ts';
import { checkIdentity } from './ledger/identity.ts';
import type { Identity, Ledger } from './ledger/ledger.ts';
import { type Acknowledgement, removeAnswered } from './ledger/outbox.ts';
import { countAnswered } from './ledger/own-counters.ts';
import type { SeriesTable } from './metrics/series-table.ts';
import { type Store, StoreConflictError, type StoredDocument, StoreUnclearError } from './stores/store.ts';

/** A copy of the ledger to work on. */
export interface OpenedLedger {
  readonly ledger: Ledger;
  /** Size of the stored document. */
  readonly bytes: number;
}

/**
 * The ledger in its store, as one process sees it. The document that was read or written last is kept, so that a warm
 * process does not read it again, and with it the answers of the receiver that are not written down yet.
 */
export interface StoredLedger {
  /**
   * The ledger, without the entries that are known to be answered; undefined when there is none. Every call gives a
   * new copy. Rejects with `StoreError` and `LedgerDocumentError`.
   */
  open(table: SeriesTable, deadline: Deadline): Promise<OpenedLedger | undefined>;
  /**
   * Replaces the document that was opened last. Rejects with `StoreError`; after `StoreConflictError` and
   * `StoreUnclearError` the next `open` reads again.
   */
  commit(ledger: Ledger, deadline: Deadline): Promise<void>;
  /** An entry was answered. Written down with the next `commit`. */
  acknowledge(acknowledgement: Acknowledgement): void;
  isAcknowledged(ledgerId: string, entryId: number): boolean;
  /** Takes the answered entries out of a ledger that was just committed, and commits it. */
  commitAcknowledgements(ledger: Ledger, deadline: Deadline): Promise<void>;
  /** Answers that are not written down yet. */
  unwritten(): number;
  /** The document cannot be used after all: the next `open` reads again. */
  drop(): void;
}

export function createStoredLedger(store: Store, identity: Identity): StoredLedger {
  let cached: StoredDocument | undefined;
  let acknowledgements: readonly Acknowledgement[] = [];

  const applyAcknowledgements = (ledger: Ledger): void => {
    const own = acknowledgements.filter(({ ledgerId }) => ledgerId === ledger.id);
    countAnswered(ledger, removeAnswered(ledger.outbox, own), ledger.lastTickMs);
  };

  const commit = async (ledger: Ledger, deadline: Deadline): Promise<void> => {
    const body = encodeLedger(ledger);
    const written = acknowledgements;
    try {
      cached = { body, version: await store.save(body, cached?.version, deadline) };
    } catch (error) {
      if (error instanceof StoreConflictError || error instanceof StoreUnclearError) cached = undefined;
      throw error;
    }
    acknowledgements = acknowledgements.filter((one) => !written.includes(one));
  };

  return {
    async open(table, deadline) {
      cached ??= await store.load(deadline);
      if (cached === undefined) return undefined;
      const ledger = decodeLedger(cached.body, (family, names, values) =>
        table.intern(names, values, family),
      );
      checkIdentity(ledger, identity);
      applyAcknowledgements(ledger);
      return { ledger, bytes: cached.body.byteLength };
    },
    commit,
    acknowledge(acknowledgement) {
      acknowledgements = [...acknowledgements, acknowledgement];
    },
    isAcknowledged: (ledgerId, entryId) =>
      acknowledgements.some((one) => one.ledgerId === ledgerId && one.entryId === entryId),
    async commitAcknowledgements(ledger, deadline) {
      applyAcknowledgements(ledger);
      await commit(ledger, deadline);
    },
    unwritten: () => acknowledgements.length,
    drop() {
      cached = undefined;
    },
  };
}
