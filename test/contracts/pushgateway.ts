import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseText } from '../../doubles/pushgateway/text-format.ts';
import { systemClock } from '../../lib/clock.ts';
import { deadlineIn } from '../../lib/deadline.ts';
import { type Connections, createConnections } from '../../lib/http/attempt.ts';
import type { Family } from '../../lib/metrics/family.ts';
import { createPushgatewaySink } from '../../lib/sinks/pushgateway.ts';
import { gauge, sample } from '../encode/families.ts';
import { directNetwork } from './sink.ts';

export interface PushgatewayUnderTest {
  readonly url: URL;
  /** What a Prometheus would scrape. */
  metrics(): Promise<string>;
  stop(): Promise<void>;
}

/** What our sink meets at a Pushgateway: the same for the double and for the server. */
export function describePushgateway(name: string, start: () => Promise<PushgatewayUnderTest>): void {
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

    const pushTo = (job: string, families: readonly Family[], grouping: Record<string, string> = {}) =>
      createPushgatewaySink({
        config: { url: gateway.url, job, grouping, maxRetries: 0 },
        send: connections.send,
        clock,
      }).push({ timestampMs: clock.now(), families }, soon());
    const scraped = async (metric: string) =>
      parseText(await gateway.metrics()).find((family) => family.name === metric);
    const send = (method: 'PUT' | 'DELETE', path: string, body = '') =>
      connections.send(
        { method, url: new URL(path, gateway.url), endpoint: 'test', headers: {}, body: Buffer.from(body) },
        soon(),
      );

    it('keeps values, labels, HELP and TYPE', async () => {
      const labels = { flow: 'Überweisung "täglich"\\ 日本 🚀\nzwei', deployment: '' };
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

    it('refuses a name that another group has with another type', async () => {
      await pushTo('first', [gauge('typed', [sample({})], { type: 'counter' })]);
      const report = await pushTo('second', [gauge('typed', [sample({})])]);
      expect(report).toMatchObject({ samplesSent: 0, samplesDropped: { invalid: 1 } });
      expect(report.refusals[0]).toMatch(
        /^400: pushed metrics are invalid or inconsistent .* is not a (COUNTER|GAUGE)/,
      );
    });

    it('refuses the same series under two grouping keys', async () => {
      await pushTo('twin', [gauge('twins', [sample({ zone: 'a' })])]);
      const report = await pushTo('twin', [gauge('twins', [sample({})])], { zone: 'a' });
      expect(report).toMatchObject({ samplesSent: 0, samplesDropped: { invalid: 1 } });
      expect(report.refusals[0]).toContain('was collected before with the same name and label values');
    });

    it('tells when it was pushed to', async () => {
      await pushTo('timed', [gauge('timely', [sample({})])]);
      const times = (await scraped('push_time_seconds'))?.samples.find(
        ({ labels }) => labels.job === 'timed',
      );
      expect(Math.abs((times?.value ?? 0) * 1_000 - clock.now())).toBeLessThan(60_000);
    });

    it.each([
      ['a timestamp', 'm_raw 1 1790000040000\n', /must not have timestamps/],
      ['no line feed at the end', 'm_raw 1', /text format parsing error in line 1/],
      ['a series twice', 'm_raw 1\nm_raw 2\n', /was collected before/],
    ])('answers 400 to %s', async (_, body, said) => {
      await expect(send('PUT', '/metrics/job/raw', body)).rejects.toMatchObject({
        status: 400,
        bodyExcerpt: expect.stringMatching(said),
      });
    });

    it('redirects a slash in a plain label value, and has no group without a job', async () => {
      await expect(send('PUT', '/metrics/job/raw/zone/a%2Fb', 'm 1\n')).rejects.toMatchObject({
        status: 301,
      });
      await expect(send('PUT', '/metrics/job/raw/zone', 'm 1\n')).rejects.toMatchObject({ status: 400 });
      await expect(send('PUT', '/metrics/group/raw', 'm 1\n')).rejects.toMatchObject({ status: 404 });
    });

    it('removes a group, also one that is not there', async () => {
      await pushTo('removed', [gauge('removable', [sample({})])]);
      expect(await send('DELETE', '/metrics/job/removed')).toMatchObject({ status: 202 });
      expect(await send('DELETE', '/metrics/job/removed')).toMatchObject({ status: 202 });
      await expect.poll(() => scraped('removable')).toBeUndefined();
    });
  });
}
