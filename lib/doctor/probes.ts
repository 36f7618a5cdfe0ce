import type { Collector } from '../collectors/collector.ts';
import type { Deadline } from '../deadline.ts';
import { parseJson } from '../http/json.ts';
import type { Exchange } from '../http/observed.ts';
import type { HttpRequest, Send } from '../http/send.ts';
import type { ResourceReader } from '../prefect/resources.ts';
import type { CheckSection } from './report.ts';

/** What the doctor asks with: the connections, credentials and resources of a tick. */
export interface Probes {
  readonly deadline: Deadline;
  /** The chosen ones. */
  readonly collectors: readonly Pick<Collector, 'needs' | 'families'>[];
  readonly reader: ResourceReader;
  /** With authentication and CSRF; what failed is sent once more. */
  readonly prefectSend: Send;
  /** With authentication; sent once. */
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

/** The JSON of an answer, or undefined when there is none: for asking what else lives at an address. */
export async function jsonFrom(send: Send, request: HttpRequest, deadline: Deadline): Promise<unknown> {
  try {
    return parseJson(request, await send(request, deadline));
  } catch {
    return undefined;
  }
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
