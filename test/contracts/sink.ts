import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LocalServer } from '../../doubles/server.ts';
import type { Clock } from '../../lib/clock.ts';
import type { NetworkConfig } from '../../lib/config/config.ts';
import { deadlineAt } from '../../lib/deadline.ts';
import { type Connections, createConnections } from '../../lib/http/attempt.ts';
import { withBasicAuth } from '../../lib/http/auth.ts';
import { HttpStatusError, NoAnswerError, RedirectError } from '../../lib/http/errors.ts';
import type { Send } from '../../lib/http/send.ts';
import { toSeriesSamples } from '../../lib/metrics/to-series.ts';
import { createSecret } from '../../lib/secret.ts';
import { type Batch, PushError, type Sink } from '../../lib/sinks/sink.ts';
import { gauge, sample } from '../encode/families.ts';
import { createFakeClock, type FakeClock } from '../support/clock.ts';

/** A kind of sink with a double to push to. */
export interface SinkUnderTest {
  readonly server: LocalServer;
  /** The address the sink is given. */
  readonly url: URL;
  createSink(options: { url: URL; send: Send; clock: Clock; maxRetries: number }): Sink;
  /** Values by `name{flow}`, as the double has them. */
  stored(): Record<string, number>;
}

export const directNetwork: NetworkConfig = {
  ca: undefined,
  clientCert: undefined,
  clientKey: undefined,
  httpsProxy: undefined,
  httpProxy: undefined,
  noProxy: undefined,
};

const password = 'glc_a-secret-nobody-may-read';

/** The error a push ends with. */
export async function pushErrorOf(push: Promise<unknown>): Promise<PushError> {
  const error = await push.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof PushError)) throw new Error(`no PushError but ${inspect(error)}`);
  return error;
}

/** What `Sink` promises, for each implementation of it. */
export function describeSink(name: string, start: (clock: Clock) => Promise<SinkUnderTest>): void {
  describe(`a ${name} sink`, () => {
    let clock: FakeClock;
    let subject: SinkUnderTest;
    let connections: Connections;
    let batch: Batch;

    beforeEach(async () => {
      clock = createFakeClock({ autoAdvance: true });
      subject = await start(clock);
      connections = createConnections(directNetwork, { clock, timeoutMs: 10_000 });
      batch = {
        timestampMs: clock.now(),
        samples: toSeriesSamples([
          gauge('prefect_up', [sample({}, 1)]),
          gauge('prefect_flow_runs_open', [sample({ flow: 'a' }, 3), sample({ flow: 'b' }, 0)]),
        ]),
      };
    });

    afterEach(async () => {
      await connections.close();
      await subject.server.stop();
    });

    const all = { prefect_up: 1, 'prefect_flow_runs_open{a}': 3, 'prefect_flow_runs_open{b}': 0 };
    const sink = ({ maxRetries = 3, url = subject.url } = {}) =>
      subject.createSink({
        url,
        send: withBasicAuth(connections.send, createSecret(`user:${password}`)),
        clock,
        maxRetries,
      });
    const deadline = (ms = 60_000) => deadlineAt(clock.now() + ms);
    const requests = () => subject.server.requests;
    const faults = () => subject.server.faults;

    it('stores every sample and says so', async () => {
      const report = await sink().push(batch, deadline());
      expect(subject.stored()).toEqual(all);
      expect(report).toEqual({
        requests: 1,
        bytes: requests()[0]?.body.byteLength,
        samplesSent: 3,
        samplesDropped: {},
        refusals: [],
      });
    });

    it('may be given the same batch again', async () => {
      await sink().push(batch, deadline());
      const report = await sink().push(batch, deadline());
      expect(report.samplesSent).toBe(3);
      expect(subject.stored()).toEqual(all);
    });

    it('sends the same bytes again after 500, and counts both', async () => {
      faults().next(1, { kind: 'status', status: 500 });
      const report = await sink().push(batch, deadline());
      expect(subject.stored()).toEqual(all);
      const [first, second] = requests();
      expect(requests()).toHaveLength(2);
      expect(second?.body.equals(first?.body ?? Buffer.alloc(0))).toBe(true);
      expect(first?.headers['retry-attempt']).toBeUndefined();
      expect(second?.headers['retry-attempt']).toBe('1');
      expect(report).toMatchObject({ requests: 2, bytes: 2 * (first?.body.byteLength ?? 0), samplesSent: 3 });
    });

    it('sends again when the answer to a stored request was lost', async () => {
      faults().next(1, { kind: 'reset-before-answer', handled: true });
      const report = await sink().push(batch, deadline());
      expect(report).toMatchObject({ requests: 2, samplesSent: 3, samplesDropped: {} });
      expect(subject.stored()).toEqual(all);
    });

    it('waits as long as Retry-After says, in seconds or as a date', async () => {
      const date = new Date(clock.now()).toUTCString();
      const later = new Date(clock.now() + 9_000).toUTCString();
      faults().next(1, { kind: 'status', status: 429, headers: { 'retry-after': '4' } });
      faults().next(1, { kind: 'status', status: 503, headers: { date, 'retry-after': later } });
      expect(await sink().push(batch, deadline())).toMatchObject({ requests: 3, samplesSent: 3 });
      expect(clock.slept).toEqual([4_000, 9_000]);
    });

    it('does not wait past the deadline, and says what the receiver said last', async () => {
      faults().next(9, { kind: 'status', status: 503, headers: { 'retry-after': '90' }, body: 'overloaded' });
      const error = await pushErrorOf(sink().push(batch, deadline()));
      expect(error.message).toMatch(/3 (of 3 )?samples have no final answer: .*status 503, overloaded/);
      expect(error.sent).toMatchObject({ requests: 1, samplesSent: 0 });
      expect(clock.slept).toEqual([]);
    });

    it('ends a request that hangs at the deadline, and starts none after it', async () => {
      faults().when(() => ({ kind: 'hang' }));
      const push = pushErrorOf(sink().push(batch, deadline(7_000)));
      await subject.server.received(1);
      await clock.advance(7_000);
      expect((await push).cause).toMatchObject({ name: 'NoAnswerError', reason: 'deadline' });
      expect((await push).sent).toMatchObject({ requests: 1, samplesSent: 0 });
      expect(requests()).toHaveLength(1);
    });

    it('sends nothing once the deadline is over', async () => {
      const error = await pushErrorOf(sink().push(batch, deadlineAt(clock.now())));
      expect(error.cause).toMatchObject({ reason: 'deadline' });
      expect(error.sent).toEqual({
        requests: 0,
        bytes: 0,
        samplesSent: 0,
        samplesDropped: {},
        refusals: [],
      });
      expect(requests()).toHaveLength(0);
    });

    it.each([400, 401, 403, 404, 405, 415, 422])(
      'rejects at once with %i, whoever answered',
      async (status) => {
        faults().when(() => ({ kind: 'status', status, body: 'no such thing here' }));
        const error = await pushErrorOf(sink().push(batch, deadline()));
        expect(error.cause).toBeInstanceOf(HttpStatusError);
        expect(error.message).toContain(`status ${status}, no such thing here`);
        expect(error.sent).toMatchObject({ requests: 1, samplesSent: 0, samplesDropped: {} });
        expect(requests()).toHaveLength(1);
      },
    );

    it('does not follow redirects', async () => {
      faults().when(() => ({ kind: 'redirect', status: 307, location: '/elsewhere' }));
      const error = await pushErrorOf(sink().push(batch, deadline()));
      expect(error.cause).toBeInstanceOf(RedirectError);
      expect(requests()).toHaveLength(1);
    });

    it('rejects when nothing listens', async () => {
      const closed = new URL(subject.url);
      closed.port = '9';
      const error = await pushErrorOf(sink({ url: closed, maxRetries: 0 }).push(batch, deadline()));
      expect(error.cause).toBeInstanceOf(NoAnswerError);
      expect(error.cause).toMatchObject({ reason: 'connect' });
    });

    it('shows no credentials when it fails, though the receiver repeats them', async () => {
      const url = new URL(subject.url);
      url.search = 'token=query-secret';
      const encoded = Buffer.from(`user:${password}`).toString('base64');
      faults().when(() => ({ kind: 'status', status: 401, body: `not you: Basic ${encoded}` }));
      const error = await pushErrorOf(sink({ url }).push(batch, deadline()));
      const shown = inspect(error, { depth: 9, showHidden: true });
      expect(shown).toContain('not you');
      for (const secret of [password, encoded, 'query-secret']) expect(shown).not.toContain(secret);
    });
  });
}
