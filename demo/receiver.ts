import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { type DecodedSeries, decodeWriteRequest, decompressSnappy } from '../doubles/receiver/decode.ts';
import { brokenHeaderRules, brokenSeriesRules } from '../doubles/receiver/specification.ts';
import { listen } from './listen.ts';

export interface ReceivedSeries {
  readonly name: string;
  /** Without `__name__`. */
  readonly labels: Readonly<Record<string, string>>;
  /** Oldest first; at most `keepMs` older than the newest sample of all. */
  readonly samples: readonly ReceivedSample[];
}

export interface ReceivedSample {
  readonly timestampMs: number;
  readonly value: number;
  /** It ended the series: a stale marker. */
  readonly stale?: true;
}

/** Totals since the start. */
export interface Received {
  /** Requests, refused ones included. */
  readonly writes: number;
  /** Bodies as they came, compressed. */
  readonly bytes: number;
  readonly samples: number;
  /** Why requests were refused, the newest last. */
  readonly refusals: readonly string[];
}

/**
 * A remote-write receiver that remembers a short while, however long the demo runs. It decodes with libraries that
 * share no code with the exporter and refuses what breaks the specification.
 */
export interface DemoReceiver {
  readonly writeUrl: URL;
  readonly series: ReadonlyMap<string, ReceivedSeries>;
  received(): Received;
  stop(): Promise<void>;
}

const writePath = '/api/v1/write';

export async function startDemoReceiver({ keepMs }: { readonly keepMs: number }): Promise<DemoReceiver> {
  const memory = createMemory(keepMs);
  const totals = { writes: 0, bytes: 0, samples: 0, refusals: [] as string[] };

  const write = (
    method: string,
    headers: Readonly<Record<string, string>>,
    body: Buffer,
  ): string | undefined => {
    totals.writes += 1;
    totals.bytes += body.byteLength;
    const broken = brokenHeaderRules({ method, path: writePath, headers, body })[0];
    if (broken !== undefined) return broken;
    const series = decode(body);
    if (typeof series === 'string') return series;
    const refusal = series.flatMap(brokenSeriesRules)[0] ?? memory.refusalOf(series);
    if (refusal !== undefined) return refusal;
    totals.samples += memory.append(series);
    return undefined;
  };

  const server = createServer(async (request, response) => {
    const body = await buffer(request).catch(() => undefined);
    if (body === undefined) return;
    if (request.url !== writePath) return response.writeHead(404).end('404 page not found\n');
    const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value)] as const);
    const refusal = write(request.method ?? '', Object.fromEntries(headers), body);
    if (refusal === undefined) return response.writeHead(204).end();
    totals.refusals = [...totals.refusals, refusal].slice(-20);
    return response.writeHead(400).end(`${refusal}\n`);
  });
  const { url, close } = await listen(server, 0);
  return {
    writeUrl: new URL(writePath, url),
    series: memory.series,
    received: () => ({ ...totals }),
    stop: close,
  };
}

function decode(body: Buffer): DecodedSeries[] | string {
  try {
    return decodeWriteRequest(decompressSnappy(body));
  } catch (error) {
    return `the body cannot be read: ${error instanceof Error ? error.message : error}`;
  }
}

interface Kept extends ReceivedSeries {
  readonly samples: ReceivedSample[];
}

function createMemory(keepMs: number) {
  const series = new Map<string, Kept>();
  return {
    series,
    /** What Prometheus says to a sample that is not newer than what it has. */
    refusalOf: (decoded: readonly DecodedSeries[]): string | undefined => {
      const old = decoded.find(({ labels, samples }) => {
        const newest = series.get(keyOf(labels))?.samples.at(-1);
        return newest !== undefined && samples.some(({ timestampMs }) => timestampMs <= newest.timestampMs);
      });
      return old === undefined ? undefined : `out of order sample: ${keyOf(old.labels)}`;
    },
    append: (decoded: readonly DecodedSeries[]): number => {
      for (const { labels, samples } of decoded) {
        const key = keyOf(labels);
        const one = series.get(key) ?? emptySeries(labels);
        one.samples.push(...samples);
        series.set(key, one);
      }
      forget(series, keepMs);
      return decoded.reduce((sum, { samples }) => sum + samples.length, 0);
    },
  };
}

const keyOf = (labels: DecodedSeries['labels']): string =>
  JSON.stringify(labels.map(({ name, value }) => [name, value]));

function emptySeries(labels: DecodedSeries['labels']): Kept {
  const { __name__: name = '', ...rest } = Object.fromEntries(labels.map(({ name, value }) => [name, value]));
  return { name, labels: rest, samples: [] };
}

function forget(series: Map<string, Kept>, keepMs: number): void {
  const newestMs = Math.max(
    ...Array.from(series.values(), ({ samples }) => samples.at(-1)?.timestampMs ?? 0),
  );
  for (const [key, { samples }] of series) {
    const kept = samples.findIndex(({ timestampMs }) => timestampMs > newestMs - keepMs);
    if (kept === -1) series.delete(key);
    else samples.splice(0, kept);
  }
}
