import type { Deadline } from '../deadline.ts';
import type { SeriesSample } from '../metrics/series.ts';

/** The samples of one instant, checked (`metrics/check.ts`); no series is in it twice. */
export interface Batch {
  /** ms since the Unix epoch; never in the future. */
  readonly timestampMs: number;
  readonly samples: readonly SeriesSample[];
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

export const nothingPushed: PushReport = {
  requests: 0,
  bytes: 0,
  samplesSent: 0,
  samplesDropped: {},
  refusals: [],
};

export type DropReason =
  | 'already_stored' // duplicate or out of order: the receiver has it, or something newer
  | 'too_old'
  | 'too_new'
  | 'limit'
  | 'invalid'
  | 'rejected'
  | 'expired'; // refused without a known reason, and too old to be tried again

export interface PushOptions {
  /**
   * The batch is past the age limit of the outbox: every answer that judged a request ends it, also a 500, which is
   * what a Prometheus before 2.50 with an out-of-order window says to old samples, for ever. Answers about the address,
   * the credentials or the load are no judgement. A Pushgateway has no old samples, and its sink no use for this.
   */
  readonly expired?: boolean;
  /**
   * ms since the Unix epoch; a PUT to a Pushgateway does not start later (`OvertakenError`): it would replace what a
   * newer one has put. Samples with timestamps cannot be overtaken, so remote write has no use for this.
   */
  readonly notAfterMs?: number;
}

/**
 * Where samples go. `push` resolves when every request has a final answer: stored, or refused as data (then
 * counted in `samplesDropped`, never sent again). It rejects with `PushError` when anything has no final answer:
 * a wrong address or credential, a receiver that is down, the deadline. Sending the same batch again is always
 * harmless. Nothing is sent after the deadline. Series of one batch leave at most a few requests at a time, each
 * series in one request only.
 */
export interface Sink {
  readonly kind: 'remote-write' | 'pushgateway';
  push(batch: Batch, deadline: Deadline, options?: PushOptions): Promise<PushReport>;
}

/** Both pushes as one. */
export function mergePushReports(a: PushReport, b: PushReport): PushReport {
  const samplesDropped = { ...a.samplesDropped };
  for (const reason of dropReasonsOf(b)) {
    samplesDropped[reason] = (samplesDropped[reason] ?? 0) + (b.samplesDropped[reason] ?? 0);
  }
  return {
    requests: a.requests + b.requests,
    bytes: a.bytes + b.bytes,
    samplesSent: a.samplesSent + b.samplesSent,
    samplesDropped,
    refusals: [...new Set([...a.refusals, ...b.refusals])],
  };
}

// The keys of such a record are drop reasons: only the sinks fill it.
const dropReasonsOf = ({ samplesDropped }: PushReport) => Object.keys(samplesDropped) as DropReason[];

/** The cause of a `PushError`: nothing was started, because `notAfterMs` had passed. */
export class OvertakenError extends Error {
  override readonly name = 'OvertakenError';
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
