// One backfill in one process, as the command line does it: configuration, reading, writing, its state in a file.
import { runBackfill } from '../lib/backfill/prepare.ts';
import { systemClock as clock } from '../lib/clock.ts';
import { allCollectors as collectors } from '../lib/collectors/all.ts';
import { parseConfig } from '../lib/config/parse.ts';
import { peakRssMb } from './bench.ts';

const [prefectUrl = '', receiverUrl = '', store = '', since = '', until = '', output = ''] =
  process.argv.slice(2);
const env = {
  PREFECT_API_URL: prefectUrl,
  REMOTE_WRITE_URL: receiverUrl,
  STORE: `file:${store}`,
  WORKSPACE: 'past',
};
const { config } = parseConfig(env, {
  readFile: () => '',
  collectors,
  sink: 'required',
  where: 'command-line',
});
const idleMb = peakRssMb();
const startedMs = clock.monotonic();
const report = await runBackfill(
  { config, clock, signal: new AbortController().signal, onProgress: () => undefined },
  {
    kind: 'new',
    sinceMs: Number(since),
    untilMs: Number(until),
    intervalMs: 60_000,
    output: output === '' ? undefined : output,
    dryRun: false,
  },
);
const { runs, series, ticks, written, outcome } = report;
const seconds = (clock.monotonic() - startedMs) / 1000;
console.log(
  JSON.stringify({ outcome, runs, series, ticks, ...written, seconds, idleMb, peakRssMb: peakRssMb() }),
);
