import { inspect } from 'node:util';
import { onTestFinished } from 'vitest';
import type { Fault } from '../../doubles/faults.ts';
import { addConcurrencyLimit, addDeployment, addFlow, addWorkPool } from '../../doubles/prefect/additions.ts';
import {
  type PrefectDouble,
  type PrefectDoubleOptions,
  startPrefectDouble,
} from '../../doubles/prefect/api.ts';
import { createWorkspace, type Workspace } from '../../doubles/prefect/workspace.ts';
import { type Receiver, type ReceiverOptions, startReceiver } from '../../doubles/receiver/receiver.ts';
import type { LocalServer, ReceivedRequest } from '../../doubles/server.ts';
import { allCollectors } from '../../lib/collectors/all.ts';
import type { Config } from '../../lib/config/config.ts';
import { parseConfig } from '../../lib/config/parse.ts';
import { deadlineIn } from '../../lib/deadline.ts';
import { createExporter, type Exporter } from '../../lib/exporter.ts';
import { decodeLedger, encodeLedger } from '../../lib/ledger/document.ts';
import { createSeriesTable } from '../../lib/metrics/series-table.ts';
import { receiverIdentity } from '../../lib/receiver-identity.ts';
import { TickError, type TickReport } from '../../lib/report.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import type { Store } from '../../lib/stores/store.ts';
import { createFakeClock, type FakeClock } from '../support/clock.ts';
import { createTickClock, type TickClock } from './tick-clock.ts';

export type Environment = Readonly<Record<string, string>>;

/** Everything that can be collected, in a workspace with a name of its own. */
export const everything: Environment = {
  METRIC_SETS: 'native,history',
  COLLECTORS: allCollectors.map(({ name }) => name).join(),
  DEPLOYMENT_TAG_LABELS: 'team,env',
  WORKSPACE: 'test',
};

/** What a Lambda function of a minute leaves for one tick, ms. */
export const budgetMs = 55_000;

/**
 * A Prefect double, by default on a clock that stands still: its answers are the same whenever they are asked for.
 */
export async function startPrefect(
  makeWorkspace: (clock: FakeClock) => Workspace,
  { clock = createFakeClock(), ...options }: Partial<PrefectDoubleOptions> & { clock?: FakeClock } = {},
): Promise<PrefectDouble> {
  return startPrefectDouble({ workspace: makeWorkspace(clock), clock, ...options });
}

/** A few things of each kind, without runs. */
export function smallWorkspace(clock: FakeClock): Workspace {
  const workspace = createWorkspace({ clock });
  const pool = addWorkPool(workspace, { name: 'pool' });
  const queue = [...workspace.workQueues.values()].find(({ workPoolId }) => workPoolId === pool.id);
  for (const name of ['etl', 'ml']) {
    const flow = addFlow(workspace, { name });
    addDeployment(workspace, { name: 'nightly', flow, queue, tags: ['team:data'] });
    addDeployment(workspace, { name: 'hourly', flow, queue });
  }
  addConcurrencyLimit(workspace, { name: 'db', limit: 3 });
  return workspace;
}

/** A receiver on the default fake time, that ends with the test. */
export async function startTestReceiver(options: ReceiverOptions = {}): Promise<Receiver> {
  const receiver = await startReceiver({ clock: createFakeClock(), ...options });
  onTestFinished(() => receiver.stop());
  return receiver;
}

export interface Surroundings {
  readonly files?: Environment;
  /** By default one of its own, that is empty. */
  readonly store?: Store;
  /** As in `ExporterOptions`. */
  readonly acknowledgeAtOnce?: boolean;
}

export function exporterFor(
  environment: Environment,
  clock: TickClock,
  { files = {}, store = createMemoryStore({ clock }), acknowledgeAtOnce = false }: Surroundings = {},
): Exporter {
  return createExporter(configOf(environment, files), clock, { store, acknowledgeAtOnce });
}

function configOf(environment: Environment, files: Environment = {}): Config {
  const readFile = (path: string): string => {
    const text = files[path];
    if (text === undefined) throw new Error(`no file ${path}`);
    return text;
  };
  const options = { readFile, collectors: allCollectors, sink: 'required', where: 'command-line' } as const;
  return parseConfig(environment, options).config;
}

/** A store that holds the ledger, as if it had always been for the receiver of this environment. */
export async function storeWith(
  document: Uint8Array,
  environment: Environment,
  files: Environment = {},
): Promise<Store> {
  const clock = createFakeClock();
  const table = createSeriesTable();
  const ledger = decodeLedger(document, (family, names, values) => table.intern(names, values, family));
  ledger.identity = receiverIdentity(configOf(environment, files));
  const store = createMemoryStore({ clock });
  await store.save(encodeLedger(ledger), undefined, deadlineIn(budgetMs, clock));
  return store;
}

/** Requests of these servers that hung so far: `when` is asked for the fault of each request. */
export interface FaultPlan {
  hung(): number;
  faultOf(request: ReceivedRequest): Fault | undefined;
}

export function createFaultPlan(choose: (request: ReceivedRequest) => Fault | undefined): FaultPlan {
  let hung = 0;
  return {
    hung: () => hung,
    faultOf: (request) => {
      const fault = choose(request);
      if (fault?.kind === 'hang' || fault?.kind === 'hang-mid-body') hung += 1;
      return fault;
    },
  };
}

/** Lets requests of a server go wrong as the plan says. */
export function inject(
  server: LocalServer,
  choose: (request: ReceivedRequest) => Fault | undefined,
): FaultPlan {
  const plan = createFaultPlan(choose);
  server.faults.when(plan.faultOf);
  return plan;
}

/**
 * The ledger of a process that has been running: ticks so many minutes before ten that went well, to a receiver of
 * their own.
 */
export async function ledgerAfter(
  environmentFor: (receiver: Receiver) => Environment,
  minutesBefore: readonly number[],
): Promise<Uint8Array> {
  const receiver = await startReceiver({ clock: createFakeClock() });
  const clock = createTickClock();
  const tenMs = clock.now();
  const store = createMemoryStore({ clock });
  for (const minutes of minutesBefore) {
    clock.setNow(tenMs - minutes * 60_000);
    await tickOnce(environmentFor(receiver), { clock, store, acknowledgeAtOnce: true });
  }
  await receiver.stop();
  const stored = await store.load(deadlineIn(budgetMs, clock));
  if (stored === undefined) throw new Error('no ledger');
  return stored.body;
}

export interface Ticked {
  readonly clock: TickClock;
  readonly startMs: number;
  /** What it resolved with. */
  readonly report: TickReport;
  readonly tookMs: number;
}

/** One tick of a new process at the time of the clock, by default 10:00, driven to its end. */
export async function tickOnce(
  environment: Environment,
  {
    hung,
    clock = createTickClock(),
    ...surroundings
  }: { hung?: () => number; clock?: TickClock } & Surroundings = {},
): Promise<Ticked> {
  const startMs = clock.now();
  const exporter = exporterFor(environment, clock, surroundings);
  const tick = exporter.tick(startMs, deadlineIn(budgetMs, clock));
  const report = await clock.settle(tick, hung);
  return { clock, startMs, report, tookMs: clock.now() - startMs };
}

/** The error a tick ends with. */
export async function tickErrorOf(tick: Promise<unknown>): Promise<TickError> {
  const error = await tick.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof TickError)) throw new TypeError(`no TickError but ${inspect(error)}`);
  return error;
}

/** Where the zeros of newborn series go: a millisecond after a tick. No tick is there. */
const isBirth = (timestampMs: number): boolean => timestampMs % 1_000 === 1;

/** The instants of which the receiver has samples, each once, in order; the zeros of newborn series are apart. */
export function storedInstants(receiver: Receiver): readonly number[] {
  const samples = receiver.series().flatMap((one) => one.samples);
  const births = samples.filter(({ timestampMs }) => isBirth(timestampMs));
  if (births.some(({ value }) => value !== 0)) throw new Error('a newborn series that is not 0');
  const instants = samples.map(({ timestampMs }) => timestampMs).filter((ms) => !isBirth(ms));
  return [...new Set(instants)].sort((a, b) => a - b);
}

const histograms = new Set(
  allCollectors.flatMap(({ families }) =>
    families.flatMap(({ name, type }) => (type === 'histogram' ? name : [])),
  ),
);

/** Of a part of a histogram that of the histogram. */
function familyOf(name: string): string {
  const family = name.replace(/_(?:bucket|sum|count)$/, '');
  return histograms.has(family) ? family : name;
}

/**
 * What arrived: family name to series (labels in order, in a histogram with the name of the part) to value. Each has
 * one sample. Ended series are not there.
 */
export type Arrived = ReadonlyMap<string, ReadonlyMap<string, number>>;

export function arrivedAt(receiver: Receiver, timestampMs?: number): Arrived {
  const families = new Map<string, Map<string, number>>();
  for (const { labels, samples } of receiver.series()) {
    const { __name__: name = '', ...rest } = labels;
    for (const sample of samples) {
      if (sample.stale || (timestampMs !== undefined && sample.timestampMs !== timestampMs)) continue;
      const family = familyOf(name);
      const key = JSON.stringify(family === name ? rest : { name, ...rest });
      families.set(family, (families.get(family) ?? new Map<string, number>()).set(key, sample.value));
    }
  }
  return families;
}

/** `prefect_exporter_collector_success` by collector. */
export function collectorSuccess(arrived: Arrived): Record<string, number> {
  const series = arrived.get('prefect_exporter_collector_success') ?? new Map<string, number>();
  return Object.fromEntries([...series].map(([labels, value]) => [JSON.parse(labels).collector, value]));
}
