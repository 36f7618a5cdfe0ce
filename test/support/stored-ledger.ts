import type { Clock } from '../../lib/clock.ts';
import { deadlineIn } from '../../lib/deadline.ts';
import { decodeLedger } from '../../lib/ledger/document.ts';
import type { Ledger } from '../../lib/ledger/ledger.ts';
import { createSeriesTable } from '../../lib/metrics/series-table.ts';
import type { Store } from '../../lib/stores/store.ts';

const soonMs = 5_000;

/** What is in the store; undefined when it is empty. @param clock that of the store */
export async function ledgerIn(store: Store, clock: Clock): Promise<Ledger | undefined> {
  const stored = await store.load(deadlineIn(soonMs, clock));
  const table = createSeriesTable();
  return stored && decodeLedger(stored.body, (family, names, values) => table.intern(names, values, family));
}

/** What another process does that ends a tick of its own meanwhile. */
export async function replaceLedger(store: Store, clock: Clock, replacement: Uint8Array): Promise<void> {
  const stored = await store.load(deadlineIn(soonMs, clock));
  await store.save(replacement, stored?.version, deadlineIn(soonMs, clock));
}
