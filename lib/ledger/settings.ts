import type { Selection } from '../collectors/collector.ts';
import type { Labels } from '../metrics/family.ts';
import type { NamedDeployment } from '../prefect/resources.ts';
import type { SourceName } from './ledger.ts';

/** Which sources a chosen collector has families of. */
export type WantedSources = Readonly<Record<SourceName, boolean>>;

/** What a fold must know besides the ledger and the resources. */
export interface LedgerSettings {
  readonly intervalMs: number;
  /** Which sources are read. */
  readonly sources: WantedSources;
  /** Runs become visible after their `end_time`, by at most this, µs. */
  readonly overlapUs: { readonly finishedRuns: number; readonly finishedTaskRuns: number };
  /** Ticks are repaired, and entries kept, for this long, ms. */
  readonly outboxMs: number;
  /** A label set that cannot come again is forgotten when it has not changed for this long, ms. */
  readonly retentionMs: number;
  /** Upper bounds, seconds, ascending. */
  readonly durationBounds: readonly number[];
  readonly startDelayBounds: readonly number[];
  readonly durationStateTypes: readonly string[];
  readonly startDelayBy: 'work_queue' | 'deployment';
  /** Whether `prefect_flow_runs_finished_total` has the label `trigger`. */
  readonly trigger: boolean;
  /** Whether run histograms have the label `deployment`. */
  readonly histogramsByDeployment: boolean;
  readonly zeroFill: boolean;
  readonly maxSeries: number;
  /** A Pushgateway keeps what it was given last: every tick gives it everything. */
  readonly keepsLast: boolean;
  readonly selection: Selection;
  tagLabels(deployment: NamedDeployment | undefined): Labels;
  /** Whether a family is sent: METRICS_EXCLUDE, DETAIL, COLLECTORS. */
  wants(family: string): boolean;
}
