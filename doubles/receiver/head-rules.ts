import type { DecodedSample } from './decode.ts';

/**
 * Whose rules a head follows: Prometheus without an out-of-order window refuses the whole request for one bad sample
 * (tsdb/head_append.go), Mimir stores the good ones and tells the first refusal (pkg/ingester/ingester.go),
 * VictoriaMetrics takes everything, also twice.
 */
export type HeadRules = 'prometheus' | 'mimir' | 'victoria-metrics';

export type Refusal =
  | { readonly kind: 'too-new' | 'too-old' | 'out-of-order'; readonly sample: DecodedSample }
  | { readonly kind: 'duplicate'; readonly sample: DecodedSample; readonly existing: DecodedSample };

/** The refusal in the words of the receiver. */
export const refusalText = (refusal: Refusal, rules: HeadRules): string =>
  rules === 'mimir' ? mimirText(refusal) : prometheusText(refusal);

function prometheusText(refusal: Refusal): string {
  switch (refusal.kind) {
    case 'too-new':
      return 'out of bounds: timestamp is too far in the future';
    case 'too-old':
      return 'out of bounds';
    case 'out-of-order':
      return 'out of order sample';
    case 'duplicate': {
      const { sample, existing } = refusal;
      return `duplicate sample for timestamp ${sample.timestampMs}; overrides not allowed: existing ${existing.value}, new value ${sample.value}`;
    }
  }
}

const mimirReasons: Readonly<Record<Refusal['kind'], string>> = {
  'too-new':
    'received a sample whose timestamp is too far in the future, timestamp (err-mimir-too-far-in-future)',
  'too-old':
    'the sample has been rejected because its timestamp is too old (err-mimir-sample-timestamp-too-old)',
  'out-of-order':
    'the sample has been rejected because another sample with a more recent timestamp has already been ingested and out-of-order samples are not allowed (err-mimir-sample-out-of-order)',
  duplicate:
    'the sample has been rejected because another sample with the same timestamp, but a different value, has already been ingested (err-mimir-sample-duplicate-timestamp)',
};

const mimirText = ({ kind, sample }: Refusal): string =>
  `failed pushing to ingester: user=anonymous: ${mimirReasons[kind]}. The affected sample has timestamp ${new Date(sample.timestampMs).toISOString()}`;
