/** The document in the store cannot be used, and must not be overwritten. */
export class LedgerDocumentError extends Error {
  override readonly name = 'LedgerDocumentError';
  readonly reason: 'corrupt' | 'version' | 'identity' | 'ahead';
  /** What is in the document. */
  readonly found: string;
  /** What was expected there. */
  readonly expected: string;

  constructor(
    reason: LedgerDocumentError['reason'],
    details: { readonly message: string; readonly found: string; readonly expected: string },
    options?: ErrorOptions,
  ) {
    super(details.message, options);
    this.reason = reason;
    this.found = details.found;
    this.expected = details.expected;
  }
}
