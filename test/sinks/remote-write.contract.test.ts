import { startReceiver } from '../../doubles/receiver/receiver.ts';
import { createRemoteWriteSink } from '../../lib/sinks/remote-write.ts';
import { describeSink } from '../contracts/sink.ts';

describeSink('remote-write', async (clock) => {
  const receiver = await startReceiver({ clock });
  return {
    server: receiver,
    url: receiver.writeUrl,
    createSink: ({ url, send, clock, maxRetries }) =>
      createRemoteWriteSink({
        config: { url, headers: {}, maxSeriesPerRequest: 2_000, concurrency: 2, maxRetries },
        send,
        clock,
      }),
    stored: () =>
      Object.fromEntries(
        receiver.series().map(({ labels, samples }) => {
          const flow = labels.flow === undefined ? '' : `{${labels.flow}}`;
          return [`${labels.__name__}${flow}`, samples.at(-1)?.value ?? Number.NaN];
        }),
      ),
  };
});
