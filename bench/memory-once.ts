// One push in one process, to the receiver at the address it is given.
import { systemClock } from '../lib/clock.ts';
import { deadlineIn } from '../lib/deadline.ts';
import { createConnections } from '../lib/http/attempt.ts';
import { toSeriesSamples } from '../lib/metrics/to-series.ts';
import { createRemoteWriteSink } from '../lib/sinks/remote-write.ts';
import { largeBatch } from './batch.ts';
import { peakRssMb } from './bench.ts';

const clock = systemClock;
const [address = '', series = '20000'] = process.argv.slice(2);
const idleMb = peakRssMb();
const network = {
  ca: undefined,
  clientCert: undefined,
  clientKey: undefined,
  httpsProxy: undefined,
  httpProxy: undefined,
  noProxy: undefined,
};
const connections = createConnections(network, { clock });
const sink = createRemoteWriteSink({
  config: { url: new URL(address), headers: {}, maxSeriesPerRequest: 2_000, concurrency: 2, maxRetries: 0 },
  send: connections.send,
  clock,
});
const samples = toSeriesSamples(largeBatch(Number(series)));
const batchMb = peakRssMb();
const startMs = clock.monotonic();
const report = await sink.push({ timestampMs: clock.now(), samples }, deadlineIn(60_000, clock));
const pushMs = clock.monotonic() - startMs;
await connections.close();
console.log(JSON.stringify({ idleMb, batchMb, peakRssMb: peakRssMb(), pushMs, ...report }));
