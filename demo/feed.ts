/**
 * What the page asks for: `GET /feed.json?after=<ms>` answers a `Feed` with everything newer than `after` (ms since
 * the Unix epoch; 0 for all there is). Only ticks that have ended are in it, so a tick is in one answer whole.
 */
export interface Feed {
  /** The clock of the demo, ms since the Unix epoch; ages are counted from it. */
  readonly nowMs: number;
  readonly demo: FeedDemo;
  /** Oldest first. */
  readonly ticks: readonly FeedTick[];
  /** Timestamps of the samples that arrived, ms, ascending. */
  readonly times: readonly number[];
  /** Series with at least one sample at `times`, in the order of their names and labels. */
  readonly series: readonly FeedSeries[];
  /** What is known of families, whether they arrived or not. */
  readonly families: readonly FeedFamily[];
}

export interface FeedDemo {
  /** Changes when the demo was started again. */
  readonly startedMs: number;
  readonly everySeconds: number;
  /** Samples kept for each series. */
  readonly keep: number;
  /** Where the numbers come from; `made-up` is the embedded double. */
  readonly source: { readonly kind: 'made-up' | 'server'; readonly apiUrl: string };
}

export interface FeedTick {
  /** The instant its samples carry, ms. */
  readonly instantMs: number;
  readonly outcome: 'pushed' | 'partial' | 'skipped' | 'failed';
  /** Why it is not `pushed`. */
  readonly message: string | undefined;
  readonly durationMs: number;
  /** Requests to Prefect. */
  readonly prefectRequests: number;
  /** What the receiver counted. */
  readonly writes: number;
  readonly bytes: number;
  readonly samples: number;
  /** Collectors that failed, with the reason. */
  readonly failed: Readonly<Record<string, string>>;
}

export interface FeedSeries {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** One for each of `times`; null where the series had no sample. */
  readonly values: readonly (number | null)[];
}

export interface FeedFamily {
  readonly name: string;
  readonly help: string;
  readonly type: 'gauge' | 'counter' | 'histogram';
  /** The collector it comes from; undefined for the exporter's own. */
  readonly collector: string | undefined;
}
