import { describe, expect, it } from 'vitest';
import { HttpStatusError, NoAnswerError, RedirectError } from '../../lib/http/errors.ts';
import { expiredRefusal, pushgatewayRefusalReason, remoteWriteRefusal } from '../../lib/sinks/refusals.ts';

const request = { method: 'POST', url: new URL('http://r/'), endpoint: 'remote-write', headers: {} } as const;
const answered = (status: number, bodyExcerpt: string) =>
  new HttpStatusError(request, { status, headers: {}, bodyExcerpt });

describe('remoteWriteRefusal', () => {
  it.each([
    // Prometheus 2.42 to 3.5
    ['already_stored', 'out of order sample\n'],
    ['already_stored', 'duplicate sample for timestamp\n'],
    [
      'already_stored',
      'duplicate sample for timestamp 1795000000000; overrides not allowed: existing 7, new value 8',
    ],
    ['too_old', 'out of bounds\n'],
    ['too_old', 'too old sample\n'],
    ['too_new', 'out of bounds: timestamp is too far in the future\n'],
    // Mimir, Grafana Cloud
    [
      'already_stored',
      'failed pushing to ingester: user=1: the sample has been rejected because another sample with the same timestamp, but a different value, has already been ingested (err-mimir-sample-duplicate-timestamp). The affected sample has timestamp 2026-11-20T10:00:00Z and is from series m',
    ],
    ['already_stored', 'the sample has been rejected (err-mimir-sample-out-of-order)'],
    [
      'too_old',
      'the sample has been rejected because its timestamp is too old (err-mimir-sample-timestamp-too-old)',
    ],
    ['too_old', 'received a sample whose timestamp is too far in the past (err-mimir-too-far-in-past)'],
    ['too_new', 'received a sample whose timestamp is too far in the future (err-mimir-too-far-in-future)'],
    ['limit', 'per-user series limit of 150000 exceeded (err-mimir-max-series-per-user)'],
    [
      'limit',
      'received a series whose number of labels exceeds the limit (err-mimir-max-label-names-per-series)',
    ],
    ['limit', '(err-mimir-tenant-max-request-rate)'],
    ['invalid', 'received a series whose label value length exceeds (err-mimir-label-value-too-long)'],
    ['invalid', 'received series has no metric name (err-mimir-missing-metric-name)'],
    ['rejected', 'something new (err-mimir-from-next-year)'],
    // Cortex, Amazon Managed Prometheus
    [
      'already_stored',
      'user=1: err: out of order sample. timestamp=2026-11-20T10:00:00Z, series={__name__="m"}',
    ],
    ['limit', 'per-user series limit of 500 exceeded, please contact administrator to raise it'],
    ['too_new', 'timestamp too new: 1795000000000 metric: "m"'],
    ['too_old', 'timestamp too old: 1795000000000 metric: "m"'],
    ['invalid', 'label value too long for metric'],
  ])('%s: %s', (reason, body) => {
    expect(remoteWriteRefusal(answered(400, body))).toBe(reason);
  });

  it.each([
    ['rejected', 'store locally for endpoint 127.0.0.1:10901: conflict'],
    ['already_stored', 'add 2 samples: out of order sample'],
    ['too_new', 'add 2 samples: out of bounds: timestamp is too far in the future'],
  ])('409 of Thanos, %s: %s', (reason, body) => {
    expect(remoteWriteRefusal(answered(409, body))).toBe(reason);
  });

  it.each([
    // The query address of a Prometheus
    '{"status":"error","errorType":"bad_data","error":"invalid parameter \\"query\\": 1:1: parse error: no expression found in input"}',
    '{"status":"error","errorType":"bad_data","error":"invalid parameter \\"limit\\": cannot parse \\"x\\""}',
    // VictoriaMetrics, unknown path
    'unsupported path requested: "/api/v1/writ"',
    'remoteAddr: "127.0.0.1:5"; requestURI: /write; missing route',
    // Not a remote-write endpoint, or not the version it takes
    'snappy: corrupt input',
    'cannot unmarshal protobuf message',
    'text format parsing error in line 1: unexpected end of input stream',
    'no org id',
    'conflict',
    '<html><head><title>400 Request Header Or Cookie Too Large</title></head></html>',
    '<!DOCTYPE html><p>Your series limit: out of order sample</p>',
    '',
  ])('a 400 that says something else is no refusal of data: %s', (body) => {
    expect(remoteWriteRefusal(answered(400, body))).toBeUndefined();
  });

  it.each([401, 403, 404, 405, 413, 415, 422, 429, 500, 503])('%i never is', (status) => {
    expect(remoteWriteRefusal(answered(status, 'out of order sample'))).toBeUndefined();
  });

  it('neither is anything without an answer', () => {
    const what = 'out of order sample';
    expect(remoteWriteRefusal(new NoAnswerError(request, { reason: 'closed', what }))).toBeUndefined();
    expect(remoteWriteRefusal(new RedirectError(request, 302, 'http://x/'))).toBeUndefined();
    expect(remoteWriteRefusal(new Error(what))).toBeUndefined();
  });
});

describe('pushgatewayRefusalReason', () => {
  it.each([
    'pushed metrics are invalid or inconsistent with existing metrics: pushed metrics must not have timestamps',
    'text format parsing error in line 1: unexpected end of input stream',
  ])('invalid: %s', (body) => {
    expect(pushgatewayRefusalReason(answered(400, body))).toBe('invalid');
    expect(pushgatewayRefusalReason(answered(404, body))).toBeUndefined();
  });

  it.each(['odd number of components in label string', 'out of order sample', ''])('not: %s', (body) => {
    expect(pushgatewayRefusalReason(answered(400, body))).toBeUndefined();
  });
});

describe('expiredRefusal', () => {
  it.each([
    ['expired', 500, 'something went wrong'],
    ['expired', 400, ''],
    ['expired', 409, 'a lock is held'],
    ['expired', 422, 'unprocessable'],
    ['expired', 507, '<html><head><title>limit: out of order sample</title></head></html>'],
    ['too_old', 500, 'too old sample'],
    ['too_old', 400, 'out of bounds'],
    ['already_stored', 500, 'out of order sample'],
    ['rejected', 409, 'store locally: conflict'],
  ])('%s: %i %s', (reason, status, body) => {
    expect(expiredRefusal(answered(status, body))).toBe(reason);
  });

  it.each([401, 403, 404, 405, 408, 413, 429, 502, 503, 504])('%i judges nothing', (status) => {
    expect(expiredRefusal(answered(status, 'too old sample'))).toBeUndefined();
  });

  it('neither does a redirect, or no answer', () => {
    expect(expiredRefusal(new RedirectError(request, 302, '/login'))).toBeUndefined();
    const details = { reason: 'closed', what: 'too old sample' } as const;
    expect(expiredRefusal(new NoAnswerError(request, details))).toBeUndefined();
  });
});
