import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { feedOf } from '../../demo/feed-of.ts';
import { type DemoReceiver, startDemoReceiver } from '../../demo/receiver.ts';
import { systemClock } from '../../lib/clock.ts';
import type { RemoteWriteConfig } from '../../lib/config/config.ts';
import { deadlineIn } from '../../lib/deadline.ts';
import { createConnections } from '../../lib/http/attempt.ts';
import type { SeriesValue } from '../../lib/metrics/series.ts';
import { createRemoteWriteSink } from '../../lib/sinks/remote-write.ts';
import type { Batch, PushReport } from '../../lib/sinks/sink.ts';
import { madeFeed, madeTick, startMs } from './made-feed.ts';

const network = {
  ca: undefined,
  clientCert: undefined,
  clientKey: undefined,
  httpsProxy: undefined,
  httpProxy: undefined,
  noProxy: undefined,
};

describe('the receiver of the demo', () => {
  let receiver: DemoReceiver;
  beforeEach(async () => {
    receiver = await startDemoReceiver({ keepMs: 6000 });
  });
  afterEach(() => receiver.stop());

  const push = async (
    timestampMs: number,
    values: Readonly<Record<string, SeriesValue>>,
  ): Promise<PushReport> => {
    const config: RemoteWriteConfig = {
      kind: 'remote-write',
      url: receiver.writeUrl,
      auth: { kind: 'none' },
      headers: {},
      timeoutMs: 5000,
      maxSeriesPerRequest: 2000,
      concurrency: 1,
      maxRetries: 0,
    };
    const samples = Object.entries(values).map(([queue, value]) => ({
      series: { family: 'late', names: ['__name__', 'queue'], values: ['late', queue] },
      value,
    }));
    const batch: Batch = { timestampMs, samples };
    const connections = createConnections(network, { clock: systemClock });
    try {
      const sink = createRemoteWriteSink({ config, send: connections.send, clock: systemClock });
      return await sink.push(batch, deadlineIn(10_000, systemClock));
    } finally {
      await connections.close();
    }
  };
  const stored = () =>
    Object.fromEntries(
      [...receiver.series.values()].map(({ name, labels, samples }) => [
        `${name} ${labels.queue}`,
        samples.map(({ timestampMs, value }) => [timestampMs - startMs, value]),
      ]),
    );

  it('counts what it took, forgets what is old, and what ended long ago', async () => {
    const first = await push(startMs, { a: 1, b: 2 });
    expect(receiver.received()).toEqual({ writes: 1, bytes: first.bytes, samples: 2, refusals: [] });
    for (const n of [1, 2, 3]) await push(startMs + n * 2000, { a: n + 1 });
    expect(stored()).toEqual({
      'late a': [
        [2000, 2],
        [4000, 3],
        [6000, 4],
      ],
    });
  });

  it('refuses a sample that is not newer, and counts nothing of that request', async () => {
    await push(startMs, { a: 1 });
    const report = await push(startMs, { a: 2, b: 2 });
    expect(report.samplesSent).toBe(0);
    expect(receiver.received()).toMatchObject({ writes: 2, samples: 1 });
    expect(receiver.received().refusals[0]).toContain('out of order sample');
    expect(stored()).toEqual({ 'late a': [[0, 1]] });
  });

  it('shows no value where a series ended', async () => {
    await push(startMs, { a: 1, b: 2 });
    await push(startMs + 2000, { a: 'stale', b: 3 });
    const { demo } = madeFeed([]);
    const ended = [0, 2000].map((ms) => ({ ...madeTick(startMs + ms), differences: [], begun: true }));
    const feed = feedOf({ demo, families: [], receiver, ticks: ended }, 0, startMs + 5000);
    expect(feed.series.map(({ labels, values }) => [labels.queue, values])).toEqual([
      ['a', [1, null]],
      ['b', [2, 3]],
    ]);
  });

  it('gives the page only what ticks that have ended brought, and only what is new', async () => {
    await push(startMs, { a: 1 });
    await push(startMs + 2000, { a: 2, b: 3 });
    await push(startMs + 4000, { a: 4 });
    const { demo } = madeFeed([]);
    const ended = [0, 2000].map((ms) => ({ ...madeTick(startMs + ms), differences: [], begun: true }));
    const feed = feedOf({ demo, families: [], receiver, ticks: ended }, startMs, startMs + 5000);
    expect(feed.times).toEqual([startMs + 2000]);
    expect(feed.series.map(({ labels, values }) => [labels.queue, values])).toEqual([
      ['a', [2]],
      ['b', [3]],
    ]);
    expect(feed.ticks).toEqual([madeTick(startMs + 2000)]);
  });
});
