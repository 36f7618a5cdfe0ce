import type { Clock } from '../clock.ts';
import type { RemoteWriteConfig } from '../config/config.ts';
import type { Deadline } from '../deadline.ts';
import { createRemoteWriteEncoder } from '../encode/remote-write-v1.ts';
import { compressSnappy } from '../encode/snappy.ts';
import { HttpStatusError, NoAnswerError } from '../http/errors.ts';
import type { Send } from '../http/send.ts';
import type { SeriesSample } from '../metrics/series.ts';
import { expiredRefusal, refusalText, remoteWriteRefusal } from './refusals.ts';
import { remoteWriteRequest } from './remote-write-request.ts';
import { type Batch, type DropReason, PushError, type Sink } from './sink.ts';
import { countingRetries, createTally, type Tally } from './tally.ts';

export interface RemoteWriteSinkOptions {
  readonly config: Pick<
    RemoteWriteConfig,
    'url' | 'headers' | 'maxSeriesPerRequest' | 'concurrency' | 'maxRetries'
  >;
  /** One attempt, with authentication; retries are the sink's, so that its report can count them. */
  readonly send: Send;
  readonly clock: Clock;
  /** Of a request before it is compressed. Default 4 MB. */
  readonly maxRawBytes?: number;
}

/** Amazon Managed Prometheus takes 1 MB. */
const maxCompressedBytes = 900_000;
/** It does not say whether that is meant before or after decompression: this fits either way. */
export const amazonMaxRawBytes = 1_000_000;
/** Well below the 32 MiB of Prometheus and VictoriaMetrics; bounds the memory of a request, too. */
const defaultMaxRawBytes = 4_000_000;

/**
 * Pushes by Remote-Write 1.0. A batch leaves as requests of disjoint series, `concurrency` at a time; each is
 * encoded when its turn comes and sent again as the same bytes. A request that is too large, for us or for the
 * receiver (413), goes as two halves; a single series that is still too large is dropped (`limit`).
 *
 * A refusal as data is final for its request, also where the receiver (Prometheus) stores nothing of a request
 * with one bad sample; of an expired batch (`PushOptions`) every answer that judged it is. An address or a
 * credential that is wrong ends the push, and so does a second request without a final answer; a single one does not
 * keep the others from leaving.
 */
export function createRemoteWriteSink(options: RemoteWriteSinkOptions): Sink {
  const { config, send, clock, maxRawBytes = defaultMaxRawBytes } = options;
  return {
    kind: 'remote-write',
    async push(batch, deadline, { expired = false } = {}) {
      const tally = createTally();
      const refusal = expired ? expiredRefusal : remoteWriteRefusal;
      const around = finalAtOnce(refusal);
      const post = countingRetries(send, { clock, maxRetries: config.maxRetries, tally, around });
      const deliver = deliverer({ config, send: post, tally, batch, deadline, maxRawBytes });
      const chunks = chunksOf(batch.samples, config.maxSeriesPerRequest);
      const failures = await deliverAll(chunks, deliver, config.concurrency);
      if (failures.length > 0) throw pushError(failures, batch, tally);
      return tally.report();
    },
  };
}

type Deliver = (samples: readonly SeriesSample[]) => Promise<void>;

/** Delivers chunk by chunk, `concurrency` at a time, and resolves with what failed once all have ended. */
async function deliverAll(
  chunks: Generator<readonly SeriesSample[], void, undefined>,
  deliver: Deliver,
  concurrency: number,
): Promise<readonly unknown[]> {
  const failures: unknown[] = [];
  const next = async (): Promise<boolean> => {
    try {
      const chunk = chunks.next();
      if (chunk.done === true) return false;
      await deliver(chunk.value);
    } catch (error) {
      failures.push(error);
      if (failures.length > 1 || !mayBeOneRequestOnly(error)) chunks.return();
    }
    return true;
  };
  const worker = async () => {
    while (await next());
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return failures;
}

/** The receiver refused the samples of a request for good. */
class RefusedError extends Error {
  override readonly name = 'RefusedError';
  readonly reason: DropReason;
  override readonly cause: HttpStatusError;

  constructor(reason: DropReason, cause: HttpStatusError) {
    super(cause.message);
    this.reason = reason;
    this.cause = cause;
  }
}

/** Attempts of which a refusal is the last one, also where its status could be tried again. */
const finalAtOnce =
  (refusalOf: (error: unknown) => DropReason | undefined) =>
  (attempt: Send): Send =>
  async (request, deadline) => {
    try {
      return await attempt(request, deadline);
    } catch (error) {
      const reason = refusalOf(error);
      if (reason === undefined || !(error instanceof HttpStatusError)) throw error;
      throw new RefusedError(reason, error);
    }
  };

interface Delivery {
  readonly config: RemoteWriteSinkOptions['config'];
  readonly send: Send;
  readonly tally: Tally;
  readonly batch: Batch;
  readonly deadline: Deadline;
  readonly maxRawBytes: number;
}

/** Brings samples to their final answer, in halves where they are too large; rejects when there is none. */
function deliverer(delivery: Delivery): Deliver {
  const { tally, batch, maxRawBytes } = delivery;
  const encoder = createRemoteWriteEncoder();
  return async (samples) => {
    const pending = [samples];
    for (let part = pending.pop(); part !== undefined; part = pending.pop()) {
      const raw = encoder.encode(part, batch.timestampMs);
      const body = raw.byteLength <= maxRawBytes ? compressSnappy(raw) : raw;
      const tooLarge =
        body.byteLength > maxCompressedBytes
          ? `a request of ${body.byteLength} bytes is not sent`
          : await offer(body, part.length, delivery);
      if (tooLarge === undefined) continue;
      if (part.length === 1) tally.refused('limit', 1, tooLarge);
      else pending.push(part.slice(part.length >> 1), part.slice(0, part.length >> 1));
    }
  };
}

/** Sends one request and counts its answer; resolves with what was said when it was too large. */
async function offer(body: Uint8Array, samples: number, delivery: Delivery): Promise<string | undefined> {
  const { config, send, tally, deadline } = delivery;
  try {
    await send(remoteWriteRequest(config, body), deadline);
    tally.stored(samples);
  } catch (error) {
    if (error instanceof RefusedError) tally.refused(error.reason, samples, refusalText(error.cause));
    else if (error instanceof HttpStatusError && error.status === 413) return refusalText(error);
    else throw error;
  }
  return undefined;
}

function* chunksOf<Item>(items: readonly Item[], size: number): Generator<readonly Item[], void, undefined> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}

/** Whether another request may still be answered: not so with a wrong address, a wrong credential or no time. */
function mayBeOneRequestOnly(error: unknown): boolean {
  if (error instanceof NoAnswerError) return error.reason === 'timeout' || error.reason === 'closed';
  if (!(error instanceof HttpStatusError)) return false;
  return error.status >= 500 || error.status === 429 || error.status === 408;
}

function pushError(failures: readonly unknown[], batch: Batch, tally: Tally): PushError {
  const sent = tally.report();
  const total = batch.samples.length;
  const dropped = Object.values(sent.samplesDropped).reduce((sum, count) => sum + count, 0);
  const [first] = failures;
  const why = first instanceof Error ? first.message : String(first);
  const more = failures.length > 1 ? ` (and ${failures.length - 1} more)` : '';
  const open = total - sent.samplesSent - dropped;
  return new PushError(`${open} of ${total} samples have no final answer: ${why}${more}`, sent, {
    cause: first,
  });
}
