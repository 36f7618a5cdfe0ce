import { awsAnswerOf, bareAwsError } from '../aws-answer.ts';
import { arnOf, isOfKey, type S3Call } from './s3-errors.ts';
import { StoreError } from './store.ts';

/**
 * A 403 that may mean either: without s3:ListBucket S3 does not say that an object is not there
 * (https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html, "Permissions"). Some answers name what was not
 * allowed, and then only the listing leaves a doubt.
 */
export function isInDoubt(error: unknown): boolean {
  const { status, code, message } = awsAnswerOf(error);
  if (status !== 403 || code !== 'AccessDenied') return false;
  return /s3:ListBucket/.test(message) || !(isOfKey(message) || /s3:GetObject|explicit deny/i.test(message));
}

/** For a document that was not found, or may not be read. */
export const inDoubt = (call: S3Call, error: unknown): StoreError =>
  new StoreError(
    call.place,
    'denied',
    `S3 answers 403 to ${call.action}: the document is not there yet, or s3:GetObject on ${arnOf(call)} is not allowed; without s3:ListBucket on arn:aws:s3:::${call.bucket} it does not say which`,
    { cause: bareAwsError(error) },
  );

/** For a document that is there all the same. */
export const unreadable = (call: S3Call, error: unknown): StoreError =>
  new StoreError(
    call.place,
    'denied',
    `there is a document, and S3 does not allow s3:GetObject on ${arnOf(call)}`,
    { cause: error },
  );
