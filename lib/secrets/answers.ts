import { type AwsAnswer, awsAnswerOf } from '../aws-answer.ts';
import type { SecretArn } from '../config/secret-arn.ts';
import { withoutCredentials } from '../config/show.ts';
import type { Problem } from '../problem.ts';
import { SecretError } from './errors.ts';

/** An error of the SDK, for a request to `host`, in words that a user can act on. */
export function secretError(arn: SecretArn, host: string | undefined, error: unknown): SecretError {
  if (error instanceof SecretError) return error;
  const answer = awsAnswerOf(error);
  const found = withoutCredentials(`${answer.code}: ${answer.message}`);
  const { problem, isPassing } = meaningOf({ arn, host, answer });
  return new SecretError({ ...problem, found }, isPassing, { cause: error });
}

interface Refusal {
  readonly arn: SecretArn;
  readonly host: string | undefined;
  readonly answer: AwsAnswer;
}

interface Meaning {
  readonly problem: Problem;
  readonly isPassing: boolean;
}

const settled = (problem: Problem): Meaning => ({ problem, isPassing: false });
const passing = (problem: Problem): Meaning => ({ problem, isPassing: true });

/** Codes of both services: their API references, section "Errors" of GetSecretValue and of GetParameter. */
function meaningOf(refusal: Refusal): Meaning {
  const { arn, answer } = refusal;
  const { code, status, message } = answer;
  if (code === 'CredentialsProviderError') return settled(noCredentials(arn));
  if (status === undefined) return passing(unreachable(refusal));
  if (refusedCredentials.has(code)) return settled(credentialsRefused(arn));
  if (isOfKey(answer)) return settled(keyRefused(arn, message));
  if (code === 'AccessDeniedException') return settled(denied(arn));
  if (/staging label/i.test(message)) return settled(noValue(arn));
  if (code === 'ResourceNotFoundException' || code === 'ParameterNotFound') return settled(notFound(arn));
  if (/marked (?:for deletion|deleted)|scheduled for deletion/i.test(message)) return settled(deleted(arn));
  const isBusy = status >= 500 || status === 429 || /throttl|TooManyRequests|RequestLimit/i.test(code);
  return isBusy ? passing(failed(arn, answer)) : settled(failed(arn, answer));
}

const refusedCredentials: ReadonlySet<string> = new Set([
  'UnrecognizedClientException',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'SignatureDoesNotMatch',
  'ExpiredTokenException',
  'ExpiredToken',
  'IncompleteSignature',
  'MissingAuthenticationToken',
  'MissingAuthenticationTokenException',
]);

/** Secrets Manager says "Access to KMS is not allowed" with the code of any refusal. */
const isOfKey = ({ code, message }: AwsAnswer): boolean =>
  code === 'DecryptionFailure' ||
  code === 'InvalidKeyId' ||
  /^KMS/.test(code) ||
  (code === 'AccessDeniedException' && /\bto KMS\b|perform: kms:/i.test(message));

const serviceOf = ({ service }: SecretArn): string =>
  service === 'secretsmanager' ? 'Secrets Manager' : 'the Parameter Store';
const kindOf = ({ service }: SecretArn): string => (service === 'secretsmanager' ? 'secret' : 'parameter');
const actionOf = ({ service }: SecretArn): string =>
  service === 'secretsmanager' ? 'secretsmanager:GetSecretValue' : 'ssm:GetParameter';

const notFound = (arn: SecretArn): Problem => ({
  slug: 'secret-not-found',
  message: `There is no ${kindOf(arn)} ${arn.arn}.`,
  expected: `a ${kindOf(arn)} in the region ${arn.region}, by its whole ARN`,
  do:
    arn.service === 'secretsmanager'
      ? `aws secretsmanager describe-secret --region ${arn.region} --secret-id <name> prints its ARN; the six characters at the end are part of it`
      : `aws ssm get-parameter --region ${arn.region} --name <name> prints its ARN`,
});

const noValue = ({ arn, region }: SecretArn): Problem => ({
  slug: 'secret-not-found',
  message: `The secret ${arn} has no value yet: no version of it is AWSCURRENT.`,
  do: `aws secretsmanager put-secret-value --region ${region} --secret-id ${arn} --secret-string file://secret.json`,
});

const deleted = ({ arn, region }: SecretArn): Problem => ({
  slug: 'secret-deleted',
  message: `The secret ${arn} is marked for deletion and cannot be read.`,
  do: `aws secretsmanager restore-secret --region ${region} --secret-id ${arn}, or name another one`,
});

const denied = (arn: SecretArn): Problem => ({
  slug: 'secret-denied',
  message: `AWS does not allow ${actionOf(arn)} on ${arn.arn}.`,
  do: `allow ${actionOf(arn)} on exactly this ARN to the role of the function; policies of the secret and of a VPC endpoint can refuse it, too`,
});

function keyRefused(arn: SecretArn, message: string): Problem {
  const [key] = /arn:aws[\w-]*:kms:[\w:/-]+/.exec(message) ?? [];
  return {
    slug: 'secret-key-refused',
    message: `The key that encrypts ${arn.arn} cannot be used: kms:Decrypt on ${key ?? `the KMS key of the ${kindOf(arn)}`} is refused.`,
    do: `allow kms:Decrypt on the key to the role of the function, in the role and in the policy of the key, with kms:ViaService ${arn.service}.${arn.region}.${suffixOf(arn)}; the key has to be enabled`,
  };
}

const noCredentials = ({ arn }: SecretArn): Problem => ({
  slug: 'secret-credentials',
  message: `There are no AWS credentials to read ${arn} with.`,
  expected:
    'what the AWS SDK finds: the role of a function or task, a profile, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
  do: 'on a machine of your own: AWS_PROFILE=<profile>, after aws sso login where the profile wants that',
});

const credentialsRefused = ({ arn }: SecretArn): Problem => ({
  slug: 'secret-credentials',
  message: `AWS does not accept the credentials that ${arn} was asked for with.`,
  expected: 'credentials that have not expired, of the partition of the ARN, and a clock that is right',
  do: 'renew the AWS credentials, or look at the clock of this machine',
});

/** https://docs.aws.amazon.com/general/latest/gr/rande.html */
const suffixOf = ({ partition }: SecretArn): string =>
  partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com';

const hostOf = (arn: SecretArn): string => `${arn.service}.${arn.region}.${suffixOf(arn)}`;

const unreachable = ({ arn, host = hostOf(arn) }: Pick<Refusal, 'arn' | 'host'>): Problem => ({
  slug: 'secret-unreachable',
  message: `No answer from ${host}, asked for ${arn.arn}.`,
  do: `look at the network: in a VPC a function needs a NAT gateway, or an interface endpoint for com.amazonaws.${arn.region}.${arn.service} with private DNS whose security group lets it in on port 443`,
});

const failed = (arn: SecretArn, { status }: AwsAnswer): Problem => ({
  slug: 'secret-failed',
  message: `${serviceOf(arn)} answers ${status} when asked for ${arn.arn}.`,
  do: 'wait: it is tried again with the next tick; look at the health page of AWS if it goes on',
});

/** There was an answer, and no text in it. */
export const withoutText = (arn: SecretArn): SecretError =>
  new SecretError(
    {
      slug: 'secret-content',
      message: `The ${kindOf(arn)} ${arn.arn} holds bytes and no text.`,
      found: 'a binary secret',
      expected: 'a secret with a text (SecretString)',
      do: `aws secretsmanager put-secret-value --region ${arn.region} --secret-id ${arn.arn} --secret-string file://secret.json`,
    },
    false,
  );

/** There was no answer in the time that one request may take. */
export const tooLate = (arn: SecretArn, host: string | undefined, afterMs: number): SecretError =>
  new SecretError(
    { ...unreachable({ arn, host }), found: `no answer within ${Math.round(afterMs)} ms` },
    true,
  );
