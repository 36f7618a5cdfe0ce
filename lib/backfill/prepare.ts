import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { type Deadline, deadlineIn } from '../deadline.ts';
import { decodeLedger } from '../ledger/document.ts';
import { checkIdentity } from '../ledger/identity.ts';
import { ledgerSettings } from '../ledger-settings.ts';
import { createSeriesTable } from '../metrics/series-table.ts';
import { createPrefectClient } from '../prefect/client.ts';
import { createPageSize } from '../prefect/page-size.ts';
import { receiverIdentity } from '../receiver-identity.ts';
import { chosenCollectors, createSessions } from '../session.ts';
import { credentialsOf, type SideCredentials } from '../side-credentials.ts';
import { besideStore } from '../stores/beside.ts';
import { openStore } from '../stores/open-store.ts';
import type { Store } from '../stores/store.ts';
import { version } from '../version.ts';
import { type BackfillOptions, type BackfillReport, backfill, type Progress, type Work } from './backfill.ts';
import { BackfillError } from './error.ts';
import { createPast } from './past.ts';
import { type AskedPeriod, planPeriod } from './period.ts';
import { type BackfillState, createStoredState, type StoredState } from './state.ts';

export interface BackfillSurroundings {
  readonly config: Config;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Instead of those of the configuration: a long period may outlive them. */
  readonly credentials?: SideCredentials;
  onProgress(progress: Progress): void;
  /** Instead of those of the configuration; the second one beside the first. */
  readonly stores?: { readonly ledger: Store; readonly state: Store | undefined };
}

/** What the user asked for. */
export type AskedBackfill =
  | { readonly kind: 'resume' }
  | ({ readonly kind: 'new'; readonly output: string | undefined; readonly dryRun: boolean } & AskedPeriod);

const storeMs = 60_000;
/** Prefect may take days for a long period; each request has its own limit. */
const readingMs = 30 * 86_400_000;

/** Wires a backfill, and runs it. Rejects as `backfill` does. */
export async function runBackfill(
  surroundings: BackfillSurroundings,
  asked: AskedBackfill,
): Promise<BackfillReport> {
  const { config, clock, stores } = surroundings;
  const store = stores?.ledger ?? openStore(config.store, clock);
  const beside = besideStore(config.store, '.backfill.json');
  const stateStore = stores === undefined ? beside && openStore(beside, clock) : stores.state;
  const state = stateStore && createStoredState(stateStore);
  const deadline = (): Deadline => deadlineIn(storeMs, clock);
  const { credentials = credentialsOf(config) } = surroundings;
  const session = createSessions(config, clock, { credentials })(clock.now());
  try {
    const work = await workOf(surroundings, asked, { store, state, deadline });
    const reading = deadlineIn(readingMs, clock);
    const { reader } = session.read({}, [], reading);
    const [workspace, flows, deployments] = await Promise.all([
      reader.get('workspace'),
      reader.get('flows'),
      reader.get('deployments'),
    ]);
    const client = createPrefectClient({
      apiUrl: config.prefect.apiUrl,
      send: session.prefectSend,
      deadline: reading,
      version,
      pageSize: createPageSize(config.prefect.pageSize),
    });
    const options: BackfillOptions = {
      ...surroundings,
      identity: receiverIdentity(config),
      settings: ledgerSettings(config, chosenCollectors(config)),
      past: createPast(client, { flows, deployments }, clock),
      deployments,
      workspace: workspace.name,
      sink: config.sink?.kind === 'remote-write' ? session.sinkFor(workspace.name) : undefined,
      store,
      state,
      deadline,
    };
    return await backfill(options, work);
  } finally {
    await Promise.all([session.close(), store.close(), stateStore?.close()]);
  }
}

interface Stored {
  readonly store: Store;
  readonly state: StoredState | undefined;
  deadline(): Deadline;
}

async function workOf(
  { config, clock }: BackfillSurroundings,
  asked: AskedBackfill,
  { store, state, deadline }: Stored,
): Promise<Work> {
  const resumed = await state?.load(deadline());
  if (asked.kind === 'resume') {
    if (resumed === undefined) throw nothingToResume(state);
    const { period, output, ledgerExisted } = resumed;
    return { period, output, ledgerExisted, dryRun: false, resumed };
  }
  const { output, dryRun } = asked;
  if (resumed !== undefined && !dryRun) throw unfinished(resumed, state);
  const createdMs = await createdOf(store, config, deadline());
  const period = planPeriod(asked, clock.now(), createdMs);
  return { period, output, dryRun, ledgerExisted: createdMs !== undefined, resumed: undefined };
}

/**
 * Undefined where there is no ledger. Rejects with `LedgerDocumentError` for one that the exporter would not take, and
 * with `StoreError` where there may be one: what it has sent must not be sent again.
 */
async function createdOf(store: Store, config: Config, deadline: Deadline): Promise<number | undefined> {
  const document = await store.load(deadline);
  const doubt = document === undefined ? store.doubt() : undefined;
  if (doubt !== undefined) throw doubt;
  if (document === undefined) return undefined;
  const table = createSeriesTable();
  const ledger = decodeLedger(document.body, (family, names, values) => table.intern(names, values, family));
  // A file can be written without a receiver: then there is none to compare.
  if (config.sink !== undefined) checkIdentity(ledger, receiverIdentity(config));
  return ledger.createdMs;
}

const instant = (ms: number): string => new Date(ms).toISOString();

const nothingToResume = (state: StoredState | undefined): BackfillError =>
  new BackfillError({
    slug: 'backfill-unfinished',
    message: 'There is no interrupted backfill to go on with.',
    found: state === undefined ? 'STORE=memory:, where nothing stays' : `nothing at ${state.place}`,
    do: 'prefect-push-exporter backfill --since 7d',
  });

const unfinished = ({ period }: BackfillState, state: StoredState | undefined): BackfillError =>
  new BackfillError({
    slug: 'backfill-unfinished',
    message: `A backfill from ${instant(period.sinceMs)} to ${instant(period.untilMs)} was interrupted.`,
    found: state?.place ?? '',
    do: 'prefect-push-exporter backfill --resume; to begin anew remove what was found',
  });
