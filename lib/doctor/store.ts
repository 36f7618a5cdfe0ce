import type { Clock } from '../clock.ts';
import type { StoreConfig } from '../config/config.ts';
import type { Deadline } from '../deadline.ts';
import { explainStore } from '../diagnosis/tick.ts';
import { decodeLedger } from '../ledger/document.ts';
import { refuseFuture } from '../ledger/future.ts';
import { checkIdentity } from '../ledger/identity.ts';
import type { Identity } from '../ledger/ledger.ts';
import { createSeriesTable } from '../metrics/series-table.ts';
import { openStore, probeStore } from '../stores/open-store.ts';
import type { StoredDocument } from '../stores/store.ts';
import type { CheckSection } from './report.ts';

/** Loads the ledger, looks whether a tick could use it, and tries a save only where that leaves no trace. */
export async function checkStore(
  config: StoreConfig,
  { clock, identity }: { readonly clock: Clock; readonly identity: Identity },
  deadline: Deadline,
): Promise<CheckSection> {
  const store = openStore(config, clock);
  try {
    const stored = await store.load(deadline);
    if (stored !== undefined) requireUsable(stored, identity, clock.now());
    const isProved = await probeStore(config, clock, deadline);
    const found = stored === undefined && store.doubt() !== undefined ? inDoubt : state(stored, clock);
    const facts = [`${store.place}, ${found}`, ...writing(config, isProved)];
    return { name: 'store', status: 'ok', facts, problems: [] };
  } catch (error) {
    const problems = explainStore(error);
    if (problems.length === 0) throw error;
    return { name: 'store', status: 'failed', facts: [], problems };
  } finally {
    await store.close();
  }
}

/** Throws `LedgerDocumentError` for a document that every tick would refuse. */
function requireUsable({ body }: StoredDocument, identity: Identity, nowMs: number): void {
  const table = createSeriesTable();
  const ledger = decodeLedger(body, (family, names, values) => table.intern(names, values, family));
  checkIdentity(ledger, identity);
  refuseFuture(ledger, nowMs);
}

/** Without s3:ListBucket S3 says the same of both. */
const inDoubt = 'new, or it may not be read (s3:GetObject): the first tick makes it, or says so';

function state(stored: StoredDocument | undefined, clock: Clock): string {
  if (stored === undefined) return 'new: the first tick makes it';
  const { body, modifiedMs } = stored;
  const size = `${(body.length / 1024).toFixed(1)} KiB`;
  return modifiedMs === undefined ? size : `${size}, written ${age(clock.now() - modifiedMs)} ago`;
}

function age(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7_200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}

function writing({ kind, ledger }: StoreConfig, isProved: boolean): readonly string[] {
  if (kind === 'memory') {
    return [
      ledger
        ? 'it is forgotten when this process ends'
        : 'nothing is counted across ticks: no counters and histograms of finished runs',
    ];
  }
  return [isProved ? 'it can be written' : 'whether it can be written shows at the first tick'];
}
