import { isAmazon } from '../config/amazon-address.ts';
import type { SigV4Auth, SinkConfig } from '../config/config.ts';
import type { CredentialsError, HttpStatusError } from '../http/errors.ts';
import type { Problem } from '../problem.ts';

/**
 * What Amazon Managed Prometheus, or another receiver of signed requests, means by an answer; undefined where the
 * answer says nothing that only Amazon says. Its texts:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/signature-v4-troubleshooting.html
 */
export function diagnoseAmazon(error: HttpStatusError, sink: SinkConfig): Problem | undefined {
  if (sink.auth.kind !== 'sigv4' && !isAmazon(sink.url)) return undefined;
  const said = `${error.headers['x-amzn-errortype'] ?? ''} ${error.bodyExcerpt}`;
  const match = known.find(({ statuses, says }) => statuses.includes(error.status) && says.test(said));
  return match?.problem(error, sink);
}

/** The first match counts. */
const known: readonly {
  readonly statuses: readonly number[];
  readonly says: RegExp;
  problem(error: HttpStatusError, sink: SinkConfig): Problem;
}[] = [
  { statuses: [401, 403], says: /Missing ?Authentication ?Token/i, problem: unsigned },
  {
    statuses: [400, 401, 403],
    says: /signature expired|signature not yet current|RequestExpired|RequestTimeTooSkewed/i,
    problem: wrongClock,
  },
  { statuses: [403], says: /not authorized to perform|AccessDenied/i, problem: notAllowed },
  { statuses: [401, 403], says: /(?:)/, problem: refusedSignature },
  { statuses: [404], says: /workspace|ResourceNotFound/i, problem: noWorkspace },
  { statuses: [429], says: /(?:)/, problem: throttled },
];

const answerOf = (error: HttpStatusError): string => error.bodyExcerpt.trim() || 'nothing';

const workspaceOf = (url: URL): string => /\/workspaces\/([^/]+)/.exec(url.pathname)?.[1] ?? '<workspace>';

const regionOf = ({ auth }: SinkConfig): string => (auth.kind === 'sigv4' ? auth.region : '<region>');

const partitionOf = (region: string): string => {
  if (region.startsWith('cn-')) return 'aws-cn';
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
};

const workspaceArn = (sink: SinkConfig): string => {
  const region = regionOf(sink);
  return `arn:${partitionOf(region)}:aps:${region}:<account>:workspace/${workspaceOf(sink.url)}`;
};

function unsigned(error: HttpStatusError): Problem {
  return {
    slug: 'receiver-token-refused',
    message: `Amazon Managed Prometheus wants signed requests (SigV4), and sees none (${error.status}).`,
    found: answerOf(error),
    do: 'REMOTE_WRITE_SIGV4=true; where it is set, something on the way takes the header Authorization out',
  };
}

function wrongClock(error: HttpStatusError): Problem {
  return {
    slug: 'clock',
    message: 'The receiver refuses the signature because the clock of this machine is wrong.',
    found: answerOf(error),
    expected: 'a clock that is right to five minutes',
    do: 'set the clock of this machine',
  };
}

/** The action that was refused, where the answer names it: `aps:RemoteWrite`, or one of a key. */
function notAllowed(error: HttpStatusError, sink: SinkConfig): Problem {
  const action = /perform: ([a-z]+:\w+)/i.exec(error.bodyExcerpt)?.[1] ?? 'aps:RemoteWrite';
  const isKey = action.startsWith('kms:');
  return {
    slug: 'receiver-permission',
    message: `The AWS credentials may not ${action}, which writing to workspace ${workspaceOf(sink.url)} takes (${error.status}).`,
    found: answerOf(error),
    expected: isKey ? `${action} on the key of the workspace` : `aps:RemoteWrite on ${workspaceArn(sink)}`,
    do: `allow ${action} ${isKey ? 'on the key of the workspace' : `on ${workspaceArn(sink)}`} ${whom(sink)}`,
  };
}

const whom = ({ auth }: SinkConfig): string =>
  auth.kind === 'sigv4' && auth.roleArn !== undefined
    ? `in the policy of ${auth.roleArn}`
    : 'in the policy of the role or user whose credentials sign';

function refusedSignature(error: HttpStatusError, sink: SinkConfig): Problem {
  const { auth } = sink;
  return {
    slug: 'receiver-token-refused',
    message: `The receiver at ${error.url} does not accept the signature (${error.status}).`,
    found: auth.kind === 'sigv4' ? `${signedBy(auth)}; it says: ${answerOf(error)}` : answerOf(error),
    expected: 'valid credentials, and the region and the service of the workspace',
    do: 'compare REMOTE_WRITE_SIGV4_REGION and REMOTE_WRITE_SIGV4_SERVICE with the address; look for AWS_ACCESS_KEY_ID and AWS_SESSION_TOKEN of an ended session; a proxy may not change Host, path or body',
  };
}

const signedBy = ({ region, service, roleArn }: SigV4Auth): string =>
  `signed for ${region}, ${service}${roleArn === undefined ? '' : `, as ${roleArn}`}`;

function noWorkspace(error: HttpStatusError, sink: SinkConfig): Problem {
  return {
    slug: 'receiver-workspace',
    message: `There is no workspace ${workspaceOf(sink.url)} in ${regionOf(sink)} for this account (${error.status}).`,
    found: answerOf(error),
    expected: 'a workspace in the region of the address and the account of the credentials',
    do: 'compare REMOTE_WRITE_URL with the remote write URL of the workspace; in another account: REMOTE_WRITE_SIGV4_ROLE_ARN=<a role there>',
  };
}

function throttled(error: HttpStatusError): Problem {
  return {
    slug: 'receiver-failed',
    message: `Amazon Managed Prometheus limits what it takes (${error.status}).`,
    found: answerOf(error),
    do: 'fewer series (DETAIL, METRICS_EXCLUDE), or higher quotas: series and ingestion rate of the workspace (Service Quotas)',
  };
}

/** Nothing was sent: there were no credentials to sign with. */
export function withoutCredentials(error: CredentialsError, sink: SinkConfig): Problem {
  const roleArn = sink.auth.kind === 'sigv4' ? sink.auth.roleArn : undefined;
  if (roleArn !== undefined) {
    return {
      slug: 'receiver-aws-credentials',
      message: `The role ${roleArn} of REMOTE_WRITE_SIGV4_ROLE_ARN cannot be assumed.`,
      found: error.message,
      expected: 'a role that trusts the credentials of this process, which may sts:AssumeRole on it',
      do: `allow sts:AssumeRole on ${roleArn}, and name the role or user of this process in its trust policy; in a VPC: a way to STS`,
    };
  }
  return {
    slug: 'receiver-aws-credentials',
    message: 'REMOTE_WRITE_SIGV4 is true, and there are no AWS credentials to sign with.',
    found: error.message,
    expected: 'credentials that the AWS SDK finds',
    do: 'give the function, the task or the instance a role; elsewhere set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE',
  };
}
