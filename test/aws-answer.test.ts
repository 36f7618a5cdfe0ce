import { describe, expect, it } from 'vitest';
import { awsAnswerOf, bareAwsError } from '../lib/aws-answer.ts';
import { wholeOf } from './http/fixtures.ts';

const token = 'IQoJb3JpZ2luX2VjEJr/+w==';
const messageOf = (text: string): string => awsAnswerOf(new Error(text)).message;

describe('a message of AWS', () => {
  it.each([
    ["Wrong.\n\nThe Canonical String for this request should have been\n'POST\n/\n\nhost:x'", 'Wrong.'],
    ["Wrong. The String-to-Sign should have been\n'AWS4-HMAC-SHA256'", 'Wrong.'],
    [`a x-amz-security-token:${token} b`, 'a x-amz-security-token …'],
    [`a X-Amz-Security-Token=${token}&b=1`, 'a X-Amz-Security-Token …'],
    [`{"x-amz-security-token":"${token}","b":1}`, '{"x-amz-security-token …'],
    ['@smithy/node-http-handler - the request\n  timed out', 'the request timed out'],
    ['x'.repeat(600), 'x'.repeat(500)],
  ])('%j is shown as %j', (text, shown) => {
    expect(messageOf(text)).toBe(shown);
  });
});

describe('a bare error', () => {
  const error = Object.assign(new Error(`no: x-amz-security-token:${token}`), {
    name: 'AccessDenied',
    $metadata: { httpStatusCode: 403, requestId: '1' },
    $response: { headers: { 'x-amz-bucket-region': 'eu-west-1' } },
    CanonicalRequest: token,
  });

  it('says the same and carries nothing else', () => {
    const bare = bareAwsError(error);
    expect(bare).toMatchObject({ name: 'AccessDenied', message: 'no: x-amz-security-token …' });
    expect(awsAnswerOf(bare)).toMatchObject({ code: 'AccessDenied', status: 403 });
    expect(wholeOf(bare)).not.toContain(token);
    expect(Object.keys(bare)).not.toContain('$response');
  });

  it('of something without an answer has its code', () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    expect(awsAnswerOf(bareAwsError(refused))).toMatchObject({ code: 'ECONNREFUSED', status: undefined });
  });
});
