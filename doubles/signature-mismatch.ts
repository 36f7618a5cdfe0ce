import type { ReceivedRequest } from './server.ts';

export const mismatchText =
  'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.';

/** The request as AWS would have signed it, with the session token among its headers. */
export function canonicalRequest({ method, path, headers }: ReceivedRequest): string {
  const names = Object.keys(headers).filter((name) => name === 'host' || name.startsWith('x-amz-'));
  const lines = names.sort().map((name) => `${name}:${headers[name]}`);
  const digest = headers['x-amz-content-sha256'] ?? 'UNSIGNED-PAYLOAD';
  return [method, path, '', ...lines, '', names.join(';'), digest].join('\n');
}

/**
 * What most services of AWS say of a request that was signed with a wrong key:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
 */
export const signatureMismatch = (request: ReceivedRequest): string =>
  [
    mismatchText,
    `The Canonical String for this request should have been\n'${canonicalRequest(request)}'`,
    `The String-to-Sign should have been\n'AWS4-HMAC-SHA256\n${request.headers['x-amz-date']}'\n`,
  ].join('\n\n');
