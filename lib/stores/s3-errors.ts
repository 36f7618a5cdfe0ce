import { type AwsAnswer, awsAnswerOf, bareAwsError } from '../aws-answer.ts';
import { type Store, StoreConflictError, StoreError, StoreUnclearError } from './store.ts';

/** What was asked of S3, with the permission that it takes. */
export type S3Action = 'GetObject' | 'PutObject' | 'DeleteObject';

export interface S3Call {
  readonly place: Store['place'];
  readonly bucket: string;
  readonly key: string;
  readonly action: S3Action;
  /** A PutObject that replaces a certain version (`If-Match`). */
  readonly replaces?: boolean;
}

/** An error of the SDK as what it means for the document. */
export function s3Error(call: S3Call, error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const answer = awsAnswerOf(error);
  const { status } = answer;
  const options = { cause: bareAwsError(error) };
  if (status === undefined || status < 300) return withoutAnswer(call, answer, options);
  const what = wordsFor(call, answer);
  if (what !== undefined) return new StoreError(call.place, what.reason, what.text, options);
  const said = `S3 answers ${status} ${answer.code} to ${call.action}: ${answer.message}`;
  if (call.action === 'PutObject' && [404, 409, 412].includes(status)) {
    return new StoreConflictError(call.place, conflicts[status] ?? said, options);
  }
  if (status < 500 && status !== 429 && answer.code !== 'RequestTimeout')
    return new StoreError(call.place, 'other', said, options);
  return isWrite(call)
    ? new StoreUnclearError(call.place, said, options)
    : new StoreError(call.place, 'unreachable', said, options);
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html, "Conditional write behavior". */
const conflicts: Readonly<Record<number, string>> = {
  404: 'somebody else removed the document since it was loaded',
  409: 'somebody else writes or removes the document at the same moment',
  412: 'somebody else wrote the document since it was loaded',
};

/** The condition of a write did not hold; a 409 says only that another request came in between. */
export const isPreconditionFailed = (error: unknown): boolean =>
  error instanceof StoreConflictError && awsAnswerOf(error.cause).status === 412;

/** True for a document that is not there, in a bucket that is. Any web server answers 404, only S3 says this. */
export const isMissingObject = (error: unknown): boolean => awsAnswerOf(error).code === 'NoSuchKey';

/**
 * A 403 that may be the answer to replacing a document that is not there any more: it says nothing of the credentials,
 * and names no permission but that to list.
 */
export const mayMeanRemoval = (error: unknown): boolean => {
  if (!(error instanceof StoreError) || error.reason !== 'denied') return false;
  const { code, message } = awsAnswerOf(error.cause);
  return code === 'AccessDenied' && (/s3:ListBucket/.test(message) || !/perform: \w+:\w/.test(message));
};

export const arnOf = ({ bucket, key }: S3Call): string => `arn:aws:s3:::${bucket}/${key}`;

/** Reading again may help: no answer, or one that says so. */
export const isPassing = (error: unknown): boolean =>
  error instanceof StoreError && error.reason === 'unreachable';

const isWrite = ({ action }: S3Call): boolean => action !== 'GetObject';

interface Words {
  readonly reason: 'denied' | 'not-found' | 'other';
  readonly text: string;
}

/** Answers that mean a setting, whatever was asked. */
function wordsFor(call: S3Call, answer: AwsAnswer): Words | undefined {
  const { code, status } = answer;
  const region = answer.header('x-amz-bucket-region');
  if (code === 'NoSuchBucket') return { reason: 'not-found', text: `there is no bucket "${call.bucket}"` };
  if (status !== undefined && status < 400) return otherRegion(call, region);
  if (code === 'AuthorizationHeaderMalformed' || code === 'IllegalLocationConstraintException') {
    return otherRegion(call, region ?? /expecting '([\w-]+)'/.exec(answer.message)?.[1]);
  }
  if (code === 'NotImplemented') {
    return {
      reason: 'other',
      text: 'this S3 server has no conditional writes, and without them two writers would overwrite each other',
    };
  }
  if (code === 'RequestTimeTooSkewed') {
    return { reason: 'denied', text: 'S3 refuses the request because the clock of this machine is wrong' };
  }
  if (refusedKeys.has(code)) return refused(answer);
  return status === 401 || status === 403 ? denied(call, answer) : undefined;
}

const refusedKeys: ReadonlySet<string> = new Set([
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'ExpiredToken',
  'InvalidToken',
  'TokenRefreshRequired',
]);

const refused = ({ code }: AwsAnswer): Words => ({
  reason: 'denied',
  text: `S3 does not accept the credentials (${code})`,
});

/** The word alone may be in the name of a bucket or of a document. */
export const isOfKey = (message: string): boolean =>
  /perform: kms:\w|arn:aws[\w-]*:kms:|\bKMS key\b|\bKMS\.\w+Exception/i.test(message);

function denied(call: S3Call, { message }: AwsAnswer): Words {
  if (isOfKey(message)) {
    const text = `S3 may not use the key of the bucket for ${call.action} on ${arnOf(call)}: ${message}`;
    return { reason: 'denied', text };
  }
  const named = /perform: (s3:\w+)/.exec(message)?.[1];
  const perhapsReading =
    named === undefined && call.replaces === true
      ? ', or s3:GetObject, which replacing a version takes too'
      : '';
  const text = `S3 does not allow ${named ?? `s3:${call.action}`} on ${arnOf(call)}${perhapsReading}`;
  return { reason: 'denied', text };
}

const otherRegion = ({ bucket }: S3Call, region: string | undefined): Words => ({
  reason: 'other',
  text: `the bucket "${bucket}" is in ${region === undefined ? 'another region' : `the region ${region}`}, which AWS_REGION does not name`,
});

/** Codes of connections that never were: nothing can have been written. */
const notConnected: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
]);

function withoutAnswer(call: S3Call, { code, message }: AwsAnswer, options: ErrorOptions): StoreError {
  const { place } = call;
  if (code === 'CredentialsProviderError') {
    return new StoreError(place, 'denied', `no AWS credentials: ${message}`, options);
  }
  if (/region is missing/i.test(message)) {
    return new StoreError(place, 'other', 'no region: AWS_REGION is not set', options);
  }
  const what = `no whole answer to ${call.action}: ${message}`;
  const isUnsent = notConnected.has(code) || /did not establish a connection/.test(message);
  if (isWrite(call) && !isUnsent && !isTls(code)) return new StoreUnclearError(place, what, options);
  return new StoreError(place, 'unreachable', what, options);
}

/** A handshake that failed: nothing was sent. */
const isTls = (code: string): boolean => /CERT|SELF_SIGNED|UNABLE_TO_|^ERR_(?:SSL|TLS)_/.test(code);
