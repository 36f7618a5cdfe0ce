import { describe, expect, it } from 'vitest';
import type { Config } from '../../lib/config/config.ts';
import { parse, problems } from './parsing.ts';

const storeOf = (environment: Record<string, string>): Config['store'] => parse(environment).config.store;
const lambda = { where: 'lambda' } as const;

describe('STORE', () => {
  it('has a file for a default on the command line', () => {
    expect(parse({})).toMatchObject({
      config: {
        store: { kind: 'file', path: './.prefect-push-exporter/ledger.json.gz', ledger: true },
      },
      warnings: [],
    });
  });

  it.each([
    ['file:./ledger.json.gz', { kind: 'file', path: './ledger.json.gz', ledger: true }],
    ['file:ledger.json.gz', { kind: 'file', path: 'ledger.json.gz', ledger: true }],
    ['file:/var/lib/x/ledger', { kind: 'file', path: '/var/lib/x/ledger', ledger: true }],
    ['file:///var/lib/x/ledger', { kind: 'file', path: '/var/lib/x/ledger', ledger: true }],
    ['s3://my-bucket/a/b c.gz', { kind: 's3', bucket: 'my-bucket', key: 'a/b c.gz', ledger: true }],
    ['S3://my.bucket/a', { kind: 's3', bucket: 'my.bucket', key: 'a', ledger: true }],
    ['memory:', { kind: 'memory', ledger: true }],
  ])('takes %s', (value, expected) => {
    expect(storeOf({ STORE: value })).toEqual(
      expected.kind === 's3' ? { ...expected, endpoint: undefined } : expected,
    );
  });

  it('in S3 is in AWS_REGION', () => {
    expect(storeOf({ STORE: 's3://bucket/key', AWS_REGION: 'eu-west-1' })).toMatchObject({
      region: 'eu-west-1',
    });
  });

  const gz = 'ledger.json.gz';

  it.each([
    ['s3:bucket/key', 'STORE has not exactly two slashes after s3:.', 'STORE=s3://bucket/key'],
    ['s3:/bucket/key', 'STORE has not exactly two slashes after s3:.', 'STORE=s3://bucket/key'],
    ['s3:///bucket/key', 'STORE has not exactly two slashes after s3:.', 'STORE=s3://bucket/key'],
    ['s3://', 'STORE names no bucket.', `STORE=s3://<bucket>/${gz}`],
    ['s3://bucket', 'STORE names a bucket and no key.', `STORE=s3://bucket/${gz}`],
    ['s3://bucket/', 'STORE names a bucket and no key.', `STORE=s3://bucket/${gz}`],
    [
      's3://bucket/prod/',
      'STORE ends like a folder, and a key is that of one object.',
      `STORE=s3://bucket/prod/${gz}`,
    ],
    [
      's3://My_Bucket/key',
      'STORE has "My_Bucket" for a bucket, and bucket names are 3 to 63 small letters, digits, dots and hyphens.',
      'STORE=s3://<bucket>/key',
    ],
    ['s3://<bucket>/key', 'STORE still has a <placeholder>.', `STORE=s3://prefect-ledger/prod/${gz}`],
    ['arn:aws:s3:::bucket/prod/key', 'STORE is an ARN.', 'STORE=s3://bucket/prod/key'],
    ['arn:aws-cn:s3:::bucket', 'STORE is an ARN.', `STORE=s3://bucket/${gz}`],
    [
      'https://bucket.s3.eu-west-1.amazonaws.com/prod/key',
      'STORE is a web address.',
      'STORE=s3://bucket/prod/key',
    ],
    ['https://s3.eu-west-1.amazonaws.com/bucket/key', 'STORE is a web address.', 'STORE=s3://bucket/key'],
    [
      'http://minio:9000/bucket/key',
      'STORE is a web address.',
      `STORE=s3://<bucket>/${gz} and S3_ENDPOINT=http://minio:9000`,
    ],
    [
      'file://state/ledger',
      'STORE has two slashes after file:, which would make the first folder a host.',
      'STORE=file:./state/ledger, or STORE=file:/state/ledger',
    ],
    ['file:', 'STORE names no file.', `STORE=file:./.prefect-push-exporter/${gz}`],
    ['file:/var/lib/x/', 'STORE ends like a folder.', `STORE=file:/var/lib/x/${gz}`],
    [
      'file:~/ledger',
      'STORE begins with ~, which only a shell knows.',
      'write the whole path of the home folder',
    ],
    ['/var/lib/ledger', 'STORE does not say what kind of store it is.', 'STORE=file:/var/lib/ledger'],
    ['./state/', 'STORE does not say what kind of store it is.', `STORE=file:./state/${gz}`],
    ['memory', 'STORE has no colon.', 'STORE=memory:'],
    ['memory://', 'STORE has more than memory:.', 'STORE=memory:'],
    [
      'gs://bucket/key',
      'STORE is of a kind that there is not, gs:.',
      `STORE=s3://<bucket>/${gz}, with S3_ENDPOINT for a server that is compatible with S3`,
    ],
  ])('%s: %s', (value, message, advice) => {
    expect(problems({ STORE: value })).toEqual([
      {
        slug: 'invalid-value',
        message,
        found: value,
        expected: 's3://<bucket>/<key>, file:<path> or memory:',
        do: advice,
      },
    ]);
  });

  it('shows no credentials', () => {
    const found = problems({ STORE: 's3://AKIDEXAMPLE:wJalrXUtnFEMI@bucket/key' });
    expect(found).toMatchObject([
      { slug: 'invalid-value', message: 'STORE holds a user name or a password.' },
    ]);
    expect(JSON.stringify(found)).not.toMatch(/wJalrXUtnFEMI|AKIDEXAMPLE/);
  });
});

describe('S3_ENDPOINT', () => {
  const STORE = 's3://bucket/key';
  const endpointOf = (environment: Record<string, string>) => {
    const store = storeOf({ STORE, ...environment });
    return store.kind === 's3' ? store.endpoint?.href : undefined;
  };

  it('wins over the name of the SDK', () => {
    const sdk = { AWS_ENDPOINT_URL_S3: 'http://sdk:9000' };
    expect(endpointOf({ S3_ENDPOINT: 'http://minio:9000' })).toBe('http://minio:9000/');
    expect(endpointOf(sdk)).toBe('http://sdk:9000/');
    expect(endpointOf({ ...sdk, S3_ENDPOINT: 'http://minio:9000' })).toBe('http://minio:9000/');
  });

  it('is a web address without credentials', () => {
    const found = problems({ STORE, S3_ENDPOINT: 'http://minio:open-sesame@minio:9000' });
    expect(found).toMatchObject([
      { slug: 'invalid-value', do: 'take it out and set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY' },
    ]);
    expect(JSON.stringify(found)).not.toContain('sesame');
  });

  it('has no effect without S3, and says so; that of the SDK may be for others', () => {
    expect(parse({ S3_ENDPOINT: 'http://minio:9000' }).warnings).toMatchObject([{ slug: 'value-ignored' }]);
    expect(parse({ AWS_ENDPOINT_URL_S3: 'http://minio:9000' }).warnings).toEqual([]);
    expect(parse({ AWS_ENDPOINT_URL_SQS: 'http://elasticmq:9324' }).warnings).toEqual([]);
  });
});

describe('in Lambda', () => {
  it('a store has to be named', () => {
    expect(problems({}, lambda)).toEqual([
      {
        slug: 'store-missing',
        message: 'STORE is not set: a Lambda function has nowhere to keep its counters between two ticks.',
        expected: 's3://<bucket>/<key>, file:<path> or memory:',
        do: 'STORE=s3://<bucket>/<key>',
      },
    ]);
  });

  it('S3 is taken as it is', () => {
    expect(parse({ STORE: 's3://bucket/key' }, lambda)).toMatchObject({
      config: { store: { kind: 's3', ledger: true } },
      warnings: [],
    });
  });

  it('memory is refused, and without a ledger where it is allowed', () => {
    expect(problems({ STORE: 'memory:' }, lambda)).toMatchObject([{ slug: 'store-memory' }]);
    const allowed = { STORE: 'memory:', ALLOW_MEMORY_STORE: 'true' };
    expect(parse(allowed, lambda)).toMatchObject({
      config: { store: { kind: 'memory', ledger: false } },
      warnings: [],
    });
    expect(storeOf(allowed)).toEqual({ kind: 'memory', ledger: true });
  });

  it('a file is warned of, unless it is on EFS', () => {
    expect(parse({ STORE: 'file:/tmp/ledger' }, lambda).warnings).toMatchObject([
      { slug: 'store-local', found: 'STORE=file:/tmp/ledger' },
    ]);
    expect(parse({ STORE: 'file:/mnt/state/ledger' }, lambda).warnings).toEqual([]);
    expect(parse({ STORE: 'file:/tmp/ledger' }).warnings).toEqual([]);
  });
});
