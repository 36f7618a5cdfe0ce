import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseText } from '../../doubles/pushgateway/text-format.ts';
import { systemClock } from '../../lib/clock.ts';
import { deadlineIn } from '../../lib/deadline.ts';
import { type Connections, createConnections } from '../../lib/http/attempt.ts';
import { type DescribeFamily, descriptionsOf } from '../../lib/metrics/description.ts';
import type { Family } from '../../lib/metrics/family.ts';
import { toSeriesSamples } from '../../lib/metrics/to-series.ts';
import { createPushgatewaySink } from '../../lib/sinks/pushgateway.ts';
import type { PushReport } from '../../lib/sinks/sink.ts';
import { gauge, histogram, sample } from '../encode/families.ts';
import { directNetwork, pushErrorOf } from './sink.ts';

export interface PushgatewayUnderTest {
  readonly url: URL;
  /** What a Prometheus would scrape. */
  metrics(): Promise<string>;
  stop(): Promise<void>;
}

export interface PushgatewayTraits {
  /**
   * Where others answer 400 to a push they refuse, 1.11.0 panics while it logs the refusal (promslog) and closes the
   * connection. Nothing is stored then, either.
   */
  readonly panics: boolean;
}

/** What our sink meets at a Pushgateway: the same for the double and for the server. */
export function describePushgateway(
  name: string,
  { panics }: PushgatewayTraits,
  start: () => Promise<PushgatewayUnderTest>,
): void {
  describe(`pushing to ${name}`, () => {
    const clock = systemClock;
    const soon = () => deadlineIn(20_000, clock);
    let gateway: PushgatewayUnderTest;
    let connections: Connections;

    beforeAll(async () => {
      gateway = await start();
      connections = createConnections(directNetwork, { clock });
    });

    afterAll(async () => {
      await connections?.close();
      await gateway?.stop();
    });

    const sinkFor = (
      group: { readonly job: string; readonly grouping: Readonly<Record<string, string>> },
      described: DescribeFamily,
    ) => {
      const config = { ...group, url: gateway.url, maxRetries: 0 };
      return createPushgatewaySink({ config, send: connections.send, clock, describe: described });
    };
    const pushTo = (job: string, families: readonly Family[], grouping: Record<string, string> = {}) =>
      sinkFor({ job, grouping }, descriptionsOf(families)).push(
        { timestampMs: clock.now(), samples: toSeriesSamples(families) },
        soon(),
      );
    const scraped = async (metric: string) =>
      parseText(await gateway.metrics()).find((family) => family.name === metric);
    const send = (method: 'PUT' | 'DELETE', path: string, body = '') =>
      connections.send(
        { method, url: new URL(path, gateway.url), endpoint: 'test', headers: {}, body: Buffer.from(body) },
        soon(),
      );

    it('keeps values, labels, HELP and TYPE', async () => {
      const labels = { flow: 'Überweisung "täglich"\\ 日本 🚀\nzwei\rdrei\u2028vier\0', deployment: '' };
      const values = [0, -1.5, 0.1 + 0.2, 1e300, 5e-324];
      const samples = values.map((value, index) => sample({ ...labels, number: String(index) }, value));
      const help = 'A "quoted" help,\nof two lines with a \\.';
      const family = gauge('exact_total', samples, { help, type: 'counter' });
      expect(await pushTo('exact', [family])).toMatchObject({ samplesSent: 5, samplesDropped: {} });
      const stored = await scraped('exact_total');
      expect(stored).toMatchObject({ type: 'counter', help });
      const byNumber = stored?.samples.toSorted((a, b) => Number(a.labels.number) - Number(b.labels.number));
      expect(byNumber?.map(({ labels: all, value }) => [all, value])).toEqual(
        values.map((value, index) => [
          { instance: '', job: 'exact', flow: labels.flow, number: String(index) },
          value,
        ]),
      );
    });

    it('takes histograms', async () => {
      const family = histogram('h_seconds', { flow: 'a' }, [1, 2, 4]);
      expect(await pushTo('buckets', [family])).toMatchObject({ samplesSent: 5, samplesDropped: {} });
      const text = await gateway.metrics();
      expect(text).toContain('# TYPE h_seconds histogram');
      const lines = text.match(/^h_seconds.*job="buckets".*$/gm) ?? [];
      const shown = lines.map((line) => [/^\w+/.exec(line)?.[0], / (\S+)$/.exec(line)?.[1]].join(' '));
      expect(shown.sort()).toEqual([
        'h_seconds_bucket 1',
        'h_seconds_bucket 2',
        'h_seconds_bucket 4',
        'h_seconds_count 4',
        'h_seconds_sum 6',
      ]);
    });

    it('takes what nobody describes as untyped', async () => {
      const families = [gauge('unknown', [sample({}, 3)]), histogram('unknown_h', {}, [1, 2])];
      const sink = sinkFor({ job: 'untyped', grouping: {} }, () => undefined);
      const batch = { timestampMs: clock.now(), samples: toSeriesSamples(families) };
      expect(await sink.push(batch, soon())).toMatchObject({ samplesSent: 5, samplesDropped: {} });
      const text = await gateway.metrics();
      expect(text).toContain('# TYPE unknown untyped');
      expect(text).toContain('# TYPE unknown_h_bucket untyped');
    });

    it.each(['a/b', '', '..', 'ü 日本 🚀', '100% ?#&='])('takes %j in the grouping key', async (value) => {
      const metric = `grouped_${Buffer.from(value).toString('hex')}`;
      await pushTo(`job ${value}`, [gauge(metric, [sample({}, 1)])], { workspace: value });
      const labels = (await scraped(metric))?.samples[0]?.labels;
      expect({ workspace: '', ...labels }).toEqual({ instance: '', job: `job ${value}`, workspace: value });
    });

    it('forgets what the next push no longer has', async () => {
      await pushTo('shrinking', [gauge('gone', [sample({})]), gauge('stays', [sample({}, 1)])]);
      await pushTo('shrinking', [gauge('stays', [sample({}, 2)])]);
      expect(await scraped('gone')).toBeUndefined();
      expect((await scraped('stays'))?.samples.map(({ value }) => value)).toEqual([2]);
    });

    it('takes an empty push, which empties the group', async () => {
      await pushTo('empty', [gauge('emptied', [sample({})])]);
      expect(await pushTo('empty', [])).toMatchObject({ requests: 1, samplesSent: 0 });
      expect(await scraped('emptied')).toBeUndefined();
    });

    /** The push stored nothing, and the sink said so. */
    const expectRefused = async (push: Promise<PushReport>, said: RegExp) => {
      if (panics) {
        const error = await pushErrorOf(push);
        expect(error.cause).toMatchObject({ reason: 'closed' });
        return;
      }
      const report = await push;
      expect(report).toMatchObject({ samplesSent: 0, samplesDropped: { invalid: 1 } });
      expect(report.refusals[0]).toMatch(
        /^400: pushed metrics are invalid or inconsistent with existing metrics: /,
      );
      expect(report.refusals[0]).toMatch(said);
    };

    it('refuses a name that another group has with another type', async () => {
      await pushTo('first', [gauge('typed', [sample({}, 1)], { type: 'counter' })]);
      await expectRefused(pushTo('second', [gauge('typed', [sample({}, 2)])]), /is not a (COUNTER|GAUGE)/);
      expect((await scraped('typed'))?.samples.map(({ value }) => value)).toEqual([1]);
    });

    it('refuses the same series under two grouping keys', async () => {
      await pushTo('twin', [gauge('twins', [sample({ zone: 'a' }, 1)])]);
      const push = pushTo('twin', [gauge('twins', [sample({}, 2)])], { zone: 'a' });
      await expectRefused(push, /was collected before with the same name and label values/);
      expect((await scraped('twins'))?.samples.map(({ value }) => value)).toEqual([1]);
    });

    it('tells when it was pushed to', async () => {
      await pushTo('timed', [gauge('timely', [sample({})])]);
      const times = (await scraped('push_time_seconds'))?.samples.find(
        ({ labels }) => labels.job === 'timed',
      );
      expect(Math.abs((times?.value ?? 0) * 1_000 - clock.now())).toBeLessThan(60_000);
    });

    it('answers 400 to text without a line feed at its end', async () => {
      await expect(send('PUT', '/metrics/job/raw', 'm_raw 1')).rejects.toMatchObject({
        status: 400,
        bodyExcerpt: expect.stringMatching(/^text format parsing error in line 1: unexpected end of input/),
      });
    });

    it.each([
      ['a timestamp', 'm_raw 1 1790000040000\n', /must not have timestamps/],
      ['a series twice', 'm_raw 1\nm_raw 2\n', /was collected before/],
    ])('does not take %s', async (_, body, said) => {
      const answer = { status: 400, bodyExcerpt: expect.stringMatching(said) };
      const push = send('PUT', '/metrics/job/raw', body);
      await expect(push).rejects.toMatchObject(panics ? { reason: 'closed' } : answer);
      expect(await scraped('m_raw')).toBeUndefined();
    });

    it.each([
      ['a slash in a plain value', '/metrics/job/raw/zone/a%2Fb', 400],
      ['an empty plain value', '/metrics/job/raw/zone//area/x', 301],
      ['a label without a value', '/metrics/job/raw/zone', 400],
      ['no job', '/metrics/group/raw', 404],
    ])('does not take %s in the path', async (_, path, status) => {
      await expect(send('PUT', path, 'm 1\n')).rejects.toMatchObject({ status });
    });

    it('removes a group, also one that is not there', async () => {
      await pushTo('removed', [gauge('removable', [sample({})])]);
      expect(await send('DELETE', '/metrics/job/removed')).toMatchObject({ status: 202 });
      expect(await send('DELETE', '/metrics/job/removed')).toMatchObject({ status: 202 });
      await expect.poll(() => scraped('removable')).toBeUndefined();
    });
  });
}
