import type { Clock } from '../clock.ts';
import { type Deadline, remainingMs } from '../deadline.ts';
import type { ProducedFamilies } from '../metrics/by-collector.ts';
import type { Family, Sample } from '../metrics/family.ts';
import { sampleKey } from '../metrics/series-key.ts';
import type { ResourceName, ResourceReader, Resources } from '../prefect/resources.ts';
import type { Problem } from '../problem.ts';
import type { CollectContext, Collector } from './collector.ts';

export interface CollectorOutcome {
  readonly collector: string;
  readonly success: boolean;
  /** From the start of the tick's reading until its families were made, waiting included. */
  readonly durationMs: number;
  /** Why it failed: the error of the first missing resource, or what the collector threw. */
  readonly error?: Error;
  /** Needs of it that were not read. */
  readonly missing: readonly ResourceName[];
}

export interface CollectedTick {
  /** Of the collectors that succeeded, in their order; samples in one order, whatever that of the resources. */
  readonly families: readonly Family[];
  /** The same families by collector; those that failed are not there. */
  readonly byCollector: readonly ProducedFamilies[];
  /** One for each collector, in their order. */
  readonly outcomes: readonly CollectorOutcome[];
  /** What collectors have to say about the data. */
  readonly problems: readonly Problem[];
  /** The resources that were whole in time, of those that anybody needed. */
  readonly resources: Partial<Resources>;
}

/** The read deadline passed before the resource was whole. */
export class ReadDeadlineError extends Error {
  override readonly name = 'ReadDeadlineError';
  readonly resource: ResourceName;

  constructor(resource: ResourceName) {
    super(`${resource} was not read in time`);
    this.resource = resource;
  }
}

export interface ReadLimits {
  readonly clock: Clock;
  /** What is not whole by then counts as failed. */
  readonly deadline: Deadline;
}

/**
 * Reads what the collectors need, each resource settled alone, and runs every collector as soon as its needs are
 * whole. Never rejects: a resource that fails and a collector that throws cost the families of that collector.
 *
 * @param alsoRead resources that no collector needs
 */
export async function collect(
  collectors: readonly Collector[],
  reader: ResourceReader,
  context: CollectContext,
  limits: ReadLimits,
  alsoRead: readonly ResourceName[] = [],
): Promise<CollectedTick> {
  const startedMs = limits.clock.monotonic();
  const names = new Set([...collectors.flatMap(({ needs }) => needs), ...alsoRead]);
  const alarm = setAlarm(limits);
  const reads = new Map([...names].map((name) => [name, read(name, reader, alarm.rings)]));
  const results = await Promise.all(
    collectors.map(async (collector) => {
      const needs = await Promise.all(collector.needs.flatMap((name) => reads.get(name) ?? []));
      const result = run(collector, needs, context);
      return { ...result, durationMs: limits.clock.monotonic() - startedMs };
    }),
  );
  const settled = await Promise.all(reads.values());
  alarm.stop();
  const byCollector = results
    .filter(({ success }) => success)
    .map(({ collector, families }) => ({ collector, produced: families.map(inOneOrder) }));
  return {
    families: byCollector.flatMap(({ produced }) => produced),
    byCollector,
    outcomes: results.map(({ families: _, problems: __, ...outcome }) => outcome),
    problems: results.flatMap(({ problems }) => problems),
    resources: resourcesOf(settled.filter(({ error }) => error === undefined)),
  };
}

interface Read {
  readonly name: ResourceName;
  readonly value?: unknown;
  readonly error?: Error;
}

/** `rings` resolves at the deadline, or never when stopped first. */
function setAlarm({ clock, deadline }: ReadLimits): { rings: Promise<void>; stop: () => void } {
  const { promise: rings, resolve } = Promise.withResolvers<void>();
  return { rings, stop: clock.after(remainingMs(deadline, clock), resolve) };
}

/** Never rejects. */
async function read(name: ResourceName, reader: ResourceReader, rings: Promise<void>): Promise<Read> {
  const late = rings.then((): Read => ({ name, error: new ReadDeadlineError(name) }));
  const get = async (): Promise<Read> => {
    try {
      return { name, value: await reader.get(name) };
    } catch (error) {
      return { name, error: asError(error) };
    }
  };
  return Promise.race([get(), late]);
}

type RunResult = Omit<CollectorOutcome, 'durationMs'> & Pick<CollectedTick, 'families' | 'problems'>;

function run(collector: Collector, needs: readonly Read[], context: CollectContext): RunResult {
  const failed = { collector: collector.name, success: false, families: [], problems: [] };
  const missing = needs.filter(({ error }) => error !== undefined);
  if (missing[0]?.error !== undefined) {
    return { ...failed, error: missing[0].error, missing: missing.map(({ name }) => name) };
  }
  // Every need is there, and a collector sees no more.
  const resources = resourcesOf(needs) as Resources;
  try {
    const families = collector.collect(resources, context);
    const problems = collector.problems?.(resources, context) ?? [];
    return { collector: collector.name, success: true, families, problems, missing: [] };
  } catch (error) {
    return { ...failed, error: asError(error), missing: [] };
  }
}

// Each is there under its name, with the value `reader.get` gave for it.
const resourcesOf = (reads: readonly Read[]): Partial<Resources> =>
  Object.fromEntries(reads.map(({ name, value }) => [name, value])) as Partial<Resources>;

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

function inOneOrder({ descriptor, samples }: Family): Family {
  const keyed = samples.map((sample): [string, Sample] => [sampleKey(sample), sample]);
  keyed.sort(([a], [b]) => (a < b ? -1 : 1));
  return { descriptor, samples: keyed.map(([, sample]) => sample) };
}
