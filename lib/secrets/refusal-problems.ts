import type { SecretArn } from '../config/secret-arn.ts';
import type { Problem } from '../problem.ts';

/** What it means that a secret or a parameter could not be read. */

const serviceOf = ({ service }: SecretArn): string =>
  service === 'secretsmanager' ? 'Secrets Manager' : 'the Parameter Store';
export const kindOf = ({ service }: SecretArn): string =>
  service === 'secretsmanager' ? 'secret' : 'parameter';
const actionOf = ({ service }: SecretArn): string =>
  service === 'secretsmanager' ? 'secretsmanager:GetSecretValue' : 'ssm:GetParameter';

export const notFound = (arn: SecretArn): Problem => ({
  slug: 'secret-not-found',
  message: `There is no ${kindOf(arn)} ${arn.arn}.`,
  expected: `a ${kindOf(arn)} in the region ${arn.region}, by its whole ARN`,
  do:
    arn.service === 'secretsmanager'
      ? `aws secretsmanager describe-secret --region ${arn.region} --secret-id <name> prints its ARN; the six characters at the end are part of it`
      : `aws ssm get-parameter --region ${arn.region} --name <name> prints its ARN`,
});

export const noValue = ({ arn, region }: SecretArn): Problem => ({
  slug: 'secret-not-found',
  message: `The secret ${arn} has no value yet: no version of it is AWSCURRENT.`,
  do: `aws secretsmanager put-secret-value --region ${region} --secret-id ${arn} --secret-string file://secret.json`,
});

export const deleted = ({ arn, region }: SecretArn): Problem => ({
  slug: 'secret-deleted',
  message: `The secret ${arn} is marked for deletion and cannot be read.`,
  do: `aws secretsmanager restore-secret --region ${region} --secret-id ${arn}, or name another one`,
});

export const denied = (arn: SecretArn): Problem => ({
  slug: 'secret-denied',
  message: `AWS does not allow ${actionOf(arn)} on ${arn.arn}.`,
  do: `allow ${actionOf(arn)} on exactly this ARN to the role of the function; policies of the secret and of a VPC endpoint can refuse it, too`,
});

export function keyRefused(arn: SecretArn, message: string): Problem {
  const [key] = /arn:aws[\w-]*:kms:[\w:/-]+/.exec(message) ?? [];
  return {
    slug: 'secret-key-refused',
    message: `The key that encrypts ${arn.arn} cannot be used: kms:Decrypt on ${key ?? `the KMS key of the ${kindOf(arn)}`} is refused.`,
    do: `allow kms:Decrypt on the key to the role of the function, in the role and in the policy of the key, with kms:ViaService ${arn.service}.${arn.region}.${suffixOf(arn)}; the key has to be enabled`,
  };
}

export const noCredentials = ({ arn }: SecretArn): Problem => ({
  slug: 'secret-credentials',
  message: `There are no AWS credentials to read ${arn} with.`,
  expected:
    'what the AWS SDK finds: the role of a function or task, a profile, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
  do: 'on a machine of your own: AWS_PROFILE=<profile>, after aws sso login where the profile wants that',
});

export const credentialsRefused = ({ arn }: SecretArn): Problem => ({
  slug: 'secret-credentials',
  message: `AWS does not accept the credentials that ${arn} was asked for with.`,
  expected: 'credentials that have not expired, of the partition of the ARN, and a clock that is right',
  do: 'renew the AWS credentials, or look at the clock of this machine',
});

/** https://docs.aws.amazon.com/general/latest/gr/rande.html */
const suffixOf = ({ partition }: SecretArn): string =>
  partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com';

const hostOf = (arn: SecretArn): string => `${arn.service}.${arn.region}.${suffixOf(arn)}`;

export const unreachable = (arn: SecretArn, host = hostOf(arn)): Problem => ({
  slug: 'secret-unreachable',
  message: `No answer from ${host}, asked for ${arn.arn}.`,
  do: `look at the network: in a VPC a function needs a NAT gateway, or an interface endpoint for com.amazonaws.${arn.region}.${arn.service} with private DNS whose security group lets it in on port 443`,
});

export const failed = (arn: SecretArn, status: number): Problem => ({
  slug: 'secret-failed',
  message: `${serviceOf(arn)} answers ${status} when asked for ${arn.arn}.`,
  do: 'wait: it is tried again with the next tick; look at the health page of AWS if it goes on',
});

export const bytesOnly = (arn: SecretArn): Problem => ({
  slug: 'secret-content',
  message: `The ${kindOf(arn)} ${arn.arn} holds bytes and no text.`,
  found: 'a binary secret',
  expected: 'a secret with a text (SecretString)',
  do: `aws secretsmanager put-secret-value --region ${arn.region} --secret-id ${arn.arn} --secret-string file://secret.json`,
});

export const notAsked = ({ arn }: SecretArn): Problem => ({
  slug: 'secret-unreachable',
  message: `${arn} was not asked for.`,
  found: 'no time was left for it',
  do: 'look at why the other secrets take so long: they have half of the time of a tick together',
});
