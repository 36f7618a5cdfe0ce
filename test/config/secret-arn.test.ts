import { describe, expect, it } from 'vitest';
import { isArn, parseSecretArn } from '../../lib/config/secret-arn.ts';
import { parse, problems } from './parsing.ts';

describe('the ARN', () => {
  it.each([
    [
      'arn:aws:secretsmanager:eu-west-1:123456789012:secret:prefect/prod-a1B2c3',
      'secretsmanager',
      'aws',
      'eu-west-1',
    ],
    [
      'arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:a_+=.@!-a1B2c3',
      'secretsmanager',
      'aws-cn',
      'cn-north-1',
    ],
    [
      'arn:aws-us-gov:secretsmanager:us-gov-west-1:123456789012:secret:x',
      'secretsmanager',
      'aws-us-gov',
      'us-gov-west-1',
    ],
    ['arn:aws:ssm:eu-west-1:123456789012:parameter/prefect/key', 'ssm', 'aws', 'eu-west-1'],
    ['arn:aws-cn:ssm:cn-north-1:123456789012:parameter/flat.key', 'ssm', 'aws-cn', 'cn-north-1'],
    [' arn:aws:ssm:eu-west-1:123456789012:parameter/x\n', 'ssm', 'aws', 'eu-west-1'],
  ])('%s is one of a secret', (arn, service, partition, region) => {
    expect(isArn(arn)).toBe(true);
    expect(parseSecretArn(arn)).toEqual({ arn: arn.trim(), service, partition, region });
  });

  it.each([
    ['arn:aws:s3:::bucket'],
    ['arn:aws:secretsmanager:eu-west-1:123456789012:secret:x:KEY::'],
    ['arn:aws:secretsmanager::123456789012:secret:x'],
    ['arn:aws:secretsmanager:eu-west-1:12:secret:x'],
    ['arn:aws:ssm:eu-west-1:123456789012:parameter'],
    ['arn:aws:ssm:eu-west-1:123456789012:document/x'],
    ['arn:aws:kms:eu-west-1:123456789012:key/x'],
    ['xarn:aws:ssm:eu-west-1:123456789012:parameter/x'],
    ['prefect/prod'],
    [''],
  ])('%s is none of a secret', (text) => {
    expect(parseSecretArn(text)).toBeUndefined();
  });
});

it('a password that only looks a little like one is a password', () => {
  expect(isArn('arn:my-password')).toBe(false);
  const { config } = parse({ REMOTE_WRITE_USERNAME: 'u', REMOTE_WRITE_PASSWORD: 'arn:my-password' });
  expect(config.sink?.auth.kind).toBe('basic');
});

it('an ARN in a file is told: nobody looks it up there', () => {
  const files = { '/key': 'arn:aws:ssm:eu-west-1:123456789012:parameter/key\n' };
  expect(problems({ PREFECT_API_KEY_FILE: '/key' }, { files })).toMatchObject([
    {
      slug: 'secret-arn',
      message: 'The file that PREFECT_API_KEY_FILE names holds an ARN, and ARNs are not looked up there.',
    },
  ]);
});

it('an ARN under an ARN is told, and no file is blamed', () => {
  const PREFECT_API_KEY = 'arn:aws:ssm:eu-west-1:123456789012:parameter/key';
  expect(problems({ PREFECT_API_KEY })).toMatchObject([
    {
      slug: 'secret-arn',
      message: 'The ARN in PREFECT_API_KEY leads to a text that is an ARN itself, and that is not looked up.',
      do: 'put the ARN that the secret holds into PREFECT_API_KEY',
    },
  ]);
});
