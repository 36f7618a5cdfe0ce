import { gzipSync } from 'node:zlib';
import type { Clock } from '../clock.ts';
import type { PushgatewayConfig } from '../config/config.ts';
import { encodeText } from '../encode/text.ts';
import { HttpStatusError } from '../http/errors.ts';
import type { HttpRequest, Send } from '../http/send.ts';
import { userAgent } from '../version.ts';
import { pushgatewayRefusalReason, refusalText } from './refusals.ts';
import { type Batch, PushError, type Sink } from './sink.ts';
import { countingRetries, createTally } from './tally.ts';

export interface PushgatewaySinkOptions {
  readonly config: Pick<PushgatewayConfig, 'url' | 'job' | 'grouping' | 'maxRetries'>;
  /** One attempt, with authentication; retries are the sink's, so that its report can count them. */
  readonly send: Send;
  readonly clock: Clock;
}

const headers = {
  'content-encoding': 'gzip',
  'content-type': 'text/plain; version=0.0.4; charset=utf-8',
  'user-agent': userAgent,
};

/**
 * Pushes to a Prometheus Pushgateway: each push is one PUT of the complete set under one fixed grouping key, so
 * that what is gone disappears there, too. No timestamps: a Pushgateway refuses them.
 *
 * The labels of the grouping key are on every series and win over labels of the same name, which are left out of
 * the body: that is what a Pushgateway does anyway. Where they would make two series one, nothing is sent.
 *
 * A Pushgateway takes all or nothing. What it finds "invalid or inconsistent with existing metrics" is refused as
 * data (`invalid`, all samples); any other 400 is a wrong address, and a `PushError`.
 */
export function createPushgatewaySink({ config, send, clock }: PushgatewaySinkOptions): Sink {
  const url = groupUrl(config);
  const inAddress = new Set(['job', ...Object.keys(config.grouping)]);
  return {
    kind: 'pushgateway',
    async push(batch, deadline) {
      const tally = createTally();
      const put = countingRetries(send, { clock, maxRetries: config.maxRetries, tally });
      const samples = batch.families.reduce((sum, family) => sum + family.samples.length, 0);
      try {
        await put(requestOf(url, await bodyOf(batch, inAddress)), deadline);
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

const bodyOf = async (batch: Batch, inAddress: ReadonlySet<string>): Promise<Uint8Array> =>
  gzipSync(await encodeText(batch.families, inAddress));

const requestOf = (url: URL, body: Uint8Array): HttpRequest => ({
  method: 'PUT',
  url,
  endpoint: 'pushgateway',
  headers,
  body,
});

/**
 * `/metrics/job@base64/<job>/<label>@base64/<value>…`, labels in order. Every value is encoded: a slash would be
 * redirected or refused and an empty one lost (Pushgateway README, "URL").
 */
export function groupUrl({ url, job, grouping }: Pick<PushgatewayConfig, 'url' | 'job' | 'grouping'>): URL {
  const labels = Object.entries(grouping)
    .filter(([name]) => name !== 'job')
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const path = [['job', job] as const, ...labels].map(([name, value]) => `/${name}@base64/${base64(value)}`);
  const address = new URL(url);
  address.pathname = `${url.pathname.replace(/\/+$/, '')}/metrics${path.join('')}`;
  return address;
}

/** URL-safe base64; the empty value is a single `=`. */
const base64 = (value: string): string => (value === '' ? '=' : Buffer.from(value).toString('base64url'));
