// Answers of receivers that cannot be run here, in their own words.
import { describe, expect, it } from 'vitest';
import type { RemoteWriteConfig, SinkAuth } from '../../lib/config/config.ts';
import { diagnoseReceiver, diagnoseRefusals } from '../../lib/diagnosis/receiver.ts';
import { HttpStatusError } from '../../lib/http/errors.ts';
import { createSecret } from '../../lib/secret.ts';
import { remoteWriteRequest } from '../../lib/sinks/remote-write-request.ts';
import { PushError, type PushReport } from '../../lib/sinks/sink.ts';

const nothing: PushReport = { requests: 1, bytes: 9, samplesSent: 0, samplesDropped: {}, refusals: [] };

function diagnose(address: string, status: number, body: string, auth: SinkAuth = { kind: 'none' }) {
  const url = new URL(address);
  const config: RemoteWriteConfig = {
    kind: 'remote-write',
    url,
    auth,
    headers: {},
    timeoutMs: 1,
    maxSeriesPerRequest: 1,
    concurrency: 1,
    maxRetries: 0,
  };
  const request = remoteWriteRequest(config, new Uint8Array());
  const cause = new HttpStatusError(request, { status, headers: {}, bodyExcerpt: body });
  return diagnoseReceiver(new PushError('1 of 1 samples have no final answer', nothing, { cause }), config);
}

const amazon = 'https://aps-workspaces.eu-west-1.amazonaws.com/workspaces/ws-1/api/v1/remote_write';
const grafana = 'https://prometheus-prod-24-prod-eu-west-2.grafana.net/api/prom/push';
const mimir = 'http://mimir:8080/api/v1/push';

describe('a refused push', () => {
  it.each([
    ['Mimir without a tenant', mimir, 401, 'no org id', 'receiver-tenant'],
    ['Mimir behind a proxy, without a tenant', mimir, 400, 'No Org ID', 'receiver-tenant'],
    ['Amazon, unsigned', amazon, 403, '{"message":"Missing Authentication Token"}', 'receiver-token-refused'],
    [
      'Amazon, without permission',
      amazon,
      403,
      'User: arn:aws:iam::1:role/r is not authorized to perform: aps:RemoteWrite',
      'receiver-permission',
    ],
    [
      'another gateway of Amazon',
      'https://x.execute-api.eu-west-1.amazonaws.com/',
      403,
      'Missing Authentication Token',
      'receiver-url-without-path',
    ],
    [
      'a query address',
      'http://p:9090/q',
      400,
      '{"status":"error","errorType":"bad_data"}',
      'receiver-url-is-for-queries',
    ],
    [
      'VictoriaMetrics',
      'http://v:8428/',
      400,
      'unsupported path requested: "/"',
      'receiver-url-without-path',
    ],
    [
      'Grafana, a read-only token',
      grafana,
      401,
      '{"status":"error","error":"authentication error: invalid scope requested"}',
      'receiver-token-refused',
    ],
    ['a web server', 'http://p/', 405, '', 'receiver-url-without-path'],
    ['an unknown 400', mimir, 400, 'strange', 'receiver-failed'],
    ['a limit of requests', mimir, 429, 'the request has been rejected', 'receiver-failed'],
  ])('by %s', (_, address, status, body, slug) => {
    expect(diagnose(address, status, body)).toMatchObject({ slug });
  });

  it('by Grafana says what a token needs, and hides it', () => {
    const auth = { kind: 'basic', username: '1234567', password: createSecret('glc_abcdefgh') } as const;
    expect(diagnose(grafana, 401, 'invalid token', auth)).toEqual({
      slug: 'receiver-token-refused',
      message: `The receiver at ${grafana} does not accept the credentials (401).`,
      found: 'user 1234567, password glc_…(12 characters); it says: invalid token',
      do: 'the user name is the number of the instance; the token needs the scope metrics:write (Access Policies) and the region of the address',
    });
  });

  it('for other reasons than HTTP is nothing to explain', () => {
    const error = new TypeError('a defect');
    const sink: RemoteWriteConfig = {
      kind: 'remote-write',
      url: new URL(mimir),
      auth: { kind: 'none' },
      headers: {},
      timeoutMs: 1,
      maxSeriesPerRequest: 1,
      concurrency: 1,
      maxRetries: 0,
    };
    expect(diagnoseReceiver(error, sink)).toBeUndefined();
  });
});

describe('refused samples', () => {
  it.each([
    ['already_stored', ['two-writers']],
    ['too_new', ['clock']],
    ['too_old', ['receiver-refused-data']],
    ['limit', ['receiver-refused-data']],
  ] as const)('%s', (reason, expected) => {
    const report = { ...nothing, samplesDropped: { [reason]: 3 }, refusals: ['400: because'] };
    const problems = diagnoseRefusals(report, 'prod');
    expect(problems.map(({ slug }) => slug)).toEqual(expected);
    expect(problems[0]?.found).toBe('400: because');
  });

  it('of several kinds give one problem each, and none gives none', () => {
    const samplesDropped = { already_stored: 1, limit: 2, invalid: 4 };
    expect(diagnoseRefusals({ ...nothing, samplesDropped }, 'prod')).toMatchObject([
      { slug: 'two-writers', message: expect.stringContaining('workspace="prod"') },
      {
        slug: 'receiver-refused-data',
        message: 'The receiver refused 2 samples (limit), 4 samples (invalid).',
      },
    ]);
    expect(diagnoseRefusals(nothing, 'prod')).toEqual([]);
  });
});
