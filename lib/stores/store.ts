import type { Deadline } from '../deadline.ts';

/** The bytes of a document and the version they were read under. */
export interface StoredDocument {
  readonly body: Uint8Array;
  /** What a save must name to replace exactly this document: an ETag, a hash. Opaque to callers. */
  readonly version: string;
  /** When it was written, by the clock of the store, ms since the Unix epoch; undefined where that is not known. */
  readonly modifiedMs?: number | undefined;
}

/**
 * Keeps one document and replaces it only for whoever knows what it holds now. It knows nothing of what the bytes
 * mean. Nothing starts or goes on past the deadline.
 *
 * `load` resolves with what is there, or undefined when there is nothing. It rejects with `StoreError`. Where a store
 * cannot tell a document that is not there from one that may not be read, it resolves with undefined as well, and
 * `doubt` says so: a save then makes the document only if there is none.
 *
 * `save` replaces the document whose version is `expected`, or makes one where there was none (`expected`
 * undefined), all of it or nothing, and resolves with the new version. It rejects
 *  - with `StoreConflictError` when somebody else wrote, or removed, the document since: nothing was written;
 *  - with `StoreUnclearError` when nobody knows whether it was written (no answer, a broken connection): load again;
 *  - with `StoreError` when it was not written and will not be: no permission, no space, no such bucket; also when
 *    there is a document after all and it may not be read.
 */
export interface Store {
  readonly kind: 'memory' | 'file' | 's3';
  /** Where the document is, for people, without credentials: `file:/var/lib/…/ledger.json.gz`, `s3://bucket/key`. */
  readonly place: string;
  load(deadline: Deadline): Promise<StoredDocument | undefined>;
  /** Why there may be a document although the last `load` found none; undefined where that was certain. */
  doubt(): StoreError | undefined;
  save(body: Uint8Array, expected: string | undefined, deadline: Deadline): Promise<string>;
  /** Removes the document; resolves whether there was one. Rejects with `StoreError`, in doubt too. */
  remove(deadline: Deadline): Promise<boolean>;
  /** Ends connections. A store can be used again afterwards. */
  close(): Promise<void>;
}

/** Why a store did not do what was asked. */
export type StoreErrorReason =
  | 'denied' // no permission, no credentials
  | 'full' // no space, or over a quota
  | 'read-only' // a file system that takes no writes
  | 'not-found' // the bucket, not the document
  | 'timeout' // not done before the deadline
  | 'unreachable' // no connection, or answers that say to come later
  | 'conflict' // `StoreConflictError`
  | 'unclear' // `StoreUnclearError`
  | 'other';

/** The store did not do what was asked, and says why in words a user can act on. */
export class StoreError extends Error {
  override readonly name: string = 'StoreError';
  /** `Store.place`. */
  readonly place: string;
  readonly reason: StoreErrorReason;

  constructor(place: string, reason: StoreErrorReason, what: string, options?: ErrorOptions) {
    super(`${place}: ${what}`, options);
    this.place = place;
    this.reason = reason;
  }
}

/** Somebody else replaced or removed the document since it was loaded. */
export class StoreConflictError extends StoreError {
  override readonly name = 'StoreConflictError';

  constructor(place: string, what: string, options?: ErrorOptions) {
    super(place, 'conflict', what, options);
  }
}

/** It is not known whether the document was written. */
export class StoreUnclearError extends StoreError {
  override readonly name = 'StoreUnclearError';

  constructor(place: string, what: string, options?: ErrorOptions) {
    super(place, 'unclear', what, options);
  }
}
