// The contracts of the doubles, held to the servers they stand for.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock as clock } from '../../lib/clock.ts';
import { deadlineIn } from '../../lib/deadline.ts';
import { encodeText } from '../../lib/encode/text.ts';
import { createConnections } from '../../lib/http/attempt.ts';
import { descriptionsOf } from '../../lib/metrics/description.ts';
import { toSeriesSamples } from '../../lib/metrics/to-series.ts';
import { createRemoteWriteSink } from '../../lib/sinks/remote-write.ts';
import type { PushOptions } from '../../lib/sinks/sink.ts';
import { describePushgateway } from '../contracts/pushgateway.ts';
import { describeReceiver, type ReceiverTraits, type StoredSample } from '../contracts/receiver.ts';
import { directNetwork, pushErrorOf } from '../contracts/sink.ts';
import { gauge, histogram, sample } from '../encode/families.ts';
import { startPrometheus } from '../support/real/prometheus.ts';
import type { InstantSample, Series } from '../support/real/promql.ts';
import { startPushgateway } from '../support/real/pushgateway.ts';
import { type RequiredServer, requireServer } from '../support/real/require-server.ts';
import { startVictoriaMetrics } from '../support/real/victoria-metrics.ts';

const prometheus2 = await requireServer('prometheus-2');
const prometheus3 = await requireServer('prometheus-3');
const victoriaMetrics = await requireServer('victoria-metrics');
const pushgateway = await requireServer('pushgateway');

const flat = (all: readonly Series[]): StoredSample[] =>
  all.flatMap(({ labels, points }) => points.map((point) => ({ labels, ...point })));

const values = (all: readonly InstantSample[]) => all.map(({ value }) => value);

function describePrometheus(server: RequiredServer, traits: ReceiverTraits): void {
  describe.skipIf(server.missing)('real', () => {
    describeReceiver(server.name, traits, async (clock) => {
      const prometheus = await startPrometheus(server);
      return {
        writeUrl: new URL(prometheus.writeUrl),
        stored: async (name) => flat(await prometheus.querySamples(`${name}[2h]`, clock.now() + 1)),
        visible: async (name, timeMs) => values(await prometheus.queryInstant(name, timeMs)),
        stop: prometheus.stop,
      };
    });
  });
}

describePrometheus(prometheus2, { refuses: 'requests', refusesFuture: false, keepsBits: true });
describePrometheus(prometheus3, { refuses: 'requests', refusesFuture: true, keepsBits: true });

describe.skipIf(prometheus2.missing)('prometheus-2 with an out-of-order window', () => {
  it('answers 500 to what is too old, for ever, unless the batch has expired', async () => {
    const prometheus = await startPrometheus(prometheus2, { outOfOrderWindow: '30m' });
    const connections = createConnections(directNetwork, { clock });
    onTestFinished(async () => {
      await connections.close();
      await prometheus.stop();
    });
    const config = {
      url: new URL(prometheus.writeUrl),
      headers: {},
      maxSeriesPerRequest: 10,
      concurrency: 1,
      maxRetries: 0,
    };
    const sink = createRemoteWriteSink({ config, send: connections.send, clock });
    const push = (minutesAgo: number, options?: PushOptions) => {
      const samples = toSeriesSamples([gauge('late', [sample({})])]);
      const timestampMs = clock.now() - minutesAgo * 60_000;
      return sink.push({ timestampMs, samples }, deadlineIn(20_000, clock), options);
    };
    await push(0);
    expect((await pushErrorOf(push(70))).cause).toMatchObject({ status: 500 });
    expect(await push(70, { expired: true })).toMatchObject({
      samplesSent: 0,
      samplesDropped: { too_old: 1 },
      refusals: ['500: too old sample'],
    });
  });
});

describe.skipIf(victoriaMetrics.missing)('real', () => {
  describeReceiver(
    'victoria-metrics',
    { refuses: 'nothing', refusesFuture: false, keepsBits: false },
    async () => {
      const server = await startVictoriaMetrics(victoriaMetrics);
      return {
        writeUrl: new URL(server.writeUrl),
        stored: async (name) => {
          await server.flush();
          return flat(await server.exportSeries(`{__name__="${name}"}`));
        },
        visible: async (name, timeMs) => {
          await server.flush();
          return values(await server.queryInstant(name, timeMs));
        },
        stop: server.stop,
      };
    },
  );
});

describe.skipIf(pushgateway.missing)('real', () => {
  const panics = !pushgateway.missing && pushgateway.installed().version.startsWith('1.11.0');
  describePushgateway('pushgateway', { panics }, async () => {
    const server = await startPushgateway(pushgateway);
    return { url: new URL(server.url), metrics: server.metrics, stop: server.stop };
  });
});

describe.skipIf(prometheus2.missing)('promtool', () => {
  it('has nothing to say about our text', async () => {
    const families = [
      gauge('prefect_flow_runs_open', [
        sample({ flow: 'a "b"\\\n日本' }, 3),
        sample({ flow: '' }, 0.1 + 0.2),
      ]),
      gauge('prefect_exporter_api_requests_total', [sample({ code: '200' }, 1e21)], { type: 'counter' }),
      gauge('prefect_last_heartbeat_timestamp_seconds', [sample({}, 1_790_000_040.123)]),
      histogram('prefect_duration_seconds', { flow: 'a' }, [1, 2, 3]),
    ];
    const text = await encodeText(toSeriesSamples(families), descriptionsOf(families));
    const promtool = join(dirname(prometheus2.installed().binary), 'promtool');
    const { status, stdout, stderr } = spawnSync(promtool, ['check', 'metrics'], {
      input: text,
      encoding: 'utf8',
    });
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' });
  });
});
