import type { StoredSeries } from '../../doubles/receiver/head.ts';
import type { HeadRules } from '../../doubles/receiver/head-rules.ts';
import { startReceiver } from '../../doubles/receiver/receiver.ts';
import { describeReceiver, type ReceiverTraits } from './receiver.ts';

/** What Prometheus looks back for. */
const lookbackMs = 300_000;

function visibleAt({ samples }: StoredSeries, timeMs: number): readonly number[] {
  const newest = samples.filter(({ timestampMs }) => timestampMs <= timeMs).at(-1);
  const isThere = newest !== undefined && newest.timestampMs > timeMs - lookbackMs && newest.stale !== true;
  return isThere ? [newest.value] : [];
}

function describeDouble(rules: HeadRules, traits: ReceiverTraits): void {
  describeReceiver(`the double of ${rules}`, traits, async (clock) => {
    const receiver = await startReceiver({ clock, rules });
    const seriesOf = (name: string) => receiver.series().filter(({ labels }) => labels.__name__ === name);
    return {
      writeUrl: receiver.writeUrl,
      stored: async (name) =>
        seriesOf(name).flatMap(({ labels, samples }) =>
          samples.map(({ timestampMs, value }) => ({ labels, timeMs: timestampMs, value })),
        ),
      visible: async (name, timeMs) => seriesOf(name).flatMap((one) => visibleAt(one, timeMs)),
      stop: receiver.stop,
    };
  });
}

describeDouble('prometheus', { refuses: 'requests', refusesFuture: true, keepsBits: true });
describeDouble('mimir', { refuses: 'samples', refusesFuture: true, keepsBits: true });
describeDouble('victoria-metrics', { refuses: 'nothing', refusesFuture: false, keepsBits: true });
