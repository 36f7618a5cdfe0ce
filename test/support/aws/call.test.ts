import { describe, expect, test } from 'vitest';
import type { ReceivedRequest } from '../../../doubles/server.ts';
import { awsCallOf } from './call.ts';

const signed = (service: string) => ({
  authorization: `AWS4-HMAC-SHA256 Credential=ASIAKEY/20261129/eu-west-1/${service}/aws4_request, SignedHeaders=host, Signature=0`,
});

function request(service: string, parts: Partial<Omit<ReceivedRequest, 'body'>> & { body?: string }) {
  const { method = 'POST', path = '/', headers = {}, body = '' } = parts;
  return { method, path, headers: { ...signed(service), ...headers }, body: Buffer.from(body) };
}

const secret = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:name-AbCdEf';

describe('a request to AWS', () => {
  test.each([
    ['a read of an object', request('s3', { method: 'GET', path: '/ledgers/a/b%20c.gz?x-id=GetObject' })],
    ['a write of an object', request('s3', { method: 'PUT', path: '/ledgers/a/b%20c.gz?x-id=PutObject' })],
  ])('%s has its ARN', (_, made) => {
    const action = made.method === 'GET' ? 'GetObject' : 'PutObject';
    const resource = 'arn:aws:s3:::ledgers/a/b c.gz';
    expect(awsCallOf(made)).toEqual({ accessKeyId: 'ASIAKEY', service: 's3', action, resource });
  });

  test('one that is no plain read or write of an object has no action that a list could hold', () => {
    const listing = request('s3', { method: 'GET', path: '/ledgers?list-type=2' });
    expect(awsCallOf(listing)).toMatchObject({ action: 'GET /ledgers?list-type=2', resource: undefined });
    const version = request('s3', { method: 'GET', path: '/ledgers/key?versionId=1' });
    expect(awsCallOf(version)?.resource).toBeUndefined();
  });

  test('in JSON and as a form it names what it is about', () => {
    const headers = { 'x-amz-target': 'secretsmanager.GetSecretValue' };
    const body = JSON.stringify({ SecretId: secret });
    expect(awsCallOf(request('secretsmanager', { headers, body }))).toMatchObject({
      action: 'GetSecretValue',
      resource: secret,
    });
    const RoleArn = 'arn:aws:iam::123456789012:role/writer';
    const form = new URLSearchParams({ Action: 'AssumeRole', RoleArn }).toString();
    expect(awsCallOf(request('sts', { body: form }))).toMatchObject({
      action: 'AssumeRole',
      resource: RoleArn,
    });
  });

  test('that nobody signed is none', () => {
    expect(awsCallOf({ ...request('s3', {}), headers: {} })).toBeUndefined();
  });
});
