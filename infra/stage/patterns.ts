import { isIPv4, isIPv6 } from 'node:net';
import * as z from 'zod';

export const matching = (pattern: RegExp, expected: string) =>
  z.string({ error: expected }).regex(pattern, { error: expected });

export const whole = (min: number, max: number, unit: string) => {
  const expected = `a whole number of ${unit} from ${min} to ${max}`;
  return z.int({ error: expected }).min(min, { error: expected }).max(max, { error: expected });
};

export const arn = (service: string, rest: RegExp, example: string) =>
  matching(new RegExp(`^arn:aws[a-z-]*:${service}:${rest.source}$`), `an ARN such as ${example}`);

export const keyArn = arn(
  'kms',
  /[a-z0-9-]+:\d{12}:key\/[\w-]+/,
  'arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab',
);

/** The six characters that Secrets Manager adds belong to the ARN: permissions are for exactly it. */
export const secretArn = arn(
  'secretsmanager',
  /[a-z0-9-]+:\d{12}:secret:[\w/+=.@!-]+-[A-Za-z0-9]{6}/,
  'arn:aws:secretsmanager:eu-west-1:123456789012:secret:prefect-AbCdEf, whole, with its last six characters',
);

export const parameterArn = arn(
  'ssm',
  /[a-z0-9-]+:\d{12}:parameter\/[\w./-]+/,
  'arn:aws:ssm:eu-west-1:123456789012:parameter/prefect/key',
);

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
export const bucketName = matching(
  /^(?!xn--|sthree-|amzn-s3-demo-)(?!.*(?:\.\.|-s3alias$|--ol-s3$|\.mrap$|--x-s3$|--table-s3$))[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
  'the name of a general purpose bucket: 3 to 63 small letters, digits, hyphens and single dots',
).refine((name) => !isIPv4(name), { error: 'the name of a bucket, which is no address' });

/** Addresses in CIDR notation, of either version. */
export const isCidr = (text: string): boolean => {
  const [address = '', bits = '', ...more] = text.split('/');
  if (more.length > 0 || !/^(?:0|[1-9]\d{0,2})$/.test(bits)) return false;
  return (isIPv4(address) && Number(bits) <= 32) || (isIPv6(address) && Number(bits) <= 128);
};

/** https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html */
export const tags = z
  .record(
    matching(
      /^(?!aws:)[\p{L}\p{Z}\p{N}_.:/=+@-]{1,128}$/iu,
      'a name of at most 128 letters, digits, spaces and _ . : / = + - @, which does not begin with aws:',
    ),
    z.string({ error: 'a text; quote numbers' }).regex(/^[\p{L}\p{Z}\p{N}_.:/=+@-]{0,256}$/u, {
      error: 'a text of at most 256 letters, digits, spaces and _ . : / = + - @',
    }),
    { error: 'names and values' },
  )
  .refine((all) => Object.keys(all).length <= 40, { error: 'at most 40 of them' });
