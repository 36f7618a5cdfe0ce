import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../../lib/clock.ts';
import { deadlineIn } from '../../lib/deadline.ts';
import { type Connections, createConnections } from '../../lib/http/attempt.ts';
import { HttpStatusError } from '../../lib/http/errors.ts';
import type { Family } from '../../lib/metrics/family.ts';
import type { SeriesSample } from '../../lib/metrics/series.ts';
import { toSeriesSamples } from '../../lib/metrics/to-series.ts';
import { createRemoteWriteSink } from '../../lib/sinks/remote-write.ts';
import { gauge, sample } from '../encode/families.ts';
import { directNetwork, pushErrorOf } from './sink.ts';

export interface ReceiverUnderTest {
  readonly writeUrl: URL;
  /** Every stored sample of this metric; what was written is visible. */
  stored(name: string): Promise<readonly StoredSample[]>;
  /** The values an instant query for this metric finds at this time. */
  visible(name: string, timeMs: number): Promise<readonly number[]>;
  stop(): Promise<void>;
}

export interface StoredSample {
  readonly labels: Readonly<Record<string, string>>;
  readonly timeMs: number;
  readonly value: number;
}

export interface ReceiverTraits {
  /**
   * It refuses what Prometheus without an out-of-order window refuses: of a request with one bad sample everything
   * (`requests`), or that sample only (`samples`, as Mimir). VictoriaMetrics takes it all.
   */
  readonly refuses: 'requests' | 'samples' | 'nothing';
  /** It refuses what lies more than ten minutes ahead: Prometheus since 2.54. Before, it took it, for good. */
  readonly refusesFuture: boolean;
  /** It keeps every bit of a double. VictoriaMetrics keeps decimal numbers of about 15 digits. */
  readonly keepsBits: boolean;
}

/** What a receiver says when it refuses. */
const words = {
  requests: {
    changed: /^400: duplicate sample for timestamp/,
    older: /^400: out of order sample$/,
    tooOld: /^400: out of bounds$/,
  },
  samples: {
    changed: /^400: .*\(err-mimir-sample-duplicate-timestamp\)/,
    older: /^400: .*\(err-mimir-sample-out-of-order\)/,
    tooOld: /^400: .*\(err-mimir-sample-timestamp-too-old\)/,
  },
  nothing: { changed: /never/, older: /never/, tooOld: /never/ },
};

/** What our sink meets at a receiver: the same for the double and for the servers it stands for. */
export function describeReceiver(
  name: string,
  { refuses, refusesFuture, keepsBits }: ReceiverTraits,
  start: (clock: Clock) => Promise<ReceiverUnderTest>,
): void {
  describe(`remote write to ${name}`, () => {
    const clock = systemClock;
    const nowMs = Math.floor(clock.now() / 60_000) * 60_000;
    let receiver: ReceiverUnderTest;
    let connections: Connections;

    beforeAll(async () => {
      receiver = await start(clock);
      connections = createConnections(directNetwork, { clock });
    });

    afterAll(async () => {
      await connections?.close();
      await receiver?.stop();
    });

    const pushSamples = (timestampMs: number, samples: readonly SeriesSample[], url = receiver.writeUrl) => {
      const config = { url, headers: {}, maxSeriesPerRequest: 2_000, concurrency: 2, maxRetries: 0 };
      const sink = createRemoteWriteSink({ config, send: connections.send, clock });
      return sink.push({ timestampMs, samples }, deadlineIn(20_000, clock));
    };
    const push = (timestampMs: number, families: readonly Family[], url?: URL) =>
      pushSamples(timestampMs, toSeriesSamples(families), url);
    const pushStale = (timestampMs: number, family: Family) =>
      pushSamples(
        timestampMs,
        toSeriesSamples([family]).map(({ series }) => ({ series, value: 'stale' })),
      );
    const refusesAny = refuses !== 'nothing';
    const said = words[refuses];
    const valuesOf = async (metric: string) =>
      (await receiver.stored(metric)).map(({ timeMs, value }) => [timeMs, value]);

    it('stores labels, values and timestamps as they are', async () => {
      const labels = { flow: 'Überweisung "täglich"\\ 日本 🚀\nzwei', Zone: 'z', work_pool: '' };
      const extremes = keepsBits ? [0.1 + 0.2, 1e300, 5e-324, 2 ** 53 - 1] : [];
      const values = [0, 1, -1.5, 0.3, 1_790_000_040.123, 1e15, ...extremes];
      const samples = values.map((value, index) => sample({ ...labels, number: String(index) }, value));
      expect(await push(nowMs, [gauge('exact', samples)])).toMatchObject({
        samplesSent: values.length,
        samplesDropped: {},
      });
      const stored = await receiver.stored('exact');
      const { work_pool: _, ...kept } = labels;
      const byNumber = stored.toSorted((a, b) => Number(a.labels.number) - Number(b.labels.number));
      expect(byNumber).toEqual(
        values.map((value, index) => ({
          labels: { __name__: 'exact', ...kept, number: String(index) },
          timeMs: nowMs,
          value,
        })),
      );
    });

    it('stores 5,000 series in several requests', async () => {
      const samples = Array.from({ length: 5_000 }, (_, number) =>
        sample({ number: String(number) }, number),
      );
      expect(await push(nowMs, [gauge('many', samples)])).toMatchObject({ requests: 3, samplesSent: 5_000 });
      expect(await receiver.stored('many')).toHaveLength(5_000);
    });

    it('takes the same batch twice', async () => {
      const families = [gauge('again', [sample({}, 7)])];
      await push(nowMs, families);
      expect(await push(nowMs, families)).toMatchObject({ samplesSent: 1, samplesDropped: {} });
      expect(new Set((await valuesOf('again')).map(String))).toEqual(new Set([`${nowMs},7`]));
    });

    it.runIf(refusesAny)('refuses another value for an instant: it has one', async () => {
      await push(nowMs, [gauge('changed', [sample({}, 7)])]);
      const report = await push(nowMs, [gauge('changed', [sample({}, 8)])]);
      expect(report).toMatchObject({ samplesSent: 0, samplesDropped: { already_stored: 1 } });
      expect(report.refusals).toEqual([expect.stringMatching(said.changed)]);
      expect(await valuesOf('changed')).toEqual([[nowMs, 7]]);
    });

    it.runIf(refusesAny)('refuses what is older than the newest of its series', async () => {
      await push(nowMs, [gauge('older', [sample({}, 7)])]);
      const report = await push(nowMs - 60_000, [gauge('older', [sample({}, 6)])]);
      expect(report).toMatchObject({
        samplesSent: 0,
        samplesDropped: { already_stored: 1 },
        refusals: [expect.stringMatching(said.older)],
      });
      expect(await valuesOf('older')).toEqual([[nowMs, 7]]);
    });

    it.runIf(refusesAny)('refuses a request for one sample', async () => {
      await push(nowMs, [gauge('whole', [sample({ a: '1' }, 7)])]);
      const report = await push(nowMs, [gauge('whole', [sample({ a: '0' }, 1), sample({ a: '1' }, 8)])]);
      expect(report).toMatchObject({ samplesSent: 0, samplesDropped: { already_stored: 2 } });
      const good = refuses === 'samples' ? [[nowMs, 1]] : [];
      expect((await valuesOf('whole')).toSorted()).toEqual([...good, [nowMs, 7]]);
    });

    it('a stale marker ends a series, which may begin again', async () => {
      const family = (value: number) => gauge('ending', [sample({ flow: 'a' }, value)]);
      await push(nowMs - 120_000, [family(7)]);
      const report = await pushStale(nowMs - 60_000, family(0));
      expect(report).toMatchObject({ samplesSent: 1, samplesDropped: {} });
      await push(nowMs, [family(8)]);
      expect(await receiver.visible('ending', nowMs - 60_001)).toEqual([7]);
      expect(await receiver.visible('ending', nowMs - 60_000)).toEqual([]);
      expect(await receiver.visible('ending', nowMs - 1)).toEqual([]);
      expect(await receiver.visible('ending', nowMs)).toEqual([8]);
    });

    it('takes the same stale marker twice', async () => {
      const family = gauge('ended', [sample({}, 7)]);
      await push(nowMs - 60_000, [family]);
      await pushStale(nowMs, family);
      expect(await pushStale(nowMs, family)).toMatchObject({ samplesSent: 1, samplesDropped: {} });
      expect(await receiver.visible('ended', nowMs)).toEqual([]);
    });

    it.runIf(refusesAny)(
      'refuses a stale marker for an instant that has a value, and the reverse',
      async () => {
        const [first, second] = [gauge('first', [sample({}, 7)]), gauge('second', [sample({}, 7)])];
        const refused = { samplesSent: 0, samplesDropped: { already_stored: 1 } };
        await push(nowMs, [first]);
        expect(await pushStale(nowMs, first)).toMatchObject(refused);
        await pushStale(nowMs, second);
        expect(await push(nowMs, [second])).toMatchObject(refused);
        const third = gauge('third', [sample({}, Number.NaN)]);
        await push(nowMs, [third]);
        expect(await pushStale(nowMs, third)).toMatchObject(refused);
        expect(await receiver.visible('first', nowMs)).toEqual([7]);
        expect(await receiver.visible('second', nowMs)).toEqual([]);
      },
    );

    it.runIf(refusesAny)(
      'refuses what is an hour behind its newest sample, also of a new series',
      async () => {
        await push(nowMs, [gauge('newest', [sample({}, 7)])]);
        expect(await push(nowMs - 50 * 60_000, [gauge('within', [sample({}, 1)])])).toMatchObject({
          samplesSent: 1,
        });
        expect(await push(nowMs - 65 * 60_000, [gauge('beyond', [sample({}, 1)])])).toMatchObject({
          samplesSent: 0,
          samplesDropped: { too_old: 1 },
          refusals: [expect.stringMatching(said.tooOld)],
        });
      },
    );

    it.runIf(refusesFuture)('refuses what lies more than ten minutes ahead', async () => {
      expect(await push(nowMs + 15 * 60_000, [gauge('ahead', [sample({}, 1)])])).toMatchObject({
        samplesSent: 0,
        samplesDropped: { too_new: 1 },
      });
    });

    it.each(['/api/v1/query', '/api/v1/nothing'])('is no receiver at %s', async (path) => {
      const url = new URL(path, receiver.writeUrl);
      const error = await pushErrorOf(push(nowMs, [gauge('lost', [sample({}, 1)])], url));
      expect(error.cause).toBeInstanceOf(HttpStatusError);
      expect(error.sent).toMatchObject({ samplesSent: 0, samplesDropped: {} });
    });

    it('answers 400 to what is not snappy', async () => {
      const request = {
        method: 'POST',
        url: receiver.writeUrl,
        endpoint: 'remote-write',
        headers: {
          'content-encoding': 'snappy',
          'content-type': 'application/x-protobuf',
          'user-agent': 'test/1',
          'x-prometheus-remote-write-version': '0.1.0',
        },
        body: Buffer.from('\xff\xff\xff\xff not snappy', 'latin1'),
      } as const;
      await expect(connections.send(request, deadlineIn(20_000, clock))).rejects.toMatchObject({
        status: 400,
      });
    });
  });
}
