import type { Terminal } from '../cli/terminal.ts';
import type { Clock } from '../lib/clock.ts';

/** What the demo takes from the process it runs in. */
export interface DemoSurroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly terminal: Terminal;
  /** Aborted when the demo is asked to stop. */
  readonly stop: AbortSignal;
}
