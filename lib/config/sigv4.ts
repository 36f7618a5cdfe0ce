import * as z from 'zod';
import { amazonRegion } from './amazon-address.ts';
import type { SigV4Auth } from './config.ts';
import {
  headersOfSignature,
  otherCredentials,
  otherRegion,
  plainHttp,
  regionMissing,
  unsigned,
  unused,
} from './mistakes/sigv4.ts';
import type { Reader } from './reader.ts';
import { onOff, text } from './schemas.ts';
import { defaulted, type Group, type OptionalVariable, optional, type Variable } from './variable.ts';

const group: Group = 'Remote write';

const regionName: z.ZodType<string, string> = z
  .string()
  .regex(/^[a-z]{2,}(?:-[a-z]+)+-\d+$/, 'is not the name of a region');

const region = { group, expected: 'a region such as eu-west-1', example: 'eu-west-1' } as const;

export const sigV4Variables = {
  sigV4: defaulted({
    name: 'REMOTE_WRITE_SIGV4',
    group,
    description:
      'Signs every request (AWS Signature Version 4), as Amazon Managed Prometheus asks for; instead of user, password and token. The credentials are those of the AWS SDK: the role of the function or the task, `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, a profile. They need `aps:RemoteWrite` on the workspace.',
    expected: 'true or false',
    example: 'true',
    schema: onOff,
    default: 'false',
  }),
  sigV4Region: optional({
    ...region,
    name: 'REMOTE_WRITE_SIGV4_REGION',
    description:
      'The region to sign for, where REMOTE_WRITE_URL does not name it: a proxy, or a name of your own.',
    schema: regionName,
    unset: 'the region in REMOTE_WRITE_URL, else AWS_REGION',
  }),
  sigV4Service: defaulted({
    name: 'REMOTE_WRITE_SIGV4_SERVICE',
    group,
    description: 'The service to sign for.',
    expected: 'the signing name of a service',
    example: 'aps',
    schema: z.string().regex(/^[a-z][a-z0-9-]{0,63}$/, 'is not the signing name of a service'),
    default: 'aps',
  }),
  sigV4RoleArn: optional({
    name: 'REMOTE_WRITE_SIGV4_ROLE_ARN',
    group,
    description:
      'A role to assume for signing, such as one in the account of the workspace. It needs `aps:RemoteWrite` there and has to trust the credentials of this process, which need `sts:AssumeRole` on it.',
    expected: 'arn:aws:iam::<account>:role/<name>',
    example: 'arn:aws:iam::123456789012:role/prefect-metrics',
    schema: z
      .string()
      .regex(/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/, 'is not the ARN of an IAM role'),
    unset: 'no role is assumed',
  }),
};

/** A name of the SDK. Servers that are not AWS have regions of any name. */
export const awsRegionVariable: OptionalVariable<string> = optional({
  ...region,
  name: 'AWS_REGION',
  description: 'The region of the AWS SDK, for `STORE=s3://…` too. Lambda sets it.',
  schema: text(100),
  unset: 'that of the AWS profile, for the store',
});

/** Undefined where requests are not signed. @param others the variables of the other ways to authenticate */
export function readSigV4(
  reader: Reader,
  url: URL | undefined,
  others: readonly Variable[],
): SigV4Auth | undefined {
  const { sigV4, sigV4Region, sigV4Service, sigV4RoleArn } = sigV4Variables;
  const given = {
    region: reader.get(sigV4Region),
    service: reader.get(sigV4Service),
    roleArn: reader.get(sigV4RoleArn),
    awsRegion: reader.get(awsRegionVariable),
  };
  if (!reader.get(sigV4)) {
    const isDefault = given.service === sigV4Service.default;
    const settings = [sigV4Region, ...(isDefault ? [] : [sigV4Service]), sigV4RoleArn];
    const alone = settings.filter((one) => reader.isSet(one));
    if (alone.length > 0) reader.report(unused(alone.map(({ name }) => name)));
    else if (url !== undefined && amazonRegion(url) !== undefined) reader.report(unsigned(url));
    return undefined;
  }
  const conflicting = others.filter((one) => reader.isSet(one)).map(({ name }) => name);
  if (conflicting.length > 0) reader.report(otherCredentials(conflicting));
  if (url === undefined) return undefined;
  if (url.protocol === 'http:' && !isLoopback(url)) reader.report(plainHttp(url));
  const { service, roleArn, awsRegion } = given;
  const signed = regionOf(reader, url, given);
  if (signed === undefined) return undefined;
  return { kind: 'sigv4', region: signed, service, roleArn, stsRegion: awsRegion ?? signed };
}

/** Amazon takes no header of its own that is not signed. @param headers lower-case names */
export function checkSignedHeaders(reader: Reader, headers: Readonly<Record<string, string>>): void {
  const names = Object.keys(headers).filter((name) => name.startsWith('x-amz-'));
  if (reader.get(sigV4Variables.sigV4) && names.length > 0) reader.report(headersOfSignature(names));
}

interface GivenRegions {
  readonly region: string | undefined;
  readonly awsRegion: string | undefined;
}

function regionOf(reader: Reader, url: URL, { region: given, awsRegion }: GivenRegions): string | undefined {
  const inAddress = amazonRegion(url);
  if (given !== undefined && inAddress !== undefined && given !== inAddress) {
    reader.report(otherRegion(given, inAddress));
  }
  const found = given ?? inAddress ?? awsRegion;
  const isWrong = reader.isSet(sigV4Variables.sigV4Region) || reader.isSet(awsRegionVariable);
  if (found === undefined && !isWrong) reader.report(regionMissing(url));
  return found;
}

/** For trying it out: nobody else sees such a request. */
const isLoopback = ({ hostname }: URL): boolean => /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname);
