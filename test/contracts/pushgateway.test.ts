import { startPushgateway } from '../../doubles/pushgateway/pushgateway.ts';
import { systemClock } from '../../lib/clock.ts';
import { deadlineIn } from '../../lib/deadline.ts';
import { createConnections } from '../../lib/http/attempt.ts';
import { describePushgateway } from './pushgateway.ts';
import { directNetwork } from './sink.ts';

describePushgateway('the double', { panics: false }, async () => {
  const gateway = await startPushgateway();
  const connections = createConnections(directNetwork, { clock: systemClock });
  const scrape = {
    method: 'GET',
    url: new URL('/metrics', gateway.url),
    endpoint: 'test',
    headers: {},
  } as const;
  return {
    url: gateway.url,
    metrics: async () => {
      const { body } = await connections.send(scrape, deadlineIn(20_000, systemClock));
      return Buffer.from(body).toString('utf8');
    },
    stop: async () => {
      await connections.close();
      await gateway.stop();
    },
  };
});
