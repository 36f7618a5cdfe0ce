import type { DecodedSample, DecodedSeries } from '../../doubles/receiver/decode.ts';
import { type Refusal, refusalText } from '../../doubles/receiver/head-rules.ts';

export type Value = number | 'stale';

/** A series as the receiver has it. */
export interface ReceivedSeries {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** By timestamp, ms; oldest first. */
  readonly samples: ReadonlyMap<number, Value>;
  readonly newestMs: number;
}

/** A sample with a key for its series. */
export interface Sample {
  readonly key: string;
  readonly timestampMs: number;
  readonly value: Value;
}

export interface Verdict {
  /** Undefined: everything was taken. */
  readonly refusal: { readonly kind: Refusal['kind']; readonly text: string } | undefined;
  /** Samples that the receiver does not have after it. */
  readonly lost: readonly Sample[];
}

/**
 * A receiver with the rules of `doubles/receiver/head.ts`, for many small requests: how far behind the newest sample of
 * all series one may lie is a parameter, and other senders write the present all the time.
 */
export interface Receiver {
  take(samples: readonly Sample[], nowMs: number): Verdict;
  series(): ReadonlyMap<string, ReceivedSeries>;
}

export interface ReceiverRules {
  readonly refuses: 'request' | 'sample';
  readonly windowMs: number;
}

interface Kept {
  readonly samples: Map<number, Value>;
  newestMs: number;
}

export const samplesOf = (decoded: readonly DecodedSeries[]): Sample[] =>
  decoded.flatMap(({ labels, samples }) => {
    let key = '';
    for (const { name, value } of labels) key += `${name}=${value}\n`;
    return samples.map((sample) => ({ key, timestampMs: sample.timestampMs, value: sampleValue(sample) }));
  });

const sampleValue = ({ value, stale }: DecodedSample): Value => (stale === true ? 'stale' : value);

export function createReceiver({ refuses, windowMs }: ReceiverRules): Receiver {
  const kept = new Map<string, Kept>();
  let headMs = Number.NEGATIVE_INFINITY;

  const refusalOf = ({ key, timestampMs, value }: Sample, nowMs: number): Refusal['kind'] | undefined => {
    if (timestampMs > nowMs + 600_000) return 'too-new';
    const series = kept.get(key);
    if (timestampMs < headMs - windowMs) return 'too-old';
    if (series === undefined || timestampMs > series.newestMs) return undefined;
    if (timestampMs < series.newestMs) return 'out-of-order';
    return series.samples.get(timestampMs) === value ? undefined : 'duplicate';
  };
  const store = ({ key, timestampMs, value }: Sample): void => {
    const series = kept.get(key) ?? { samples: new Map(), newestMs: timestampMs };
    kept.set(key, series);
    series.samples.set(timestampMs, value);
    series.newestMs = timestampMs;
    headMs = Math.max(headMs, timestampMs);
  };

  return {
    take(samples, nowMs) {
      headMs = Math.max(headMs, nowMs);
      const judged = samples.map((sample) => ({ sample, kind: refusalOf(sample, nowMs) }));
      const bad = judged.find(({ kind }) => kind !== undefined);
      if (bad === undefined || refuses === 'sample') {
        for (const { sample, kind } of judged) if (kind === undefined) store(sample);
      }
      if (bad?.kind === undefined) return { refusal: undefined, lost: [] };
      const has = ({ key, timestampMs, value }: Sample) => kept.get(key)?.samples.get(timestampMs) === value;
      const lost = samples.filter((sample) => !has(sample));
      return { refusal: { kind: bad.kind, text: textOf(bad.kind, bad.sample) }, lost };
    },
    series: () => new Map([...kept].map(([key, series]) => [key, { ...series, ...nameAndLabels(key) }])),
  };
}

function textOf(kind: Refusal['kind'], { timestampMs, value }: Sample): string {
  const sample: DecodedSample = { timestampMs, value: value === 'stale' ? Number.NaN : value };
  const refusal: Refusal = kind === 'duplicate' ? { kind, sample, existing: sample } : { kind, sample };
  return refusalText(refusal, 'prometheus');
}

export function nameAndLabels(key: string): Pick<ReceivedSeries, 'name' | 'labels'> {
  const pairs = key
    .split('\n')
    .slice(0, -1)
    .map((pair): [string, string] => {
      const at = pair.indexOf('=');
      return [pair.slice(0, at), pair.slice(at + 1)];
    });
  const { __name__: name = '', ...labels } = Object.fromEntries(pairs);
  return { name, labels };
}
