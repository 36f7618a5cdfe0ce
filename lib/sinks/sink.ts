import type { Deadline } from '../deadline.ts';
import type { Family } from '../metrics/family.ts';

/** The samples of one instant, checked (`metrics/check.ts`), with every label they will carry. */
export interface Batch {
  /** ms since the Unix epoch; never in the future. */
  readonly timestampMs: number;
  readonly families: readonly Family[];
}

export interface PushReport {
  /** HTTP requests, retries included. */
  readonly requests: number;
  /** Bytes of request bodies as sent, retries included. */
  readonly bytes: number;
  readonly samplesSent: number;
  /** Samples the receiver refused for good, by reason. */
  readonly samplesDropped: Readonly<Partial<Record<DropReason, number>>>;
  /** What the receiver said when it refused, at most 1 KiB each, without repetition. */
  readonly refusals: readonly string[];
}

export type DropReason =
  | 'already_stored' // duplicate or out of order: the receiver has it, or something newer
  | 'too_old'
  | 'too_new'
  | 'limit'
  | 'invalid'
  | 'rejected';

/**
 * Where samples go. `push` resolves when every request has a final answer: stored, or refused as data (then
 * counted in `samplesDropped`, never sent again). It rejects with `PushError` when anything has no final answer:
 * a wrong address or credential, a receiver that is down, the deadline. Sending the same batch again is always
 * harmless. Nothing is sent after the deadline. Series of one batch leave at most a few requests at a time, each
 * series in one request only.
 */
export interface Sink {
  readonly kind: 'remote-write' | 'pushgateway';
  push(batch: Batch, deadline: Deadline): Promise<PushReport>;
}

/** The push has no final answer for everything; `sent` says how far it came. The cause is the error of the request. */
export class PushError extends Error {
  override readonly name = 'PushError';
  readonly sent: PushReport;

  constructor(message: string, sent: PushReport, options?: ErrorOptions) {
    super(message, options);
    this.sent = sent;
  }
}
