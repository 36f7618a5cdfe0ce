// One encoder in one process: what a cold start pays, and what it comes down to.
import { systemClock } from '../lib/clock.ts';
import type { Family } from '../lib/metrics/family.ts';
import { largeBatch } from './batch.ts';
import { peakRssMb } from './bench.ts';

const timestampMs = 1_790_000_040_000;

/** Encodes and compresses the batch; answers with the bytes of its requests. */
type Encode = (families: readonly Family[]) => number | Promise<number>;

async function ours(): Promise<Encode> {
  const [{ createRemoteWriteEncoder }, { toSeriesSamples }, { compressSnappy }] = await Promise.all([
    import('../lib/encode/remote-write-v1.ts'),
    import('../lib/metrics/to-series.ts'),
    import('../lib/encode/snappy.ts'),
  ]);
  return (families) => {
    const encoder = createRemoteWriteEncoder();
    return chunks(toSeriesSamples(families), 2_000)
      .map((chunk) => compressSnappy(encoder.encode(chunk, timestampMs)).byteLength)
      .reduce((sum, bytes) => sum + bytes, 0);
  };
}

/** The library as its users call it, with a `fetch` that only looks at the body. */
async function prometheusRemoteWrite(seriesPerRequest: number): Promise<Encode> {
  const { pushTimeseries } = await import('prometheus-remote-write');
  return async (families) => {
    let bytes = 0;
    const fetch = async (_: string, request?: { body: ArrayBufferLike }) => {
      bytes += request?.body.byteLength ?? 0;
      return { status: 204, statusText: '', text: async () => '' };
    };
    const all = families.flatMap(({ descriptor, samples }) =>
      samples.map(({ labels, value }) => ({
        labels: { __name__: descriptor.name, ...labels },
        samples: [{ value, timestamp: timestampMs }],
      })),
    );
    for (const timeseries of chunks(all, seriesPerRequest)) {
      await pushTimeseries(timeseries, { url: 'http://receiver/', fetch });
    }
    return bytes;
  };
}

function chunks<Item>(items: Iterable<Item>, size: number): Item[][] {
  const all = [...items];
  return Array.from({ length: Math.ceil(all.length / size) }, (_, index) =>
    all.slice(index * size, (index + 1) * size),
  );
}

const encoders: Readonly<Record<string, () => Promise<Encode>>> = {
  ours,
  'prometheus-remote-write': () => prometheusRemoteWrite(2_000),
  'prometheus-remote-write, one request': () => prometheusRemoteWrite(Number.MAX_SAFE_INTEGER),
};

const [name = '', series = '20000', rounds = '6'] = process.argv.slice(2);
const load = encoders[name];
if (load === undefined) throw new Error(`No encoder ${name}`);
const families = largeBatch(Number(series));
const beforeMs = systemClock.monotonic();
const encode = await load();
const importMs = systemClock.monotonic() - beforeMs;
const roundsMs: number[] = [];
let bytes = 0;
for (let round = 0; round < Number(rounds); round += 1) {
  const startMs = systemClock.monotonic();
  bytes = await encode(families);
  roundsMs.push(systemClock.monotonic() - startMs);
}
const [firstMs, ...laterMs] = roundsMs;
console.log(JSON.stringify({ importMs, firstMs, laterMs, bytes, peakRssMb: peakRssMb() }));
