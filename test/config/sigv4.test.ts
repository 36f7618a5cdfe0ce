import { describe, expect, it } from 'vitest';
import { amazonRegion, isAmazon } from '../../lib/config/amazon-address.ts';
import type { Environment } from '../../lib/config/raw-values.ts';
import { minimalPushgateway, parse, problems, problemsOnly } from './parsing.ts';

const path = '/workspaces/ws-1/api/v1/remote_write';
const amazon = `https://aps-workspaces.eu-west-1.amazonaws.com${path}`;
const on = { REMOTE_WRITE_SIGV4: 'true' };
const signed = { ...on, REMOTE_WRITE_URL: amazon };
const loopback = `http://127.0.0.1:9090${path}`;

const authOf = (environment: Environment) => parse(environment).config.sink?.auth;

describe('the region in an address', () => {
  it.each([
    ['aps-workspaces.eu-west-1.amazonaws.com', 'eu-west-1'],
    ['aps-workspaces.ap-southeast-2.amazonaws.com', 'ap-southeast-2'],
    ['aps-workspaces-fips.us-east-1.amazonaws.com', 'us-east-1'],
    ['aps-workspaces.us-gov-west-1.amazonaws.com', 'us-gov-west-1'],
    ['aps-workspaces-fips.us-gov-east-1.amazonaws.com', 'us-gov-east-1'],
    ['aps-workspaces.cn-north-1.amazonaws.com.cn', 'cn-north-1'],
    ['aps-workspaces.cn-northwest-1.api.amazonwebservices.com.cn', 'cn-northwest-1'],
    ['aps-workspaces.eu-central-2.api.aws', 'eu-central-2'],
    ['aps-workspaces-fips.us-west-2.api.aws', 'us-west-2'],
    ['vpce-0123abcd-x1y2z3.aps-workspaces.eu-west-1.vpce.amazonaws.com', 'eu-west-1'],
    ['vpce-0123abcd-x1y2z3-eu-west-1a.aps-workspaces.eu-west-1.vpce.amazonaws.com', 'eu-west-1'],
    ['vpce-0123abcd-x1y2z3.aps-workspaces.cn-north-1.vpce.amazonaws.com.cn', 'cn-north-1'],
  ])('%s is %s', (host, region) => {
    expect(amazonRegion(new URL(`https://${host}${path}`))).toBe(region);
    expect(isAmazon(new URL(`https://${host}/`))).toBe(true);
  });

  it.each([
    'prometheus:9090',
    'aps-workspaces.eu-west-1.amazonaws.com.example.com',
    'aps-workspaces.eu-west-1.example.com',
    'xaps-workspaces.eu-west-1.amazonaws.com',
    'aps.eu-west-1.amazonaws.com',
    'x.execute-api.eu-west-1.amazonaws.com',
  ])('%s has none', (host) => {
    expect(amazonRegion(new URL(`https://${host}${path}`))).toBeUndefined();
    expect(isAmazon(new URL(`https://${host}/`))).toBe(false);
  });

  it('is not read out of a name that has no region', () => {
    expect(amazonRegion(new URL('https://aps-workspaces.amazonaws.com/'))).toBeUndefined();
  });
});

describe('REMOTE_WRITE_SIGV4', () => {
  it('takes region and service from the address', () => {
    expect(authOf(signed)).toEqual({
      kind: 'sigv4',
      region: 'eu-west-1',
      service: 'aps',
      roleArn: undefined,
      stsRegion: 'eu-west-1',
    });
  });

  it('signs for the region of the address, and asks for a role where the process is', () => {
    const roleArn = 'arn:aws:iam::123456789012:role/team/prefect-metrics';
    expect(authOf({ ...signed, AWS_REGION: 'us-east-1', REMOTE_WRITE_SIGV4_ROLE_ARN: roleArn })).toEqual({
      kind: 'sigv4',
      region: 'eu-west-1',
      service: 'aps',
      roleArn,
      stsRegion: 'us-east-1',
    });
  });

  it.each<[string, Environment, string]>([
    [
      'REMOTE_WRITE_SIGV4_REGION',
      { REMOTE_WRITE_SIGV4_REGION: 'eu-west-3', AWS_REGION: 'us-east-1' },
      'eu-west-3',
    ],
    ['AWS_REGION', { AWS_REGION: 'us-east-1' }, 'us-east-1'],
  ])('takes %s where the address has no region', (_, regions, region) => {
    const url = 'https://signed.example/api/v1/write';
    expect(authOf({ ...on, REMOTE_WRITE_URL: url, ...regions })).toMatchObject({ kind: 'sigv4', region });
  });

  it('takes another service', () => {
    expect(authOf({ ...signed, REMOTE_WRITE_SIGV4_SERVICE: 'execute-api' })).toMatchObject({
      service: 'execute-api',
    });
  });

  it('is off by itself, and AWS_REGION alone means nothing', () => {
    expect(authOf({ AWS_REGION: 'eu-west-1' })).toEqual({ kind: 'none' });
    expect(authOf({ REMOTE_WRITE_SIGV4_SERVICE: 'aps' })).toEqual({ kind: 'none' });
    expect(authOf({ REMOTE_WRITE_SIGV4: 'false' })).toEqual({ kind: 'none' });
  });

  it('may be tried on this machine without TLS', () => {
    for (const url of [
      loopback,
      loopback.replace('127.0.0.1', 'localhost'),
      loopback.replace('127.0.0.1', '[::1]'),
    ]) {
      expect(authOf({ ...on, REMOTE_WRITE_URL: url, AWS_REGION: 'eu-west-1' })).toMatchObject({
        kind: 'sigv4',
      });
    }
  });
});

describe('settings for signing that cannot be meant', () => {
  it('headers that belong to the signature', () => {
    const REMOTE_WRITE_HEADERS = '{"X-Amz-Date":"20261129T000000Z","x-amz-meta-team":"a","X-Team":"b"}';
    expect(problems({ ...signed, REMOTE_WRITE_HEADERS })).toMatchObject([
      {
        slug: 'receiver-sigv4',
        message:
          'REMOTE_WRITE_SIGV4 is true, and REMOTE_WRITE_HEADERS holds x-amz-date, x-amz-meta-team: these headers belong to the signature.',
        do: 'take x-amz-date, x-amz-meta-team out of REMOTE_WRITE_HEADERS',
      },
    ]);
    expect(parse({ REMOTE_WRITE_HEADERS }).config.sink).toMatchObject({ kind: 'remote-write' });
  });

  it.each<[string, Environment, string, string]>([
    [
      'an address of Amazon that is not signed for',
      { REMOTE_WRITE_URL: amazon },
      'REMOTE_WRITE_URL is an address of Amazon Managed Prometheus, which takes signed requests (SigV4) only.',
      'REMOTE_WRITE_SIGV4=true, and no user, password or token',
    ],
    [
      'the same with a password',
      { REMOTE_WRITE_URL: amazon, REMOTE_WRITE_USERNAME: 'u', REMOTE_WRITE_PASSWORD: 'p' },
      'REMOTE_WRITE_URL is an address of Amazon Managed Prometheus, which takes signed requests (SigV4) only.',
      'REMOTE_WRITE_SIGV4=true, and no user, password or token',
    ],
    [
      'a password beside it',
      { ...signed, REMOTE_WRITE_USERNAME: 'u', REMOTE_WRITE_PASSWORD: 'p' },
      'REMOTE_WRITE_SIGV4 is true, and REMOTE_WRITE_USERNAME, REMOTE_WRITE_PASSWORD is set too: a request carries a signature or a password, not both.',
      'unset REMOTE_WRITE_USERNAME, REMOTE_WRITE_PASSWORD for Amazon Managed Prometheus, or REMOTE_WRITE_SIGV4 for any other receiver',
    ],
    [
      'a token beside it',
      { ...signed, REMOTE_WRITE_BEARER_TOKEN: 't' },
      'REMOTE_WRITE_SIGV4 is true, and REMOTE_WRITE_BEARER_TOKEN is set too: a request carries a signature or a password, not both.',
      'unset REMOTE_WRITE_BEARER_TOKEN for Amazon Managed Prometheus, or REMOTE_WRITE_SIGV4 for any other receiver',
    ],
    [
      'settings without it',
      { REMOTE_WRITE_SIGV4_REGION: 'eu-west-1', REMOTE_WRITE_SIGV4_SERVICE: 'execute-api' },
      'REMOTE_WRITE_SIGV4_REGION, REMOTE_WRITE_SIGV4_SERVICE: no effect, because requests are not signed.',
      'REMOTE_WRITE_SIGV4=true, or unset REMOTE_WRITE_SIGV4_REGION, REMOTE_WRITE_SIGV4_SERVICE',
    ],
    [
      'no region anywhere',
      { ...on, REMOTE_WRITE_URL: 'https://signed.example/api/v1/write' },
      'REMOTE_WRITE_SIGV4 is true, and no region to sign for is known.',
      'REMOTE_WRITE_SIGV4_REGION=<region of the workspace>',
    ],
    [
      'another region than that of the address',
      { ...signed, REMOTE_WRITE_SIGV4_REGION: 'us-east-1' },
      'REMOTE_WRITE_SIGV4_REGION is us-east-1, and REMOTE_WRITE_URL is in eu-west-1: the receiver would refuse the signature.',
      'unset REMOTE_WRITE_SIGV4_REGION: the address says it',
    ],
    [
      'an address without TLS',
      { ...on, REMOTE_WRITE_URL: amazon.replace('https:', 'http:') },
      'REMOTE_WRITE_SIGV4 is true, and REMOTE_WRITE_URL is not encrypted: the session token would be read on the way.',
      `REMOTE_WRITE_URL=${amazon}`,
    ],
  ])('%s', (_, environment, message, advice) => {
    expect(problems(environment)).toMatchObject([{ slug: 'receiver-sigv4', message, do: advice }]);
  });

  it('with a Pushgateway', () => {
    expect(problemsOnly({ ...minimalPushgateway, ...on })).toMatchObject([
      {
        slug: 'receiver-sigv4',
        message: 'REMOTE_WRITE_SIGV4 is true, and PUSHGATEWAY_URL is set: only remote write is signed.',
      },
    ]);
  });

  it.each([
    ['REMOTE_WRITE_SIGV4_ROLE_ARN', 'prefect-metrics', 'is not the ARN of an IAM role.'],
    ['REMOTE_WRITE_SIGV4_ROLE_ARN', 'arn:aws:iam::123456789012:user/x', 'is not the ARN of an IAM role.'],
    ['REMOTE_WRITE_SIGV4_REGION', 'eu-west-1a', 'is not the name of a region.'],
    ['REMOTE_WRITE_SIGV4_SERVICE', 'APS', 'is not the signing name of a service.'],
  ])('%s=%s', (name, value, says) => {
    expect(problems({ ...signed, [name]: value })).toMatchObject([
      { slug: 'invalid-value', message: `${name} ${says}` },
    ]);
  });

  it('says of a region that cannot be read only that', () => {
    const environment = { ...on, REMOTE_WRITE_URL: 'https://signed.example/w', AWS_REGION: 'a\u0007b' };
    expect(problems(environment)).toMatchObject([
      { slug: 'invalid-value', message: expect.stringContaining('AWS_REGION') },
    ]);
  });
});
