// The contracts of the doubles, held to the servers they stand for.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodeText } from '../../lib/encode/text.ts';
import { descriptionsOf } from '../../lib/metrics/description.ts';
import { toSeriesSamples } from '../../lib/metrics/to-series.ts';
import { describePushgateway } from '../contracts/pushgateway.ts';
import { describeReceiver, type ReceiverTraits, type StoredSample } from '../contracts/receiver.ts';
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
