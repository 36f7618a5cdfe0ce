import { maxAheadMs } from '../instant.ts';
import { LedgerDocumentError } from './errors.ts';
import type { Ledger } from './ledger.ts';

/**
 * Refuses a ledger whose newest tick lies ahead of the clock: nothing after it could ever be done, because every tick
 * until then would count as done already. Throws `LedgerDocumentError`.
 */
export function refuseFuture({ lastTickMs }: Pick<Ledger, 'lastTickMs'>, nowMs: number): void {
  const aheadMs = lastTickMs - nowMs;
  if (aheadMs <= maxAheadMs) return;
  throw new LedgerDocumentError('ahead', {
    message: `The newest tick of the ledger lies ${Math.round(aheadMs / 1000)} s in the future.`,
    found: new Date(lastTickMs).toISOString(),
    expected: `at most ${new Date(nowMs + maxAheadMs).toISOString()}`,
  });
}
