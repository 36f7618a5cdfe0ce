import { startReceiver } from '../../doubles/receiver/receiver.ts';
import { describeReceiver } from './receiver.ts';

describeReceiver('the double', { refuses: true, refusesFuture: true, keepsBits: true }, async (clock) => {
  const receiver = await startReceiver({ clock });
  return {
    writeUrl: receiver.writeUrl,
    stored: async (name) =>
      receiver
        .series()
        .filter(({ labels }) => labels.__name__ === name)
        .flatMap(({ labels, samples }) =>
          samples.map(({ timestampMs, value }) => ({ labels, timeMs: timestampMs, value })),
        ),
    stop: receiver.stop,
  };
});
