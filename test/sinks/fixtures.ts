import { onTestFinished } from 'vitest';
import { type Receiver, type ReceiverOptions, startReceiver } from '../../doubles/receiver/receiver.ts';
import type { NetworkConfig, RemoteWriteConfig } from '../../lib/config/config.ts';
import { deadlineIn } from '../../lib/deadline.ts';
import { createConnections } from '../../lib/http/attempt.ts';
import { toSeriesSamples } from '../../lib/metrics/to-series.ts';
import { createRemoteWriteSink } from '../../lib/sinks/remote-write.ts';
import type { Batch, PushOptions, PushReport } from '../../lib/sinks/sink.ts';
import { directNetwork } from '../contracts/sink.ts';
import { gauge, sample } from '../encode/families.ts';
import { createFakeClock, type FakeClock } from '../support/clock.ts';

export interface WritePath {
  readonly clock: FakeClock;
  readonly receiver: Receiver;
  push(batch: Batch, options?: PushOptions): Promise<PushReport>;
}

/** Requests of two series, one after the other, each sent once. */
export const twoSeriesEach = { headers: {}, maxSeriesPerRequest: 2, concurrency: 1, maxRetries: 0 };

/** A receiver and a sink that pushes to it, by default `twoSeriesEach`; both end with the test. */
export async function startWritePath(
  config: Partial<RemoteWriteConfig> = {},
  options: { receiver?: ReceiverOptions; network?: Partial<NetworkConfig> } = {},
): Promise<WritePath> {
  const clock = createFakeClock({ autoAdvance: true });
  const receiver = await startReceiver({ clock, ...options.receiver });
  const connections = createConnections({ ...directNetwork, ...options.network }, { clock });
  onTestFinished(async () => {
    await connections.close();
    await receiver.stop();
  });
  const sink = createRemoteWriteSink({
    config: { ...twoSeriesEach, url: receiver.writeUrl, ...config },
    send: connections.send,
    clock,
  });
  return { clock, receiver, push: (batch, pushing) => sink.push(batch, deadlineIn(60_000, clock), pushing) };
}

/** Series `m{number="0"}`, `m{number="1"}`, … with their number as value. */
export const numbered = (count: number, timestampMs: number): Batch => ({
  timestampMs,
  samples: toSeriesSamples([
    gauge(
      'm',
      Array.from({ length: count }, (_, number) => sample({ number: String(number) }, number)),
    ),
  ]),
});

/** The numbers a receiver has stored, sorted. */
export const storedNumbers = (receiver: Receiver): number[] =>
  receiver
    .series()
    .map(({ labels }) => Number(labels.number))
    .sort((a, b) => a - b);
