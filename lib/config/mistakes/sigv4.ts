import type { Problem } from '../../problem.ts';
import { showAddress } from '../show.ts';

/** What is wrong with the settings of REMOTE_WRITE_SIGV4, and where they are missing. */

const amazonAddress =
  'https://aps-workspaces.eu-west-1.amazonaws.com/workspaces/<workspace>/api/v1/remote_write';

export const unsigned = (url: URL): Problem => ({
  slug: 'receiver-sigv4',
  message:
    'REMOTE_WRITE_URL is an address of Amazon Managed Prometheus, which takes signed requests (SigV4) only.',
  found: `${showAddress(url.href)} without REMOTE_WRITE_SIGV4=true`,
  expected: 'REMOTE_WRITE_SIGV4=true, and credentials that the AWS SDK finds',
  do: 'REMOTE_WRITE_SIGV4=true, and no user, password or token',
});

export const unused = (names: readonly string[]): Problem => ({
  slug: 'receiver-sigv4',
  message: `${names.join(', ')}: no effect, because requests are not signed.`,
  found: 'REMOTE_WRITE_SIGV4 is not true',
  expected: 'REMOTE_WRITE_SIGV4=true beside it',
  do: `REMOTE_WRITE_SIGV4=true, or unset ${names.join(', ')}`,
});

export const otherCredentials = (names: readonly string[]): Problem => ({
  slug: 'receiver-sigv4',
  message: `REMOTE_WRITE_SIGV4 is true, and ${names.join(', ')} is set too: a request carries a signature or a password, not both.`,
  found: names.join(', '),
  expected: 'one way to authenticate',
  do: `unset ${names.join(', ')} for Amazon Managed Prometheus, or REMOTE_WRITE_SIGV4 for any other receiver`,
});

export const headersOfSignature = (names: readonly string[]): Problem => ({
  slug: 'receiver-sigv4',
  message: `REMOTE_WRITE_SIGV4 is true, and REMOTE_WRITE_HEADERS holds ${names.join(', ')}: these headers belong to the signature.`,
  found: names.join(', '),
  expected: 'REMOTE_WRITE_HEADERS without names that begin with X-Amz-',
  do: `take ${names.join(', ')} out of REMOTE_WRITE_HEADERS`,
});

export const signedPushgateway: Problem = {
  slug: 'receiver-sigv4',
  message: 'REMOTE_WRITE_SIGV4 is true, and PUSHGATEWAY_URL is set: only remote write is signed.',
  found: 'PUSHGATEWAY_URL without REMOTE_WRITE_URL',
  expected: `REMOTE_WRITE_URL=${amazonAddress}`,
  do: 'REMOTE_WRITE_URL instead of PUSHGATEWAY_URL for Amazon Managed Prometheus; unset REMOTE_WRITE_SIGV4 for a Pushgateway',
};

export const regionMissing = (url: URL): Problem => ({
  slug: 'receiver-sigv4',
  message: 'REMOTE_WRITE_SIGV4 is true, and no region to sign for is known.',
  found: `${showAddress(url.href)}, which names none; neither REMOTE_WRITE_SIGV4_REGION nor AWS_REGION`,
  expected: `an address such as ${amazonAddress}, or a region`,
  do: 'REMOTE_WRITE_SIGV4_REGION=<region of the workspace>',
});

export const otherRegion = (given: string, inAddress: string): Problem => ({
  slug: 'receiver-sigv4',
  message: `REMOTE_WRITE_SIGV4_REGION is ${given}, and REMOTE_WRITE_URL is in ${inAddress}: the receiver would refuse the signature.`,
  found: given,
  expected: inAddress,
  do: 'unset REMOTE_WRITE_SIGV4_REGION: the address says it',
});

export const plainHttp = (url: URL): Problem => ({
  slug: 'receiver-sigv4',
  message:
    'REMOTE_WRITE_SIGV4 is true, and REMOTE_WRITE_URL is not encrypted: the session token would be read on the way.',
  found: showAddress(url.href),
  expected: 'an https:// address',
  do: `REMOTE_WRITE_URL=https://${url.host}${url.pathname}`,
});
