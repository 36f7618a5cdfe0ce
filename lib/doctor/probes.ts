import type { Deadline } from '../deadline.ts';
import type { Exchange } from '../http/observed.ts';
import type { HttpRequest, Send } from '../http/send.ts';
import type { ResourceName, ResourceReader } from '../prefect/resources.ts';
import type { CheckSection } from './report.ts';

/** What the doctor asks with: the same connections, credentials and resources as a tick, retried once at most. */
export interface Probes {
  readonly deadline: Deadline;
  /** What the chosen collectors need. */
  readonly needs: readonly ResourceName[];
  readonly reader: ResourceReader;
  /** With authentication and CSRF. */
  readonly prefectSend: Send;
  /** With authentication. */
  readonly receiverSend: Send;
  /** Prefect's clock, by its newest answer; undefined before the first. */
  serverTimeMs(): number | undefined;
  /** Requests to Prefect so far. */
  exchanges(): readonly Exchange[];
  close(): Promise<void>;
}

/** A section, and what `network.ts` needs to tell a closed network from a single wrong address. */
export interface Checked {
  readonly section: CheckSection;
  readonly host: string | undefined;
  /** Why nothing answered, where that is so. */
  readonly error: unknown;
}

/** The answer's status, or undefined when `send` rejects: for asking whether another address would do. */
export async function statusOf(
  send: Send,
  request: HttpRequest,
  deadline: Deadline,
): Promise<number | undefined> {
  try {
    return (await send(request, deadline)).status;
  } catch {
    return undefined;
  }
}

/** Seconds the other side's clock differs by, from its `Date` header; undefined without one. */
export function clockDifferenceSeconds(dateMs: number | undefined, nowMs: number): number | undefined {
  return dateMs === undefined ? undefined : Math.round((nowMs - dateMs) / 1000);
}
