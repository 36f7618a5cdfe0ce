export type MetricType = 'gauge' | 'counter' | 'histogram';

/**
 * What a family is, apart from its samples: the entry in docs/METRICS.md, and what `check.ts` holds its samples to.
 */
export interface FamilyDescriptor {
  readonly name: string;
  /** One sentence for the reader of a dashboard; the HELP line. */
  readonly help: string;
  readonly type: MetricType;
  /** The family's own label names in the order of the catalogue; promoted tags and external labels come on top. */
  readonly labels: readonly string[];
  /** Where the value comes from and what a reader must know; for docs/METRICS.md. */
  readonly notes?: string;
  /** True where samples also carry the promoted deployment tags; needs the label `deployment`. */
  readonly tagged?: boolean;
  /** False where `DETAIL=lean` leaves the family out. Default true. */
  readonly lean?: boolean;
  /**
   * How samples are merged when label sets are folded into `flow="_other"` above MAX_SERIES. Families without it
   * are not folded.
   */
  readonly fold?: 'sum' | 'min';
  /** True where the name breaks the naming rules on purpose, because it is somebody else's (compatibility sets). */
  readonly keptName?: true;
}

/** Label names to values; an empty value means that the label is absent. Values are not yet cut or escaped. */
export type Labels = Readonly<Record<string, string>>;

export interface Sample {
  readonly labels: Labels;
  readonly value: number;
  /** In a histogram, and only there: which of its series this is. `_bucket` samples have the label `le`. */
  readonly suffix?: HistogramSuffix;
}

export type HistogramSuffix = '_bucket' | '_sum' | '_count';

/** A descriptor and its samples at one instant. A family without samples is left out by collectors or empty. */
export interface Family {
  readonly descriptor: FamilyDescriptor;
  readonly samples: readonly Sample[];
}
