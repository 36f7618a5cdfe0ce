import { gunzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startPushgateway } from '../../doubles/pushgateway/pushgateway.ts';
import type { PushgatewayConfig } from '../../lib/config/config.ts';
import { deadlineIn } from '../../lib/deadline.ts';
import { createConnections } from '../../lib/http/attempt.ts';
import type { Family, FamilyDescriptor } from '../../lib/metrics/family.ts';
import { toSeriesSamples } from '../../lib/metrics/to-series.ts';
import { createPushgatewaySink } from '../../lib/sinks/pushgateway.ts';
import { groupUrl } from '../../lib/sinks/pushgateway-request.ts';
import { OvertakenError, type PushOptions } from '../../lib/sinks/sink.ts';
import { version } from '../../lib/version.ts';
import { directNetwork, pushErrorOf } from '../contracts/sink.ts';
import { gauge, sample } from '../encode/families.ts';
import { createFakeClock } from '../support/clock.ts';

async function startPush(config: Partial<PushgatewayConfig> = {}) {
  const clock = createFakeClock({ autoAdvance: true });
  const pushgateway = await startPushgateway({ clock });
  const connections = createConnections(directNetwork, { clock });
  onTestFinished(async () => {
    await connections.close();
    await pushgateway.stop();
  });
  const descriptors = new Map<string, FamilyDescriptor>();
  const sink = createPushgatewaySink({
    config: { url: pushgateway.url, job: 'prefect-exporter', grouping: {}, maxRetries: 3, ...config },
    send: connections.send,
    clock,
    describe: (name) => descriptors.get(name),
  });
  const pushFamilies = (families: readonly Family[], options: PushOptions = {}) => {
    for (const { descriptor } of families) descriptors.set(descriptor.name, descriptor);
    const batch = { timestampMs: clock.now(), samples: toSeriesSamples(families) };
    return sink.push(batch, deadlineIn(60_000, clock), options);
  };
  const push = (...families: readonly Family[]) => pushFamilies(families);
  return { clock, pushgateway, sink, push, pushFamilies };
}

describe('requests of the Pushgateway sink', () => {
  it('are PUTs of gzipped text 0.0.4 without timestamps', async () => {
    const { pushgateway, push } = await startPush();
    await push(gauge('prefect_up', [sample({ workspace: 'w' }, 1)]));
    const [request] = pushgateway.requests;
    expect(request).toMatchObject({
      method: 'PUT',
      path: '/metrics/job@base64/cHJlZmVjdC1leHBvcnRlcg',
      headers: {
        'content-encoding': 'gzip',
        'content-type': 'text/plain; version=0.0.4; charset=utf-8',
        'user-agent': `prefect-push-exporter/${version}`,
      },
    });
    expect(gunzipSync(request?.body ?? '').toString()).toBe(
      '# HELP prefect_up Help of prefect_up.\n# TYPE prefect_up gauge\nprefect_up{workspace="w"} 1\n',
    );
  });

  it.each(['a/b', '', 'ü 日本 🚀', '..', 'a//b', '100%', '?#&=+', 'a\\"\n'])(
    'bring a grouping value whole, whatever it holds: %j',
    async (value) => {
      const { pushgateway, push } = await startPush({ job: `job ${value}`, grouping: { workspace: value } });
      await push(gauge('prefect_up', [sample({}, 1)]));
      expect(pushgateway.groups().map(({ key }) => key)).toEqual([{ job: `job ${value}`, workspace: value }]);
    },
  );

  it('replace the whole group: what is gone disappears', async () => {
    const { pushgateway, push } = await startPush();
    await push(gauge('a', [sample({})]), gauge('b', [sample({ x: '1' }), sample({ x: '2' })]));
    await push(gauge('b', [sample({ x: '2' })]));
    const [group] = pushgateway.groups();
    expect(group?.families.map(({ name, samples }) => [name, samples.map((one) => one.labels.x)])).toEqual([
      ['b', ['2']],
    ]);
  });

  it('keep the path and the query of the address, and have labels in order', () => {
    const url = new URL('https://gateway.example/prefix/?tenant=1');
    const address = groupUrl({ url, job: 'j', grouping: { zone: 'z', area: '', job: 'other' } });
    expect(address.href).toBe(
      'https://gateway.example/prefix/metrics/job@base64/ag/area@base64/=/zone@base64/eg?tenant=1',
    );
    expect(url.href).toBe('https://gateway.example/prefix/?tenant=1');
  });
});

describe('labels that the grouping key carries', () => {
  it('are left out of the body, and the grouping key wins', async () => {
    const { pushgateway, push } = await startPush({ grouping: { workspace: 'from-key' } });
    await push(gauge('prefect_up', [sample({ job: 'other', workspace: 'from-body', flow: 'f' })]));
    expect(gunzipSync(pushgateway.requests[0]?.body ?? '').toString()).toContain('prefect_up{flow="f"} 1\n');
    expect(pushgateway.groups()[0]?.families[0]?.samples[0]?.labels).toMatchObject({
      job: 'prefect-exporter',
      workspace: 'from-key',
      flow: 'f',
    });
  });

  it('must not be what tells two series apart: then nothing is sent', async () => {
    const { pushgateway, push } = await startPush({ grouping: { flow: 'x' } });
    const error = await pushErrorOf(push(gauge('m', [sample({ flow: 'a' }), sample({ flow: 'b' })])));
    expect(error.message).toContain('m has two samples with the labels []');
    expect(pushgateway.requests).toHaveLength(0);
  });
});

describe('answers of a Pushgateway', () => {
  it('202, its consistency check switched off, is stored as well', async () => {
    const { pushgateway, push } = await startPush();
    pushgateway.faults.next(1, { kind: 'status', status: 202 });
    expect(await push(gauge('m', [sample({})]))).toMatchObject({ samplesSent: 1, samplesDropped: {} });
  });

  it('"inconsistent" refuses the set as data: no retry, all samples dropped, the words are kept', async () => {
    const { pushgateway, push } = await startPush();
    const other = await startOther(pushgateway.url);
    await other(gauge('m', [sample({})], { type: 'counter' }));
    const report = await push(gauge('m', [sample({ a: '1' }), sample({ a: '2' })]));
    expect(report).toMatchObject({ requests: 1, samplesSent: 0, samplesDropped: { invalid: 2 } });
    expect(report.refusals).toHaveLength(1);
    expect(report.refusals[0]).toMatch(
      /^400: pushed metrics are invalid or inconsistent with existing metrics: .* is not a COUNTER$/,
    );
    expect(pushgateway.groups()).toHaveLength(1);
  });
});

describe('a PUT that a newer one may have overtaken', () => {
  it('does not start, and the push says so', async () => {
    const { clock, pushgateway, pushFamilies } = await startPush();
    const up = [gauge('prefect_up', [sample({})])];
    expect(await pushFamilies(up, { notAfterMs: clock.now() })).toMatchObject({ samplesSent: 1 });
    const error = await pushErrorOf(pushFamilies(up, { notAfterMs: clock.now() - 1 }));
    expect(error.message).toMatch(/^1 samples have no final answer: overtaken: /);
    expect(error.cause).toBeInstanceOf(OvertakenError);
    expect(error.sent).toMatchObject({ requests: 0, samplesSent: 0 });
    expect(pushgateway.requests).toHaveLength(1);
  });

  it('does not start as a retry either', async () => {
    const { clock, pushgateway, pushFamilies } = await startPush();
    pushgateway.faults.next(1, { kind: 'status', status: 503, headers: { 'retry-after': '9' } });
    const notAfterMs = clock.now() + 5_000;
    const error = await pushErrorOf(pushFamilies([gauge('prefect_up', [sample({})])], { notAfterMs }));
    expect(error.cause).toBeInstanceOf(OvertakenError);
    expect(error.sent).toMatchObject({ requests: 1, samplesSent: 0 });
    expect(pushgateway.requests).toHaveLength(1);
  });
});

describe('a stale sample', () => {
  it('is left out of the set and counts as sent', async () => {
    const { clock, pushgateway, sink } = await startPush();
    const samples = toSeriesSamples([gauge('m', [sample({ x: '1' }), sample({ x: '2' })])]).map(
      (one, index) => (index === 0 ? { ...one, value: 'stale' as const } : one),
    );
    const report = await sink.push({ timestampMs: clock.now(), samples }, deadlineIn(60_000, clock));
    expect(report).toMatchObject({ samplesSent: 2, samplesDropped: {} });
    expect(pushgateway.groups()[0]?.families[0]?.samples.map(({ labels }) => labels.x)).toEqual(['2']);
  });
});

/** Pushes to the same Pushgateway as another job. */
async function startOther(url: URL) {
  const { push } = await startPush({ url, job: 'other' });
  return push;
}
