import type { DecodedSample, DecodedSeries } from './decode.ts';
import { type HeadRules, type Refusal, refusalText } from './head-rules.ts';

export interface StoredSeries {
  /** Sorted by name, `__name__` among them. */
  readonly labels: Readonly<Record<string, string>>;
  /** Oldest first. */
  readonly samples: readonly DecodedSample[];
}

/** What a receiver keeps and refuses. */
export interface Head {
  /** Stores what its rules allow; what it answers when that is not all. */
  append(series: readonly DecodedSeries[], nowMs: number): string | undefined;
  series(): StoredSeries[];
}

const hourMs = 3_600_000;
const futureMs = 600_000;

interface Kept {
  readonly labels: Readonly<Record<string, string>>;
  readonly samples: DecodedSample[];
}

export function createHead(rules: HeadRules = 'prometheus'): Head {
  const kept = new Map<string, Kept>();
  let newestMs = Number.NEGATIVE_INFINITY;

  const refusalOf = ({ key, sample }: Entry, nowMs: number): Refusal | undefined => {
    if (rules === 'victoria-metrics') return undefined;
    if (sample.timestampMs > nowMs + futureMs) return { kind: 'too-new', sample };
    if (sample.timestampMs < newestMs - hourMs) return { kind: 'too-old', sample };
    const newest = kept.get(key)?.samples.at(-1);
    return newest === undefined ? undefined : refusalBehind(newest, sample);
  };
  const store = ({ key, labels, sample }: Entry): void => {
    const one = kept.get(key) ?? { labels, samples: [] };
    kept.set(key, one);
    const lastMs = one.samples.at(-1)?.timestampMs ?? Number.NEGATIVE_INFINITY;
    if (sample.timestampMs > lastMs) one.samples.push(sample);
    else if (rules === 'victoria-metrics') insert(one.samples, sample);
    newestMs = Math.max(newestMs, sample.timestampMs);
  };

  return {
    append(series, nowMs) {
      const entries = series.flatMap(entriesOf);
      const judged = entries.map((entry) => ({ entry, refusal: refusalOf(entry, nowMs) }));
      const refusal = judged.find((one) => one.refusal !== undefined)?.refusal;
      const good = judged.filter((one) => one.refusal === undefined);
      // Only Prometheus takes back what was good.
      if (refusal === undefined || rules !== 'prometheus') for (const { entry } of good) store(entry);
      return refusal === undefined ? undefined : refusalText(refusal, rules);
    },
    series: () => [...kept.values()],
  };
}

interface Entry {
  readonly key: string;
  readonly labels: Kept['labels'];
  readonly sample: DecodedSample;
}

function entriesOf({ labels, samples }: DecodedSeries): Entry[] {
  const pairs = labels.map(({ name, value }): [string, string] => [name, value]);
  const key = JSON.stringify(pairs);
  return samples.map((sample) => ({ key, labels: Object.fromEntries(pairs), sample }));
}

function refusalBehind(newest: DecodedSample, sample: DecodedSample): Refusal | undefined {
  if (sample.timestampMs > newest.timestampMs) return undefined;
  if (sample.timestampMs < newest.timestampMs) return { kind: 'out-of-order', sample };
  const isSame = Object.is(sample.value, newest.value) && sample.stale === newest.stale;
  return isSame ? undefined : { kind: 'duplicate', sample, existing: newest };
}

/** After those of the same time. */
function insert(samples: DecodedSample[], sample: DecodedSample): void {
  const at = samples.findIndex(({ timestampMs }) => timestampMs > sample.timestampMs);
  samples.splice(at === -1 ? samples.length : at, 0, sample);
}
