import { type AwsAnswer, awsAnswerOf, bareAwsError } from '../aws-answer.ts';
import type { SecretArn } from '../config/secret-arn.ts';
import { withoutCredentials } from '../config/show.ts';
import type { Problem } from '../problem.ts';
import { SecretError } from './errors.ts';
import {
  bytesOnly,
  credentialsRefused,
  deleted,
  denied,
  failed,
  keyRefused,
  noCredentials,
  notAsked,
  notFound,
  noValue,
  unreachable,
} from './refusal-problems.ts';

/** An error of the SDK, for a request to `host`, in words that a user can act on. */
export function secretError(arn: SecretArn, host: string | undefined, error: unknown): SecretError {
  if (error instanceof SecretError) return error;
  const answer = awsAnswerOf(error);
  const found = withoutCredentials(`${answer.code}: ${answer.message}`);
  const { problem, isPassing } = meaningOf({ arn, host, answer });
  return new SecretError({ ...problem, found }, isPassing, { cause: bareAwsError(error) });
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
  if (status === undefined) return passing(unreachable(arn, refusal.host));
  if (refusedCredentials.has(code)) return settled(credentialsRefused(arn));
  if (isOfKey(answer)) return settled(keyRefused(arn, message));
  if (code === 'AccessDeniedException') return settled(denied(arn));
  if (/staging label/i.test(message)) return settled(noValue(arn));
  if (code === 'ResourceNotFoundException' || code === 'ParameterNotFound') return settled(notFound(arn));
  if (/marked (?:for deletion|deleted)|scheduled for deletion/i.test(message)) return settled(deleted(arn));
  const isBusy = status >= 500 || status === 429 || /throttl|TooManyRequests|RequestLimit/i.test(code);
  return isBusy ? passing(failed(arn, status)) : settled(failed(arn, status));
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

/** There was an answer, and no text in it. */
export const withoutText = (arn: SecretArn): SecretError => new SecretError(bytesOnly(arn), false);

/** There was no answer in the time that one request may take. */
export const tooLate = (arn: SecretArn, host: string | undefined, afterMs: number): SecretError =>
  new SecretError({ ...unreachable(arn, host), found: `no answer within ${Math.round(afterMs)} ms` }, true);

/** The time for all secrets was over before this one. */
export const noTime = (arn: SecretArn): SecretError => new SecretError(notAsked(arn), true);
