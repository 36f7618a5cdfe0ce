import { LedgerDocumentError } from './errors.ts';
import type { Identity, Ledger } from './ledger.ts';

/**
 * Refuses the ledger of another workspace, or one whose samples go to another receiver: two exporters would take turns
 * on it, and each receiver would get every other tick. Throws `LedgerDocumentError`.
 */
export function checkIdentity({ identity }: Pick<Ledger, 'identity'>, expected: Identity): void {
  if (isSameIdentity(identity, expected)) return;
  throw new LedgerDocumentError('identity', {
    message: 'The ledger belongs to another workspace or receiver.',
    found: describeIdentity(identity),
    expected: describeIdentity(expected),
  });
}

/** Where no receiver is configured, to look and not to send, there is nothing to compare but the workspace. */
export const isSameIdentity = (identity: Identity, expected: Identity): boolean =>
  identity.prefect === expected.prefect && (expected.sink === '' || identity.sink === expected.sink);

export const describeIdentity = ({ prefect, sink }: Identity): string => `${prefect} to ${sink}`;
