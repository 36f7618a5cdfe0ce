import type { LedgerDocumentError } from '../ledger/errors.ts';
import type { Problem, Slug } from '../problem.ts';

const slugOf: Readonly<Record<LedgerDocumentError['reason'], Slug>> = {
  corrupt: 'ledger-corrupt',
  version: 'ledger-version',
  identity: 'ledger-identity',
  ahead: 'ledger-ahead',
};

const remedies: Readonly<Record<LedgerDocumentError['reason'], string>> = {
  corrupt:
    'put an older version of the document back, or start at 0 with: prefect-push-exporter ledger reset --yes',
  version: 'run the version of this program that wrote it, or a newer one',
  identity:
    'give this exporter a STORE of its own; after a move of the workspace or the receiver: prefect-push-exporter ledger adopt',
  ahead:
    'set the clock of this machine; if the clock is right and the document is not: prefect-push-exporter ledger reset --yes',
};

export const diagnoseLedger = ({ reason, message, found, expected }: LedgerDocumentError): Problem => ({
  slug: slugOf[reason],
  message: `${message} Nothing was written and nothing was sent.`,
  found,
  expected,
  do: remedies[reason],
});
