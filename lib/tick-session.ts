import type { Deadline } from './deadline.ts';
import type { GatherOptions } from './gather.ts';
import type { Exchange } from './http/observed.ts';
import type { LedgerPosition, ResourceName } from './prefect/resources.ts';
import type { Sink } from './sinks/sink.ts';

/** Everything one tick opens: closed at its end, whatever happened. */
export interface Session {
  /** Starts to read anew: within one reading each resource is read once. */
  read(
    position: LedgerPosition,
    alsoRead: readonly ResourceName[],
    deadline: Deadline,
  ): Omit<GatherOptions, 'clock' | 'knownWorkspace'>;
  /** Requests to Prefect so far. */
  exchanges(): readonly Exchange[];
  /** Requests to Prefect that were sent again so far. */
  retries(): number;
  /** Whether Prefect gave a good answer; undefined while it was not asked anything. */
  prefectAnswered(): boolean | undefined;
  /** Prefect's clock, by its newest answer; undefined before the first. */
  serverTimeMs(): number | undefined;
  sinkFor(workspace: string): Sink;
  close(): Promise<void>;
}
