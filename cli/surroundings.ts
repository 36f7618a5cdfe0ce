import type { Clock } from '../lib/clock.ts';
import type { ReadSecret } from '../lib/secrets/read-secret.ts';
import type { Terminal } from './terminal.ts';

export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly terminal: Terminal;
  /** Default: from AWS. */
  readonly readSecret?: ReadSecret;
  /** From its call on, being asked to stop does not end the program but aborts this signal. */
  stopSignal(): AbortSignal;
  readFile(path: string): string;
}
