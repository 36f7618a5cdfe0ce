import { startPushgateway } from '../../doubles/pushgateway/pushgateway.ts';
import { createPushgatewaySink } from '../../lib/sinks/pushgateway.ts';
import { describeSink } from '../contracts/sink.ts';

describeSink('Pushgateway', async (clock) => {
  const pushgateway = await startPushgateway({ clock });
  return {
    server: pushgateway,
    url: pushgateway.url,
    createSink: ({ url, send, clock, maxRetries }) =>
      createPushgatewaySink({
        config: { url, job: 'j', grouping: {}, maxRetries },
        send,
        clock,
        describe: () => undefined,
      }),
    stored: () => {
      const samples = pushgateway.groups().flatMap(({ families }) => families.flatMap((one) => one.samples));
      return Object.fromEntries(
        samples.map(({ name, labels, value }) => {
          const flow = labels.flow === undefined ? '' : `{${labels.flow}}`;
          return [`${name}${flow}`, value];
        }),
      );
    },
  };
});
