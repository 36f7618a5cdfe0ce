// One tick in one process, as the function does it: configuration, reading, pushing.
import { systemClock as clock } from '../lib/clock.ts';
import { allCollectors as collectors } from '../lib/collectors/all.ts';
import { parseConfig } from '../lib/config/parse.ts';
import { deadlineIn } from '../lib/deadline.ts';
import { createExporter } from '../lib/exporter.ts';
import { peakRssMb } from './bench.ts';

const [prefectUrl = '', receiverUrl = ''] = process.argv.slice(2);
const env = {
  PREFECT_API_URL: prefectUrl,
  REMOTE_WRITE_URL: receiverUrl,
  MAX_SERIES: '100000',
  STORE: 'memory:',
};
const { config } = parseConfig(env, {
  readFile: () => '',
  collectors,
  sink: 'required',
  where: 'command-line',
});
const exporter = createExporter(config, clock);
const idleMb = peakRssMb();
const { outcome, durationMs, series, exchanges, push } = await exporter.tick(
  clock.now(),
  deadlineIn(60_000, clock),
);
const { requests, responseBytes } = exchanges;
console.log(
  JSON.stringify({
    outcome,
    idleMb,
    peakRssMb: peakRssMb(),
    readMs: durationMs.read,
    pushMs: durationMs.push,
    series,
    reads: requests,
    readBytes: responseBytes,
    writes: push.requests,
    writtenBytes: push.bytes,
  }),
);
