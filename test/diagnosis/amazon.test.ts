// Answers of Amazon Managed Prometheus, which cannot be run here, in its own words.
import { describe, expect, it } from 'vitest';
import type { RemoteWriteConfig, SinkAuth } from '../../lib/config/config.ts';
import { diagnoseReceiver } from '../../lib/diagnosis/receiver.ts';
import { CredentialsError, HttpStatusError } from '../../lib/http/errors.ts';
import { remoteWriteRequest } from '../../lib/sinks/remote-write-request.ts';

const roleArn = 'arn:aws:iam::123456789012:role/prefect-metrics';
const region = 'eu-west-1';
const auth = { kind: 'sigv4', region, service: 'aps', roleArn: undefined, stsRegion: region } as const;

const configOf = (given: SinkAuth = auth): RemoteWriteConfig => ({
  kind: 'remote-write',
  url: new URL('https://aps-workspaces.eu-west-1.amazonaws.com/workspaces/ws-1/api/v1/remote_write'),
  auth: given,
  headers: {},
  timeoutMs: 1,
  maxSeriesPerRequest: 1,
  concurrency: 1,
  maxRetries: 0,
});

function diagnose(
  status: number,
  message: string,
  { type = '', given = auth }: { type?: string; given?: SinkAuth } = {},
) {
  const config = configOf(given);
  const request = remoteWriteRequest(config, new Uint8Array());
  const bodyExcerpt = JSON.stringify({ message });
  return diagnoseReceiver(
    new HttpStatusError(request, { status, headers: { 'x-amzn-errortype': type }, bodyExcerpt }),
    config,
  );
}

const user = 'User: arn:aws:sts::123456789012:assumed-role/r/f is not authorized to perform:';

describe('an answer of Amazon Managed Prometheus', () => {
  it.each<[string, number, string, string]>([
    ['without a signature', 403, 'Missing Authentication Token', 'receiver-token-refused'],
    ['with an old date', 403, 'Signature expired: 20261120T100000Z is now earlier than', 'clock'],
    ['with a date to come', 403, 'Signature not yet current: 20261120T100000Z is', 'clock'],
    [
      'with another secret',
      403,
      'The request signature we calculated does not match',
      'receiver-token-refused',
    ],
    ['for another region', 403, 'Credential should be scoped to a valid region.', 'receiver-token-refused'],
    [
      'with an ended session',
      403,
      'The security token included in the request is expired',
      'receiver-token-refused',
    ],
    ['without permission', 403, `${user} aps:RemoteWrite on resource: x`, 'receiver-permission'],
    ['without the workspace', 404, 'Workspace not found: ws-1', 'receiver-workspace'],
    ['with too much', 429, 'ingestion rate limit (70000) exceeded', 'receiver-failed'],
    ['that failed', 503, 'Service Unavailable', 'receiver-failed'],
  ])('to a request %s', (_, status, message, slug) => {
    expect(diagnose(status, message)).toMatchObject({ slug });
  });

  it('names the permission, the workspace and whom to give it to', () => {
    const message = `${user} aps:RemoteWrite on resource: arn:aws:aps:eu-west-1:123456789012:workspace/ws-1`;
    const arn = 'arn:aws:aps:eu-west-1:<account>:workspace/ws-1';
    expect(diagnose(403, message)).toEqual({
      slug: 'receiver-permission',
      message: 'The AWS credentials may not aps:RemoteWrite, which writing to workspace ws-1 takes (403).',
      found: JSON.stringify({ message }),
      expected: `aps:RemoteWrite on ${arn}`,
      do: `allow aps:RemoteWrite on ${arn} in the policy of the role or user whose credentials sign`,
    });
    expect(diagnose(403, message, { given: { ...auth, roleArn } })?.do).toBe(
      `allow aps:RemoteWrite on ${arn} in the policy of ${roleArn}`,
    );
    const china = { ...auth, region: 'cn-north-1' };
    expect(diagnose(403, message, { given: china })?.expected).toContain('arn:aws-cn:aps:cn-north-1:');
  });

  it('names the permission where only the type of the error says it', () => {
    expect(diagnose(403, 'null', { type: 'AccessDeniedException' })).toMatchObject({
      slug: 'receiver-permission',
      expected: expect.stringContaining('aps:RemoteWrite'),
    });
  });

  it('names the permission on a key', () => {
    expect(diagnose(403, `${user} kms:GenerateDataKey on resource: arn:aws:kms:x`)).toMatchObject({
      slug: 'receiver-permission',
      do: expect.stringContaining('allow kms:GenerateDataKey on the key of the workspace'),
    });
  });

  it('says what the request was signed for', () => {
    expect(diagnose(403, 'Credential should be scoped', { given: { ...auth, roleArn } })?.found).toBe(
      `signed for eu-west-1, aps, as ${roleArn}; it says: {"message":"Credential should be scoped"}`,
    );
  });

  it('names REMOTE_WRITE_SIGV4 also where it is not set', () => {
    expect(diagnose(403, 'Missing Authentication Token', { given: { kind: 'none' } })).toMatchObject({
      slug: 'receiver-token-refused',
      do: expect.stringContaining('REMOTE_WRITE_SIGV4=true'),
    });
  });
});

describe('no credentials', () => {
  const problemOf = (given: SinkAuth, what: string) => {
    const config = configOf(given);
    const error = new CredentialsError(remoteWriteRequest(config, new Uint8Array()), what);
    return diagnoseReceiver(new Error('push', { cause: error }), config);
  };

  it('say where they come from', () => {
    expect(problemOf(auth, 'Could not load credentials from any providers')).toMatchObject({
      slug: 'receiver-aws-credentials',
      message: 'REMOTE_WRITE_SIGV4 is true, and there are no AWS credentials to sign with.',
      found: expect.stringContaining('Could not load credentials from any providers'),
    });
  });

  it('of a role name the role and both sides of it', () => {
    expect(problemOf({ ...auth, roleArn }, `${user} sts:AssumeRole`)).toMatchObject({
      slug: 'receiver-aws-credentials',
      message: `The role ${roleArn} of REMOTE_WRITE_SIGV4_ROLE_ARN cannot be assumed.`,
      do: expect.stringContaining(`allow sts:AssumeRole on ${roleArn}`),
    });
  });
});
