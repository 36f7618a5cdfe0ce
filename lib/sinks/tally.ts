import type { Clock } from '../clock.ts';
import { observed } from '../http/observed.ts';
import { retrying } from '../http/retrying.ts';
import type { Send } from '../http/send.ts';
import type { DropReason, PushReport } from './sink.ts';

/** Counts one push. */
export interface Tally {
  /** One attempt left, with this many bytes of body. */
  requested(bytes: number): void;
  stored(samples: number): void;
  /** `said` is what the receiver answered. */
  refused(reason: DropReason, samples: number, said: string): void;
  report(): PushReport;
}

export function createTally(): Tally {
  let requests = 0;
  let bytes = 0;
  let samplesSent = 0;
  const samplesDropped: Partial<Record<DropReason, number>> = {};
  const refusals = new Set<string>();
  return {
    requested(bodyBytes) {
      requests += 1;
      bytes += bodyBytes;
    },
    stored(samples) {
      samplesSent += samples;
    },
    refused(reason, samples, said) {
      samplesDropped[reason] = (samplesDropped[reason] ?? 0) + samples;
      refusals.add(said);
    },
    report: () => ({
      requests,
      bytes,
      samplesSent,
      samplesDropped: { ...samplesDropped },
      refusals: [...refusals],
    }),
  };
}

export interface CountingOptions {
  readonly clock: Clock;
  readonly maxRetries: number;
  readonly tally: Tally;
  /** Around each attempt; what it throws that is no `HttpError` is not tried again. */
  readonly around?: (attempt: Send) => Send;
}

/** Sends with retries and counts every attempt: around it a push could only count what it asked for. */
export function countingRetries(send: Send, { clock, maxRetries, tally, around }: CountingOptions): Send {
  const counted = observed(send, {
    clock,
    onExchange: ({ requestBytes }) => tally.requested(requestBytes),
  });
  return retrying(around?.(counted) ?? counted, { clock, maxRetries, retryAttemptHeader: true });
}
