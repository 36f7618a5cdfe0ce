import type { Clock } from '../lib/clock.ts';
import type { Config } from '../lib/config/config.ts';
import { type Deadline, deadlineIn } from '../lib/deadline.ts';
import {
  adoptUnconfirmed,
  ledgerInconsistent,
  ledgerMissing,
  ledgerMissingOrHidden,
  resetUnconfirmed,
} from '../lib/diagnosis/ledger-commands.ts';
import { explainStore } from '../lib/diagnosis/tick.ts';
import { decodeLedger, encodeLedger } from '../lib/ledger/document.ts';
import { LedgerDocumentError } from '../lib/ledger/errors.ts';
import { ledgerFaults } from '../lib/ledger/faults.ts';
import { refuseFuture } from '../lib/ledger/future.ts';
import { describeIdentity, isSameIdentity } from '../lib/ledger/identity.ts';
import type { Ledger } from '../lib/ledger/ledger.ts';
import { type LedgerSummary, summarizeLedger } from '../lib/ledger/summary.ts';
import { createSeriesTable } from '../lib/metrics/series-table.ts';
import { formatProblem, type Problem } from '../lib/problem.ts';
import { receiverIdentity } from '../lib/receiver-identity.ts';
import { besideStore } from '../lib/stores/beside.ts';
import { openStore } from '../lib/stores/open-store.ts';
import { type Store, type StoredDocument, StoreError } from '../lib/stores/store.ts';
import { ledgerText, seriesLines } from './ledger-text.ts';
import type { Terminal } from './terminal.ts';

export type LedgerAction = 'show' | 'verify' | 'reset' | 'adopt';

export interface LedgerCommand {
  readonly action: LedgerAction;
  /** Prints every series that is kept. */
  readonly series: boolean;
  readonly yes: boolean;
}

export interface LedgerOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly terminal: Terminal;
  readonly json: boolean;
  /** Instead of that of the configuration. */
  readonly store?: Store;
}

const storeMs = 60_000;

/** Looks into the ledger, or changes it by hand. Resolves with the exit status. */
export async function ledgerCommand(options: LedgerOptions, command: LedgerCommand): Promise<number> {
  const { config, clock, terminal } = options;
  const store = options.store ?? openStore(config.store, clock);
  const work: Work = { ...options, store, deadline: deadlineIn(storeMs, clock) };
  try {
    const document = await store.load(work.deadline);
    if (document === undefined) {
      const doubt = store.doubt();
      tell(terminal, [doubt === undefined ? ledgerMissing(store.place) : ledgerMissingOrHidden(doubt)]);
      return command.action === 'reset' && doubt === undefined ? 0 : 1;
    }
    return await actions[command.action](work, document, command);
  } catch (error) {
    if (!(error instanceof StoreError || error instanceof LedgerDocumentError)) throw error;
    tell(terminal, explainStore(error));
    return 1;
  } finally {
    await store.close();
  }
}

interface Work extends LedgerOptions {
  readonly store: Store;
  readonly deadline: Deadline;
}

type Action = (work: Work, document: StoredDocument, command: LedgerCommand) => Promise<number>;

const actions: Readonly<Record<LedgerAction, Action>> = { show, verify, reset, adopt };

function tell(terminal: Terminal, problems: readonly Problem[]): void {
  for (const problem of problems) terminal.note(formatProblem(problem));
}

function decode({ body }: StoredDocument): Ledger {
  const table = createSeriesTable();
  return decodeLedger(body, (family, names, values) => table.intern(names, values, family));
}

async function show(work: Work, document: StoredDocument, { series }: LedgerCommand): Promise<number> {
  const { store, config, clock, terminal, json } = work;
  const ledger = decode(document);
  const summary = summarizeLedger(ledger, clock.now());
  const own = receiverIdentity(config);
  const found = {
    place: store.place,
    bytes: document.body.byteLength,
    isOwn: isSameIdentity(ledger.identity, own),
  };
  if (json) {
    const lines = series ? { values: seriesLines(ledger) } : {};
    terminal.print(JSON.stringify({ ...found, ...summary, ...lines }, null, 2));
  } else {
    terminal.print([ledgerText(found, summary), ...(series ? ['', ...seriesLines(ledger)] : [])].join('\n'));
  }
  return 0;
}

async function verify(work: Work, document: StoredDocument): Promise<number> {
  const { store, clock, terminal, json } = work;
  const ledger = decode(document);
  refuseFuture(ledger, clock.now());
  const faults = ledgerFaults(ledger, clock.now());
  if (json) terminal.print(JSON.stringify({ place: store.place, faults }, null, 2));
  else if (faults.length === 0) terminal.print(`${store.place} is sound.`);
  if (faults.length === 0) return 0;
  tell(terminal, [ledgerInconsistent(store.place, faults)]);
  return 1;
}

/** Works on anything that is in the store: a document that cannot be read is what it is for. */
async function reset(work: Work, document: StoredDocument, { yes }: LedgerCommand): Promise<number> {
  const { store, terminal, deadline } = work;
  if (!yes) {
    tell(terminal, [resetUnconfirmed(store.place, summaryOf(work, document))]);
    return 2;
  }
  const backup = await backUp(work, document);
  await store.remove(deadline);
  terminal.print(
    `${store.place} is removed; ${backup === undefined ? 'there is no copy' : `a copy is at ${backup}`}.`,
  );
  return 0;
}

function summaryOf({ clock }: Work, document: StoredDocument): LedgerSummary | undefined {
  try {
    return summarizeLedger(decode(document), clock.now());
  } catch (error) {
    if (error instanceof LedgerDocumentError) return undefined;
    throw error;
  }
}

/** Resolves with where the copy is; nothing is removed when it cannot be made. */
async function backUp(
  { config, clock, deadline }: Work,
  { body }: StoredDocument,
): Promise<string | undefined> {
  const stamp = new Date(clock.now()).toISOString().replace(/[-:]|\.\d+/g, '');
  const beside = besideStore(config.store, `.${stamp}.bak`);
  if (beside === undefined) return undefined;
  const store = openStore(beside, clock);
  try {
    await store.save(body, undefined, deadline);
    return store.place;
  } finally {
    await store.close();
  }
}

async function adopt(work: Work, document: StoredDocument, { yes }: LedgerCommand): Promise<number> {
  const { store, config, terminal, deadline } = work;
  const ledger = decode(document);
  const identity = receiverIdentity(config);
  const [from, to] = [describeIdentity(ledger.identity), describeIdentity(identity)];
  if (isSameIdentity(ledger.identity, identity)) {
    terminal.print(`${store.place} belongs to ${to} already.`);
    return 0;
  }
  if (!yes) {
    tell(terminal, [adoptUnconfirmed(store.place, from, to)]);
    return 2;
  }
  ledger.identity = identity;
  await store.save(encodeLedger(ledger), document.version, deadline);
  terminal.print(`${store.place} was of   ${from}\n${' '.repeat(store.place.length)} is now of ${to}`);
  return 0;
}
