import { gunzipSync, gzipSync } from 'node:zlib';
import { fromJson, type Intern } from './document-reader.ts';
import { documentShape, documentVersion } from './document-shape.ts';
import { toJson } from './document-writer.ts';
import { LedgerDocumentError } from './errors.ts';
import type { Ledger } from './ledger.ts';

/** The ledger as gzipped JSON. */
export const encodeLedger = (ledger: Ledger): Uint8Array => gzipSync(JSON.stringify(toJson(ledger)));

/**
 * Reads it back. Throws `LedgerDocumentError` for bytes that are no ledger (`corrupt`) or one of another version.
 */
export function decodeLedger(body: Uint8Array, intern: Intern): Ledger {
  const value = parse(body);
  const version = typeof value === 'object' && value !== null ? Reflect.get(value, 'version') : undefined;
  if (version !== documentVersion) throw versionError(version);
  const result = documentShape.safeParse(value);
  if (!result.success) {
    const [issue] = result.error.issues;
    throw corrupt(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not a ledger'}`, result.error);
  }
  try {
    return fromJson(result.data, intern);
  } catch (error) {
    if (error instanceof RangeError) throw corrupt(error.message, error);
    throw error;
  }
}

function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(gunzipSync(body).toString('utf8'));
  } catch (error) {
    throw corrupt(error instanceof Error ? error.message : String(error), error);
  }
}

const corrupt = (found: string, cause: unknown): LedgerDocumentError =>
  new LedgerDocumentError(
    'corrupt',
    { message: 'The document is not a whole ledger.', found, expected: 'gzipped JSON of this program' },
    { cause },
  );

function versionError(version: unknown): LedgerDocumentError {
  if (typeof version !== 'number')
    return corrupt(`version ${JSON.stringify(version) ?? 'missing'}`, undefined);
  return new LedgerDocumentError('version', {
    message: 'The ledger was written by another version of this program.',
    found: `version ${version}`,
    expected: `version ${documentVersion}`,
  });
}
