import { createClosing } from './closing.ts';
import { showLive } from './live.ts';
import { runOnce } from './once.ts';
import { DemoUsageError, demoUsage, parseOptions } from './options.ts';
import { startParts } from './parts.ts';
import type { DemoSurroundings } from './surroundings.ts';

/**
 * Runs one command line. Resolves with the exit status: 0 all is well or stopped, 1 something is wrong, 2 the command
 * line is wrong. All it started is closed then.
 */
export async function runDemo(args: readonly string[], surroundings: DemoSurroundings): Promise<number> {
  const { terminal } = surroundings;
  const closing = createClosing(surroundings.clock);
  try {
    const options = parseOptions(args);
    if (options.help) {
      terminal.print(demoUsage);
      return 0;
    }
    const parts = await startParts(options, surroundings, closing);
    return await (options.once
      ? runOnce(parts, surroundings)
      : showLive(parts, options, surroundings, closing));
  } catch (error) {
    terminal.note(error instanceof Error ? error.message : String(error));
    if (!(error instanceof DemoUsageError)) return 1;
    terminal.note(`\n${demoUsage}`);
    return 2;
  } finally {
    await closing.close();
  }
}
