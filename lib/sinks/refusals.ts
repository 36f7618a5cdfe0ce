import { HttpStatusError } from '../http/errors.ts';
import type { DropReason } from './sink.ts';

/**
 * What receivers write when they refuse samples, lower case, the first match counts. Prometheus: storage errors of
 * tsdb/head_append.go. Mimir: pkg/util/globalerror/user.go, codes that never change. Cortex and Amazon Managed
 * Prometheus: pkg/util/validation. Thanos: "conflict" with 409, whatever the storage error was.
 */
const remoteWriteRefusals: readonly (readonly [DropReason, RegExp])[] = [
  ['too_new', /too far in (?:the )?future|err-mimir-too-far-in-future|timestamp too new/],
  [
    'already_stored',
    /out of order sample|sample out of order|duplicate sample for timestamp|err-mimir-sample-(?:out-of-order|duplicate-timestamp)/,
  ],
  [
    'too_old',
    /out of bounds|too old sample|timestamp too old|err-mimir-(?:sample-timestamp-too-old|too-far-in-past)/,
  ],
  [
    'limit',
    /err-mimir-(?:max|tenant-max|distributor-max)-|per-(?:user|tenant|metric) (?:series|metric) limit|series has too many labels|(?:series|samples|label names)\b.{0,80}\blimit\b/,
  ],
  [
    'invalid',
    /err-mimir-(?:missing-metric-name|metric-name-invalid|label-|duplicate-label-names)|(?:metric|label) (?:name|value) too long|(?:missing|invalid) metric name|invalid label|duplicate label name|labels? (?:set )?(?:is |are )?(?:not sorted|out of order)/,
  ],
  ['rejected', /err-mimir-/],
];

/**
 * Why the samples of a remote-write request were refused for good; undefined for everything else, also for a 400
 * that says something else: Prometheus' query URL and unknown paths of VictoriaMetrics answer 400 as well, and
 * such an address must not look like a receiver that dislikes the data.
 */
export function remoteWriteRefusal(error: unknown): DropReason | undefined {
  if (!(error instanceof HttpStatusError) || (error.status !== 400 && error.status !== 409)) return undefined;
  const said = error.bodyExcerpt.toLowerCase();
  const known = knownReason(said);
  if (known !== undefined || isWebPage(said)) return known;
  return error.status === 409 && /\bconflict\b/.test(said) ? 'rejected' : undefined;
}

const knownReason = (said: string): DropReason | undefined =>
  isWebPage(said) ? undefined : remoteWriteRefusals.find(([, pattern]) => pattern.test(said))?.[0];

/**
 * Answers that say nothing of the samples: wrong address or credential, too slow, too much, nobody there; 413 says it
 * of the request.
 */
const noJudgement: ReadonlySet<number> = new Set([401, 403, 404, 405, 408, 413, 429, 502, 503, 504]);

/**
 * As `remoteWriteRefusal`, for samples that are too old to be tried for ever: any answer that judged the request is
 * final, whatever it says; where it says nothing known they have `expired`.
 */
export function expiredRefusal(error: unknown): DropReason | undefined {
  if (!(error instanceof HttpStatusError) || noJudgement.has(error.status)) return undefined;
  return remoteWriteRefusal(error) ?? knownReason(error.bodyExcerpt.toLowerCase()) ?? 'expired';
}

/** The two ways a Pushgateway (handler/push.go) says that it will not have this body. */
const pushgatewayRefusal = /pushed metrics are invalid or inconsistent|text format parsing error/;

/** `invalid` when a Pushgateway refused the whole set as data; undefined for everything else. */
export function pushgatewayRefusalReason(error: unknown): DropReason | undefined {
  if (!(error instanceof HttpStatusError) || error.status !== 400) return undefined;
  return pushgatewayRefusal.test(error.bodyExcerpt) ? 'invalid' : undefined;
}

/** The answer as it is logged: `400: out of order sample`. */
export const refusalText = (error: HttpStatusError): string => `${error.status}: ${error.bodyExcerpt.trim()}`;

const isWebPage = (body: string): boolean => /^\s*<(?:!doctype|html|head|body)/.test(body);
