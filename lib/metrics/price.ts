/** What a receiver charges for storing series, as far as it is published. US dollars, without taxes and queries. */
export interface PriceList {
  readonly receiver: string;
  /** When the figures were looked at. */
  readonly asOf: string;
  readonly source: string;
  /** How sure they are. */
  readonly confidence: string;
  readonly unit: 'active series' | 'samples a month';
  /** Units that cost nothing. */
  readonly free: number;
  /** Charged once as soon as the free units are used up. */
  readonly base: number;
  /** The price of units beyond the free ones, tier by tier; the last tier has no end. */
  readonly tiers: readonly { readonly upTo: number; readonly perMillion: number }[];
}

/** 730 hours of one sample a minute. */
export const samplesPerSeriesPerMonth = 43_800;

export const grafanaCloud: PriceList = {
  receiver: 'Grafana Cloud Pro',
  asOf: '2026-11',
  source: 'https://grafana.com/pricing/',
  confidence: 'the way of counting from the vendor, the prices from several third parties',
  unit: 'active series',
  free: 10_000,
  base: 19,
  tiers: [{ upTo: Number.POSITIVE_INFINITY, perMillion: 6_500 }],
};

export const amazonManagedPrometheus: PriceList = {
  receiver: 'Amazon Managed Prometheus',
  asOf: '2026-11',
  source: 'https://aws.amazon.com/prometheus/pricing/',
  confidence: 'the free tier from the vendor, the prices from several third parties; queries are extra',
  unit: 'samples a month',
  free: 40_000_000,
  base: 0,
  tiers: [
    { upTo: 2_000_000_000, perMillion: 0.09 },
    { upTo: Number.POSITIVE_INFINITY, perMillion: 0.035 },
  ],
};

export const priceLists: readonly PriceList[] = [grafanaCloud, amazonManagedPrometheus];

/** Dollars a month for `series` series at one sample a minute. */
export function monthlyPrice(series: number, list: PriceList): number {
  const units = list.unit === 'active series' ? series : series * samplesPerSeriesPerMonth;
  const charged = Math.max(0, units - list.free);
  if (charged === 0) return 0;
  let price = list.base;
  let from = 0;
  for (const { upTo, perMillion } of list.tiers) {
    price += (Math.max(0, Math.min(charged, upTo) - from) / 1e6) * perMillion;
    from = upTo;
  }
  return price;
}
