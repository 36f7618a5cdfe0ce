/**
 * A message a user can act on. The slug is stable: it is the anchor in docs/TROUBLESHOOTING.md, where a test
 * looks for it. No field may hold a secret; show one through `maskSecret`.
 */
export interface Problem {
  /** For instance `receiver-url-without-path`. */
  readonly slug: Slug;
  /** What is wrong, one sentence, names the variable or the address. */
  readonly message: string;
  readonly found?: string;
  readonly expected?: string;
  /** The line to type, or the thing to change. */
  readonly do?: string;
}

/** Every slug there is, with one line on when it appears. */
export const slugs = {
  'invalid-value': 'A variable has a value that cannot be used.',
  'missing-value': 'A variable that is needed is not set.',
  'value-ignored': 'A variable that is set has no effect here.',
  'unknown-variable': 'A variable with one of our prefixes has a name that does not exist.',
  'sink-choice': 'None or two of REMOTE_WRITE_URL and PUSHGATEWAY_URL are set.',
  'interval-long': 'The interval is longer than the look-back of Prometheus allows.',
  'series-limit': 'There are more series than MAX_SERIES.',
  'invalid-family': 'A family was left out because receivers would refuse or misread it.',
  'tag-unusable': 'A tag of a deployment cannot be used as label or objective.',
  'workspace-unknown':
    'The event is for a workspace that the function does not have, or does not say for which.',
  'secret-arn': 'Something that should be the ARN of a secret is none.',
  'secret-not-found': 'There is no such secret, or it has no value.',
  'secret-deleted': 'The secret is marked for deletion.',
  'secret-denied': 'AWS does not allow reading the secret.',
  'secret-key-refused': 'The key that encrypts the secret may not be used.',
  'secret-credentials': 'There are no AWS credentials, or they are not accepted.',
  'secret-unreachable': 'No answer from Secrets Manager or the Parameter Store.',
  'secret-failed': 'Secrets Manager or the Parameter Store answers with errors.',
  'secret-content': 'The secret does not hold what it should.',
  'secret-unknown-key': 'The secret has a key that is no variable.',
  'secret-stale': 'A secret could not be read again, and the old value is used.',
  'prefect-url-is-the-web-page': 'PREFECT_API_URL is the address of the Prefect web page.',
  'prefect-url-without-api': 'The Prefect server answers, but its API has another path.',
  'prefect-unreachable': 'No connection to Prefect, or no answer in time.',
  'prefect-key-refused': 'Prefect does not accept the key.',
  'prefect-workspace-not-allowed': 'The key is valid and cannot see this workspace.',
  'prefect-role-too-small': 'The key may not read some resources.',
  'prefect-auth-kind': 'The server wants another kind of authentication.',
  'prefect-auth-string-encoded': 'PREFECT_API_AUTH_STRING is already base64.',
  'prefect-csrf': 'The server and PREFECT_CSRF_ENABLED disagree about CSRF tokens.',
  'prefect-failed': 'Prefect answers with errors.',
  'prefect-not-json': 'Something other than the Prefect API answers.',
  'prefect-too-old': 'The server cannot answer what is asked of it.',
  'receiver-url-is-grafana': 'REMOTE_WRITE_URL is the web address of Grafana.',
  'receiver-url-is-for-queries': 'REMOTE_WRITE_URL is where queries go.',
  'receiver-url-without-path': 'REMOTE_WRITE_URL has no remote-write path.',
  'receiver-disabled': 'This Prometheus does not accept remote write.',
  'receiver-kind': 'The address belongs to the other kind of receiver.',
  'receiver-credentials-swapped': 'User name and password are the wrong way round.',
  'receiver-token-refused': 'The receiver does not accept the credentials.',
  'receiver-sigv4': 'The settings for signed requests are missing or contradict one another.',
  'receiver-aws-credentials': 'There are no AWS credentials to sign with.',
  'receiver-permission': 'The AWS credentials may not write to the workspace.',
  'receiver-workspace': 'There is no such workspace in Amazon Managed Prometheus.',
  'receiver-tenant': 'The receiver wants a tenant.',
  'receiver-header': 'The receiver refuses a header.',
  'receiver-unreachable': 'No connection to the receiver, or no answer in time.',
  'receiver-failed': 'The receiver answers with errors.',
  'receiver-refused-data': 'The receiver refused samples.',
  'ledger-corrupt': 'The document in the store is not a whole ledger.',
  'ledger-version': 'The ledger was written by another version of this program.',
  'ledger-identity': 'The ledger belongs to another workspace or receiver.',
  'ledger-ahead': 'The newest tick of the ledger lies in the future.',
  'ledger-missing': 'There is no ledger in the store.',
  'ledger-inconsistent': 'The ledger can be read and contradicts itself.',
  'ledger-unconfirmed': 'A command would change the ledger for good.',
  'backfill-overlap': 'A backfill would write what the ledger has sent already.',
  'backfill-period': 'A backfill has no whole minute to write, or starts after it ends.',
  'backfill-unfinished': 'A backfill was interrupted, or there is none to go on with.',
  'backfill-refused': 'The receiver does not take samples of the past.',
  'backfill-receiver': 'A backfill has nowhere to write to.',
  'store-missing': 'A Lambda function has no STORE.',
  'store-memory': 'A Lambda function would keep its ledger in memory.',
  'store-local': 'A Lambda function keeps its ledger in a file of the container.',
  'store-denied': 'The store does not allow reading or writing the ledger.',
  'store-full': 'The store has no space for the ledger.',
  'store-read-only': 'The file system of the ledger takes no writes.',
  'store-not-found': 'There is no such bucket.',
  'store-unreachable': 'No connection to the store, or no answer in time.',
  'store-locked': 'Somebody else writes the ledger all the time.',
  'store-failed': 'The store answers with errors.',
  'network-closed': 'Nothing outside answers.',
  'memory-short': 'A Lambda function has hardly enough memory.',
  'stage-missing': 'There is no file for the stage to deploy.',
  'stage-parameter': 'A parameter of a stage file cannot be used.',
  'stage-change': 'A deployment would leave behind a ledger or a secret, or meet one that is left.',
  clock: 'This machine and the other side disagree about the time.',
  'two-writers': 'The receiver already has newer samples of these series.',
} as const;

export type Slug = keyof typeof slugs;

/** The problem on several lines: slug and message, then found, expected, do. */
export function formatProblem(problem: Problem): string {
  const details = (['found', 'expected', 'do'] as const).flatMap((field) => {
    const text = problem[field];
    return text === undefined ? [] : [`  ${field.padEnd(9)} ${text}`];
  });
  return [`${problem.slug}  ${problem.message}`, ...details].join('\n');
}

/** Enough of a secret to recognise it: its public prefix and its length, `glc_…(148 characters)`. */
export function maskSecret(secret: string): string {
  const prefix = /^(?:pnu_|pnb_|glc_|glsa_|AKIA)/.exec(secret)?.[0] ?? '';
  return `${prefix}…(${secret.length} characters)`;
}
