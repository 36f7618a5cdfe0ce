import type { Family, FamilyDescriptor, Labels } from '../metrics/family.ts';
import type { NamedDeployment, ResourceName, Resources } from '../prefect/resources.ts';
import type { Problem } from '../problem.ts';

/**
 * Turns resources into families. `collect` is pure: the same resources and context give the same families; it
 * reads no clock, does no I/O and keeps nothing. The runner (`collect.ts`) owns reading, timing, containment and
 * `prefect_exporter_collector_success`: a collector that throws, or whose resources failed, costs its own families.
 */
export interface Collector<Needs extends ResourceName = ResourceName> {
  /** Value of the label `collector` and of COLLECTORS. */
  readonly name: string;
  /** The metric set it belongs to (METRIC_SETS). */
  readonly set: 'native' | 'history';
  /** False where it must be asked for by name in COLLECTORS. */
  readonly byDefault: boolean;
  readonly needs: readonly Needs[];
  /** True where its families come from the ledger. */
  readonly kept?: true;
  /**
   * Every family of it: what `collect` may return and, of a collector of the ledger (`kept`), what the ledger makes of
   * the same resources. Those have values that outlive the tick.
   */
  readonly families: readonly FamilyDescriptor[];
  collect(resources: Pick<Resources, Needs>, context: CollectContext): readonly Family[];
  /** What the user should know about the data, such as a tag that cannot be used; never a failure. Pure as well. */
  problems?(resources: Pick<Resources, Needs>, context: CollectContext): readonly Problem[];
}

export interface CollectContext {
  /** The tick's instant, ms since the Unix epoch. */
  readonly nowMs: number;
  readonly zeroFill: boolean;
  readonly historyWindowMinutes: number;
  readonly selection: Selection;
  /** DEPLOYMENT_TAG_LABELS: the keys of the promoted tags. */
  readonly tagKeys: readonly string[];
  /** The promoted tags of a deployment as labels, in the same order for all; all empty for undefined. */
  tagLabels(deployment: NamedDeployment | undefined): Labels;
}

/** FLOWS_, DEPLOYMENTS_, WORK_POOLS_ INCLUDE and EXCLUDE. What is not selected is counted nowhere. */
export interface Selection {
  flow(name: string): boolean;
  /** `""` stands for runs without a deployment. */
  deployment(name: string): boolean;
  /** `""` stands for runs without a work pool. */
  workPool(name: string): boolean;
}

/** Keeps the types of `needs` and of the parameter of `collect` together. */
export const defineCollector = <const Needs extends ResourceName>(
  collector: Collector<Needs>,
): Collector<Needs> => collector;
