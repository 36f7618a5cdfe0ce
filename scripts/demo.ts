// npm run demo: the exporter at work on this machine, on a page. See demo/options.ts.
import { createStopSignal } from '../cli/stop.ts';
import { createTerminal } from '../cli/terminal.ts';
import { runDemo } from '../demo/run.ts';
import { systemClock } from '../lib/clock.ts';

process.exitCode = await runDemo(process.argv.slice(2), {
  env: process.env,
  clock: systemClock,
  terminal: createTerminal(process.stdout, process.stderr, process.env),
  stop: createStopSignal(process),
});
