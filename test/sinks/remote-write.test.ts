import { describe, expect, it, onTestFinished } from 'vitest';
import { decodeWriteRequest, decompressSnappy } from '../../doubles/receiver/decode.ts';
import { startServer } from '../../doubles/server.ts';
import { deadlineIn } from '../../lib/deadline.ts';
import type { Send } from '../../lib/http/send.ts';
import { toSeriesSamples } from '../../lib/metrics/to-series.ts';
import { createRemoteWriteSink } from '../../lib/sinks/remote-write.ts';
import { version } from '../../lib/version.ts';
import { pushErrorOf } from '../contracts/sink.ts';
import { gauge, sample } from '../encode/families.ts';
import { createFakeClock } from '../support/clock.ts';
import { numbered, startWritePath, storedNumbers, twoSeriesEach } from './fixtures.ts';

const upTo = (count: number) => Array.from({ length: count }, (_, number) => number);

describe('requests of the remote-write sink', () => {
  it('carry the four headers of the specification, and no user can replace them', async () => {
    const { clock, receiver, push } = await startWritePath({
      headers: {
        'x-scope-orgid': 'team-a',
        'content-type': 'text/plain',
        'content-encoding': 'gzip',
        'user-agent': 'mine',
        'x-prometheus-remote-write-version': '9',
      },
    });
    await push(numbered(1, clock.now()));
    expect(receiver.requests[0]?.headers).toMatchObject({
      'x-scope-orgid': 'team-a',
      'content-type': 'application/x-protobuf',
      'content-encoding': 'snappy',
      'user-agent': `prefect-push-exporter/${version}`,
      'x-prometheus-remote-write-version': '0.1.0',
    });
    expect(receiver.violations).toEqual([]);
  });

  it('have at most the configured number of series, each series in one of them', async () => {
    const { clock, receiver, push } = await startWritePath({ maxSeriesPerRequest: 3 });
    const report = await push(numbered(8, clock.now()));
    const sizes = receiver.requests.map(({ body }) => decodeWriteRequest(decompressSnappy(body)).length);
    expect(sizes).toEqual([3, 3, 2]);
    expect(storedNumbers(receiver)).toEqual(upTo(8));
    expect(report).toMatchObject({ requests: 3, samplesSent: 8 });
  });

  it('are not made for nothing', async () => {
    const { clock, receiver, push } = await startWritePath();
    expect(await push({ timestampMs: clock.now(), samples: [] })).toMatchObject({ requests: 0 });
    expect(receiver.requests).toEqual([]);
  });

  it('have at most 900 KB compressed', async () => {
    const { clock, receiver, push } = await startWritePath({ maxSeriesPerRequest: 100_000 });
    const random = createNoise();
    const noisy = upTo(700).map((number) => sample({ noise: random(2_000), number: String(number) }));
    const report = await push({
      timestampMs: clock.now(),
      samples: toSeriesSamples([gauge('noisy', noisy)]),
    });
    expect(report).toMatchObject({ requests: 2, samplesSent: 700 });
    expect(Math.max(...receiver.requests.map(({ body }) => body.byteLength))).toBeLessThanOrEqual(900_000);
    expect(storedNumbers(receiver)).toEqual(upTo(700));
  });

  it('have at most 4 MB before compression', async () => {
    const { clock, receiver, push } = await startWritePath({ maxSeriesPerRequest: 100_000 });
    const even = upTo(6_000).map((number) => sample({ number: String(number), text: 'x'.repeat(900) }));
    const report = await push({ timestampMs: clock.now(), samples: toSeriesSamples([gauge('even', even)]) });
    expect(report).toMatchObject({ requests: 2, samplesSent: 6_000 });
    const raw = receiver.requests.map(({ body }) => decompressSnappy(body).byteLength);
    expect(Math.max(...raw)).toBeLessThanOrEqual(4_000_000);
    expect(storedNumbers(receiver)).toEqual(upTo(6_000));
  });

  it('leave at most `concurrency` at a time, and all are answered before the push resolves', async () => {
    const clock = createFakeClock();
    const waiting: (() => void)[] = [];
    const send: Send = async () => {
      await new Promise<void>((resolve) => waiting.push(resolve));
      return { status: 204, headers: {}, body: new Uint8Array() };
    };
    const config = { ...twoSeriesEach, url: new URL('http://receiver/'), concurrency: 3 };
    let done = false;
    const pushed = createRemoteWriteSink({ config, send, clock })
      .push(numbered(14, clock.now()), deadlineIn(60_000, clock))
      .finally(() => {
        done = true;
      });
    for (const atATime of [3, 3, 3, 3, 3, 2, 1]) {
      await turn();
      expect(waiting).toHaveLength(atATime);
      expect(done).toBe(false);
      waiting.shift()?.();
    }
    expect(await pushed).toMatchObject({ requests: 7, samplesSent: 14 });
  });

  it('send the same timestamp for the whole batch', async () => {
    const { clock, receiver, push } = await startWritePath();
    const timestampMs = clock.now() - 60_000;
    await push(numbered(5, timestampMs));
    const stamps = receiver.series().flatMap(({ samples }) => samples.map((one) => one.timestampMs));
    expect(stamps).toEqual(upTo(5).map(() => timestampMs));
  });
});

describe('when the receiver says 413', () => {
  it('the request goes in halves, without a retry and in order', async () => {
    const { clock, receiver, push } = await startWritePath({ maxSeriesPerRequest: 8, maxRetries: 3 });
    receiver.faults.when(({ body }) =>
      decodeWriteRequest(decompressSnappy(body)).length > 2 ? { kind: 'status', status: 413 } : undefined,
    );
    const report = await push(numbered(8, clock.now()));
    const sizes = receiver.requests.map(({ body }) => decodeWriteRequest(decompressSnappy(body)).length);
    expect(sizes).toEqual([8, 4, 2, 2, 4, 2, 2]);
    expect(storedNumbers(receiver)).toEqual(upTo(8));
    expect(report).toMatchObject({ requests: 7, samplesSent: 8, samplesDropped: {} });
  });

  it('a series that is too large alone is dropped, and only that one', async () => {
    const { clock, receiver, push } = await startWritePath({ maxSeriesPerRequest: 8 });
    receiver.faults.when(({ body }) =>
      decompressSnappy(body).includes('large') ? { kind: 'status', status: 413, body: 'too big' } : undefined,
    );
    const { samples, timestampMs } = numbered(5, clock.now());
    const large = toSeriesSamples([gauge('large', [sample({})])]);
    const report = await push({ timestampMs, samples: [...samples, ...large] });
    expect(report).toMatchObject({
      samplesSent: 5,
      samplesDropped: { limit: 1 },
      refusals: ['413: too big'],
    });
    expect(storedNumbers(receiver)).toEqual(upTo(5));
  });
});

describe('when the receiver refuses data', () => {
  it('that is final for the request: no retry, the rest is sent, the words are kept once', async () => {
    const { clock, receiver, push } = await startWritePath({ maxRetries: 3 });
    for (const number of ['2', '5']) {
      const samples = toSeriesSamples([gauge('m', [sample({ number }, 99)])]);
      await push({ timestampMs: clock.now(), samples });
    }
    const report = await push(numbered(8, clock.now() - 1));
    expect(report).toMatchObject({
      requests: 4,
      samplesSent: 4,
      samplesDropped: { already_stored: 4 },
      refusals: ['400: out of order sample'],
    });
    expect(storedNumbers(receiver)).toEqual([0, 1, 2, 5, 6, 7]);
  });

  it('409 of Thanos is final too', async () => {
    const { clock, receiver, push } = await startWritePath();
    const body = 'forwarding request to endpoint: store locally for endpoint: conflict';
    receiver.faults.next(1, { kind: 'status', status: 409, body });
    expect(await push(numbered(4, clock.now()))).toMatchObject({
      samplesSent: 2,
      samplesDropped: { rejected: 2 },
      refusals: [`409: ${body}`],
    });
  });

  it('reasons are counted apart', async () => {
    const { clock, receiver, push } = await startWritePath();
    receiver.faults.next(1, { kind: 'status', status: 400, body: 'err-mimir-max-series-per-user' });
    receiver.faults.next(1, { kind: 'status', status: 400, body: 'out of bounds' });
    expect(await push(numbered(5, clock.now()))).toMatchObject({
      samplesSent: 1,
      samplesDropped: { limit: 2, too_old: 2 },
    });
  });
});

describe('an expired batch', () => {
  const expired = { expired: true };
  const tooOld = { kind: 'status', status: 500, body: 'too old sample' } as const;

  it('ends with any answer that judged it, at once, where another is sent again for ever', async () => {
    const { clock, receiver, push } = await startWritePath({ maxRetries: 3 });
    receiver.faults.next(1, tooOld);
    receiver.faults.next(1, { kind: 'status', status: 500, body: 'oh no' });
    expect(await push(numbered(6, clock.now()), expired)).toMatchObject({
      requests: 3,
      samplesSent: 2,
      samplesDropped: { too_old: 2, expired: 2 },
      refusals: ['500: too old sample', '500: oh no'],
    });
    expect(clock.slept).toEqual([]);

    receiver.faults.when(() => tooOld);
    const error = await pushErrorOf(push(numbered(2, clock.now())));
    expect(error.sent).toMatchObject({ requests: 4, samplesDropped: {} });
  });

  it.each([401, 403, 404, 405, 408, 429, 502, 503, 504])(
    'waits for another answer after %i',
    async (status) => {
      const { clock, receiver, push } = await startWritePath();
      receiver.faults.when(() => ({ kind: 'status', status }));
      const error = await pushErrorOf(push(numbered(2, clock.now()), expired));
      expect(error.sent).toMatchObject({ samplesDropped: {} });
    },
  );

  it('goes in halves after 413', async () => {
    const { clock, receiver, push } = await startWritePath();
    receiver.faults.next(1, { kind: 'status', status: 413 });
    expect(await push(numbered(2, clock.now()), expired)).toMatchObject({ requests: 3, samplesSent: 2 });
  });
});

describe('a stale marker', () => {
  it('arrives as one', async () => {
    const { clock, receiver, push } = await startWritePath();
    const { samples, timestampMs } = numbered(1, clock.now());
    const report = await push({ timestampMs, samples: samples.map((one) => ({ ...one, value: 'stale' })) });
    expect(report).toMatchObject({ samplesSent: 1 });
    expect(receiver.series()[0]?.samples).toEqual([{ value: Number.NaN, stale: true, timestampMs }]);
  });
});

describe('when there is no final answer', () => {
  it.each([
    { status: 401, kind: 'status' } as const,
    { status: 404, kind: 'status' } as const,
    { location: '/login', kind: 'redirect' } as const,
  ])('a wrong address or credential ends the push: $kind $status', async (fault) => {
    const { clock, receiver, push } = await startWritePath({ maxRetries: 3 });
    receiver.faults.when(() => (receiver.requests.length === 2 ? fault : undefined));
    const error = await pushErrorOf(push(numbered(10, clock.now())));
    expect(receiver.requests).toHaveLength(2);
    expect(error.message).toMatch(/^8 of 10 samples have no final answer: POST .*: status /);
    expect(error.sent).toMatchObject({ requests: 2, samplesSent: 2 });
  });

  it('what is on its way at that moment is waited for and counted', async () => {
    const { clock, receiver, push } = await startWritePath({ concurrency: 2 });
    receiver.faults.next(1, { kind: 'slow-headers', delayMs: 1_000 });
    receiver.faults.next(1, { kind: 'status', status: 401 });
    const pushed = pushErrorOf(push(numbered(10, clock.now())));
    await receiver.received(2);
    await clock.advance(1_000);
    expect((await pushed).sent).toMatchObject({ requests: 2, samplesSent: 2 });
  });

  it('a single failing request does not keep the others back', async () => {
    const { clock, receiver, push } = await startWritePath();
    receiver.faults.next(1, { kind: 'status', status: 503, body: 'ingester down' });
    const error = await pushErrorOf(push(numbered(10, clock.now())));
    expect(error.message).toContain('2 of 10 samples have no final answer');
    expect(error.sent).toMatchObject({ requests: 5, samplesSent: 8 });
    expect(storedNumbers(receiver)).toEqual(upTo(10).slice(2));
  });

  it('a second one ends the push', async () => {
    const { clock, receiver, push } = await startWritePath();
    receiver.faults.next(2, { kind: 'reset-before-answer' });
    const error = await pushErrorOf(push(numbered(10, clock.now())));
    expect(error.message).toMatch(/^10 of 10 samples .*\(and 1 more\)$/);
    expect(receiver.requests).toHaveLength(2);
  });

  it('a reset in the middle of the answer is not a success', async () => {
    const server = await startServer(() => ({ status: 200, body: 'stored' }));
    onTestFinished(() => server.stop());
    server.faults.next(1, { kind: 'reset-mid-body' });
    const { clock, push } = await startWritePath({ url: server.url });
    const error = await pushErrorOf(push(numbered(2, clock.now())));
    expect(error.cause).toMatchObject({ reason: 'closed' });
    expect(error.sent).toMatchObject({ requests: 1, samplesSent: 0 });
  });

  it('a defect in what is pushed keeps the account of what was sent', async () => {
    const { clock, push } = await startWritePath();
    const { samples, timestampMs } = numbered(4, clock.now());
    const wrong = {
      get series(): never {
        throw new TypeError('no such series');
      },
      value: 1,
    };
    const error = await pushErrorOf(push({ timestampMs, samples: [...samples, wrong] }));
    expect(error.cause).toBeInstanceOf(TypeError);
    expect(error.sent).toMatchObject({ requests: 2, samplesSent: 4 });
  });
});

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Text that does not compress, the same in every run. */
function createNoise(): (length: number) => string {
  let state = 7;
  return (length) => {
    let text = '';
    while (text.length < length) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      text += String.fromCharCode(33 + ((state >>> 16) % 94));
    }
    return text;
  };
}
