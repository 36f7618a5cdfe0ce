import type { DecodedSeries } from './decode.ts';

export interface StoredSeries {
  /** Sorted by name, `__name__` among them. */
  readonly labels: Readonly<Record<string, string>>;
  /** Oldest first. */
  readonly samples: readonly { readonly timestampMs: number; readonly value: number }[];
}

/** What a Prometheus without an out-of-order window keeps and refuses (tsdb/head_append.go). */
export interface Head {
  /** Stores all samples or none; what it answers when it is none. */
  append(series: readonly DecodedSeries[], nowMs: number): string | undefined;
  series(): StoredSeries[];
}

const hourMs = 3_600_000;
const futureMs = 600_000;

interface Kept {
  readonly labels: Readonly<Record<string, string>>;
  readonly samples: { readonly timestampMs: number; readonly value: number }[];
}

export function createHead(): Head {
  const kept = new Map<string, Kept>();
  let newestMs = Number.NEGATIVE_INFINITY;

  const refusalOf = ({ key, sample }: Entry, nowMs: number): string | undefined => {
    if (sample.timestampMs > nowMs + futureMs) return 'out of bounds: timestamp is too far in the future';
    if (sample.timestampMs < newestMs - hourMs) return 'out of bounds';
    const newest = kept.get(key)?.samples.at(-1);
    return newest === undefined ? undefined : refusalBehind(newest, sample);
  };
  const store = ({ key, labels, sample }: Entry): void => {
    const one = kept.get(key) ?? { labels, samples: [] };
    kept.set(key, one);
    const lastMs = one.samples.at(-1)?.timestampMs ?? Number.NEGATIVE_INFINITY;
    if (sample.timestampMs > lastMs) one.samples.push(sample);
    newestMs = Math.max(newestMs, sample.timestampMs);
  };

  return {
    append(series, nowMs) {
      const entries = series.flatMap(entriesOf);
      const refusal = entries.map((entry) => refusalOf(entry, nowMs)).find((text) => text !== undefined);
      if (refusal === undefined) entries.forEach(store);
      return refusal;
    },
    series: () => [...kept.values()],
  };
}

interface Entry {
  readonly key: string;
  readonly labels: Kept['labels'];
  readonly sample: Sample;
}

function entriesOf({ labels, samples }: DecodedSeries): Entry[] {
  const pairs = labels.map(({ name, value }): [string, string] => [name, value]);
  const key = JSON.stringify(pairs);
  return samples.map((sample) => ({ key, labels: Object.fromEntries(pairs), sample }));
}

type Sample = Kept['samples'][number];

function refusalBehind(newest: Sample, sample: Sample): string | undefined {
  if (sample.timestampMs > newest.timestampMs) return undefined;
  if (sample.timestampMs < newest.timestampMs) return 'out of order sample';
  if (Object.is(sample.value, newest.value)) return undefined;
  return `duplicate sample for timestamp ${sample.timestampMs}; overrides not allowed: existing ${newest.value}, new value ${sample.value}`;
}
