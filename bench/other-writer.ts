import { systemClock as clock } from '../lib/clock.ts';
import { deadlineIn } from '../lib/deadline.ts';
import { createConnections } from '../lib/http/attempt.ts';
import { createRemoteWriteSink } from '../lib/sinks/remote-write.ts';

const network = {
  ca: undefined,
  clientCert: undefined,
  clientKey: undefined,
  httpsProxy: undefined,
  httpProxy: undefined,
  noProxy: undefined,
};

/** Somebody else who writes to the same receiver: what is too old there is reckoned from the newest sample of all. */
export async function writeOther(writeUrl: string, timestampMs: number): Promise<void> {
  const connections = createConnections(network, { clock, timeoutMs: 10_000 });
  const config = {
    url: new URL(writeUrl),
    headers: {},
    maxSeriesPerRequest: 10,
    concurrency: 1,
    maxRetries: 0,
  };
  const sink = createRemoteWriteSink({ config, send: connections.send, clock });
  const series = { family: 'other_writer', names: ['__name__'], values: ['other_writer'] };
  try {
    await sink.push({ timestampMs, samples: [{ series, value: 1 }] }, deadlineIn(10_000, clock));
  } finally {
    await connections.close();
  }
}
