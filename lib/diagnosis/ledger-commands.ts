import type { LedgerSummary } from '../ledger/summary.ts';
import type { Problem } from '../problem.ts';
import type { StoreError } from '../stores/store.ts';

/** What the commands of the ledger tell a user besides errors. */

export const ledgerMissing = (place: string): Problem => ({
  slug: 'ledger-missing',
  message: `There is no ledger at ${place}.`,
  expected: 'the document that the first tick makes',
  do: 'compare STORE with that of the exporter; where there was no tick yet: prefect-push-exporter push',
});

/** @param doubt of the store that found none */
export const ledgerMissingOrHidden = ({ place, message }: StoreError): Problem => ({
  slug: 'ledger-missing',
  message: `There is no ledger at ${place}, or it may not be read.`,
  found: message,
  expected: 'the document that the first tick makes',
  do: 'compare STORE with that of the exporter, and allow s3:GetObject on it; with s3:ListBucket on the bucket S3 says which of the two it is',
});

export const ledgerInconsistent = (place: string, faults: readonly string[]): Problem => ({
  slug: 'ledger-inconsistent',
  message: `The ledger at ${place} contradicts itself.`,
  found: faults.join('; '),
  expected: 'what a tick writes',
  do: 'put an older version of the document back, or start at 0 with: prefect-push-exporter ledger reset --yes',
});

/** @param summary undefined for a document that cannot be read */
export const resetUnconfirmed = (place: string, summary: LedgerSummary | undefined): Problem => ({
  slug: 'ledger-unconfirmed',
  message: `This would remove the ledger at ${place}: counters begin at 0 again, and receivers see a reset.`,
  found:
    summary === undefined
      ? 'a document that cannot be read'
      : `${seriesOf(summary)} series since ${summary.created}; ${summary.outbox.samples} samples that wait would never be sent`,
  do: 'stop the exporter, then: prefect-push-exporter ledger reset --yes',
});

export const adoptUnconfirmed = (place: string, from: string, to: string): Problem => ({
  slug: 'ledger-unconfirmed',
  message: `This would give the ledger at ${place} to this exporter: its counters go on, and what waits in it goes to the new receiver.`,
  found: from,
  expected: to,
  do: 'stop the exporter that had it, then: prefect-push-exporter ledger adopt --yes',
});

const seriesOf = ({ series }: LedgerSummary): number => Object.values(series).reduce((sum, n) => sum + n, 0);
