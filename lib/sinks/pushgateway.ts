import type { Clock } from '../clock.ts';
import type { PushgatewayConfig } from '../config/config.ts';
import { encodeText } from '../encode/text.ts';
import { HttpStatusError } from '../http/errors.ts';
import type { Send } from '../http/send.ts';
import type { DescribeFamily } from '../metrics/description.ts';
import { putRequest } from './pushgateway-request.ts';
import { pushgatewayRefusalReason, refusalText } from './refusals.ts';
import { OvertakenError, PushError, type Sink } from './sink.ts';
import { countingRetries, createTally } from './tally.ts';

export interface PushgatewaySinkOptions {
  readonly config: Pick<PushgatewayConfig, 'url' | 'job' | 'grouping' | 'maxRetries'>;
  /** One attempt, with authentication; retries are the sink's, so that its report can count them. */
  readonly send: Send;
  readonly clock: Clock;
  /** For HELP and TYPE. */
  readonly describe: DescribeFamily;
}

/**
 * Pushes to a Prometheus Pushgateway: each push is one PUT of the complete set under one fixed grouping key, so
 * that what is gone disappears there, too. No timestamps: a Pushgateway refuses them.
 *
 * The labels of the grouping key are on every series and win over labels of the same name, which are left out of
 * the body: that is what a Pushgateway does anyway. Where they would make two series one, nothing is sent.
 *
 * A Pushgateway takes all or nothing. What it finds "invalid or inconsistent with existing metrics" is refused as
 * data (`invalid`, all samples); any other 400 is a wrong address, and a `PushError`. A stale sample is left out of
 * the set, which ends it there, and counts as sent.
 */
export function createPushgatewaySink({ config, send, clock, describe }: PushgatewaySinkOptions): Sink {
  const inAddress = new Set(['job', ...Object.keys(config.grouping)]);
  return {
    kind: 'pushgateway',
    async push(batch, deadline, { notAfterMs = Number.POSITIVE_INFINITY } = {}) {
      const tally = createTally();
      const around = (attempt: Send) => notAfter(notAfterMs, attempt, clock);
      const put = countingRetries(send, { clock, maxRetries: config.maxRetries, tally, around });
      const samples = batch.samples.length;
      try {
        await put(putRequest(config, await encodeText(batch.samples, describe, inAddress)), deadline);
        tally.stored(samples);
      } catch (error) {
        const reason = pushgatewayRefusalReason(error);
        if (reason === undefined || !(error instanceof HttpStatusError)) {
          const why = error instanceof Error ? error.message : String(error);
          throw new PushError(`${samples} samples have no final answer: ${why}`, tally.report(), {
            cause: error,
          });
        }
        tally.refused(reason, samples, refusalText(error));
      }
      return tally.report();
    },
  };
}

/** Attempts that begin until then; a retry is an attempt, too. */
const notAfter =
  (notAfterMs: number, attempt: Send, clock: Clock): Send =>
  async (request, deadline) => {
    if (clock.now() > notAfterMs) {
      const limit = new Date(notAfterMs).toISOString();
      throw new OvertakenError(`overtaken: not sent after ${limit}, when a newer push may have begun`);
    }
    return attempt(request, deadline);
  };
