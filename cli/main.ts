import { readFileSync } from 'node:fs';
import { systemClock } from '../lib/clock.ts';
import { run } from './run.ts';
import { createStopSignal } from './stop.ts';
import { createTerminal } from './terminal.ts';

/** Whoever read the output has seen enough and left, as `head` does: that is no error. */
function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}
process.stdout.on('error', ignoreClosedPipe);
process.stderr.on('error', ignoreClosedPipe);

process.exitCode = await run(process.argv.slice(2), {
  env: process.env,
  clock: systemClock,
  readFile: (path) => readFileSync(path, 'utf8'),
  terminal: createTerminal(process.stdout, process.stderr, process.env),
  stopSignal: () => createStopSignal(process),
});
