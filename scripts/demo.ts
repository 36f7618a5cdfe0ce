// npm run demo: the exporter at work on this machine, on a page. See demo/options.ts.
import { createStopSignal } from '../cli/stop.ts';
import { createTerminal } from '../cli/terminal.ts';
import { runDemo } from '../demo/run.ts';
import { systemClock } from '../lib/clock.ts';

const stop = createStopSignal(process);
const status = await runDemo(process.argv.slice(2), {
  env: process.env,
  clock: systemClock,
  terminal: createTerminal(process.stdout, process.stderr, process.env),
  stop,
});
// A terminal signals the whole process group, and npm and scripts/node24.mjs pass the signal on: it comes again, and
// would end this process by signal if it came while the process is on its way out.
if (stop.aborted) await systemClock.sleep(200);
process.exit(status);
