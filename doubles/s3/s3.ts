import { createHash } from 'node:crypto';
import { type LocalServer, type ReceivedRequest, type Reply, startServer } from '../server.ts';
import { canonicalRequest, mismatchText } from '../signature-mismatch.ts';

/** What the caller may do; a test may change it. */
export interface S3Permissions {
  /** s3:GetObject */
  get: boolean;
  /** s3:PutObject */
  put: boolean;
  /** s3:ListBucket: without it nobody is told that an object is not there. */
  list: boolean;
  /** kms:Decrypt and kms:GenerateDataKey on the bucket's key. */
  key: boolean;
  /** Whether a refusal names the action that was not allowed, as within one account, or only says `Access Denied`. */
  named: boolean;
}

export interface S3Double extends LocalServer {
  readonly permissions: S3Permissions;
  /** Objects by `bucket/key`, as they are now. */
  readonly objects: ReadonlyMap<string, Uint8Array>;
}

interface StoredObject {
  readonly body: Buffer;
  readonly etag: string;
  readonly modified: string;
}

/**
 * The part of S3 that the ledger needs, by path style: GET, PUT and DELETE of objects, `If-Match` and
 * `If-None-Match: *` (https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html), with or without
 * the permissions for them. Signatures are not checked.
 */
export async function startS3Double({
  buckets,
  ...allowed
}: { readonly buckets: readonly string[] } & Partial<S3Permissions>): Promise<S3Double> {
  const permissions = { get: true, put: true, list: true, key: true, named: false, ...allowed };
  const objects = new Map<string, StoredObject>();
  const server = await startServer((request) => {
    const name = decodeURIComponent(request.path.split('?')[0] ?? '').slice(1);
    const [bucket = ''] = name.split('/');
    if (!buckets.includes(bucket)) return failure(404, 'NoSuchBucket', 'The specified bucket does not exist');
    const found = objects.get(name);
    return refusalByPolicy({ name, bucket, found, request, permissions }) ?? answer(objects, name, request);
  });
  return {
    ...server,
    permissions,
    get objects() {
      return new Map([...objects].map(([name, { body }]) => [name, body]));
    },
  };
}

interface Asked {
  readonly name: string;
  readonly bucket: string;
  readonly found: StoredObject | undefined;
  readonly request: ReceivedRequest;
  readonly permissions: S3Permissions;
}

/** The first permission that is missing; an existing object is looked for before the condition of a write. */
function refusalByPolicy({ name, bucket, found, request, permissions }: Asked): Reply | undefined {
  const object = `arn:aws:s3:::${name}`;
  const denied = (action: string, resource: string) =>
    failure(403, 'AccessDenied', permissions.named ? notAuthorized(action, resource) : 'Access Denied');
  const writes = request.method === 'PUT';
  const replaces = request.headers['if-match'] !== undefined;
  if (writes && !permissions.put) return denied('s3:PutObject', object);
  if ((!writes || replaces) && !permissions.get && request.method !== 'DELETE')
    return denied('s3:GetObject', object);
  if (found === undefined && (replaces || request.method === 'GET') && !permissions.list) {
    return denied('s3:ListBucket', `arn:aws:s3:::${bucket}`);
  }
  // What the key is refused for is named always: it is another service that says so.
  const key = 'arn:aws:kms:eu-west-1:123456789012:key/1';
  if (!permissions.key && (writes || found !== undefined)) {
    return failure(403, 'AccessDenied', notAuthorized(writes ? 'kms:GenerateDataKey' : 'kms:Decrypt', key));
  }
  return undefined;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshoot-403-errors.html */
const notAuthorized = (action: string, resource: string): string =>
  `User: arn:aws:sts::123456789012:assumed-role/exporter/function is not authorized to perform: ${action} on resource: &quot;${resource}&quot; because no identity-based policy allows the ${action} action`;

function answer(objects: Map<string, StoredObject>, name: string, request: ReceivedRequest): Reply {
  const found = objects.get(name);
  switch (request.method) {
    case 'GET':
      return found === undefined ? missing : content(found);
    case 'DELETE':
      objects.delete(name);
      return { status: 204 };
    case 'PUT': {
      const refusal = refusalOf(found, request.headers);
      if (refusal !== undefined) return refusal;
      const stored = objectOf(request.body);
      objects.set(name, stored);
      return { status: 200, headers: { etag: stored.etag } };
    }
    default:
      return failure(405, 'MethodNotAllowed', 'The specified method is not allowed against this resource.');
  }
}

function refusalOf(found: StoredObject | undefined, headers: ReceivedRequest['headers']): Reply | undefined {
  const [match, noneMatch] = [headers['if-match'], headers['if-none-match']];
  if (match !== undefined && found === undefined) return missing;
  if (match !== undefined && match !== found?.etag) return preconditionFailed;
  return noneMatch === '*' && found !== undefined ? preconditionFailed : undefined;
}

const objectOf = (body: Buffer): StoredObject => ({
  body,
  etag: `"${createHash('md5').update(body).digest('hex')}"`,
  modified: new Date().toUTCString(),
});

const content = ({ body, etag, modified }: StoredObject): Reply => ({
  status: 200,
  headers: { etag, 'last-modified': modified, 'content-type': 'application/gzip' },
  body,
});

/**
 * An error as S3 writes it: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 * @param more further elements
 */
export const failure = (
  status: number,
  code: string,
  message: string,
  more = '',
): Reply & { readonly body: string } => ({
  status,
  headers: { 'content-type': 'application/xml' },
  body: `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message>${more}<RequestId>4442587FB7D0A2F9</RequestId></Error>`,
});

/** A request that was signed with a wrong key. */
export const mismatch = (request: ReceivedRequest): Reply & { readonly body: string } =>
  failure(
    403,
    'SignatureDoesNotMatch',
    mismatchText,
    `<CanonicalRequest>${canonicalRequest(request)}</CanonicalRequest>`,
  );

const missing = failure(404, 'NoSuchKey', 'The specified key does not exist.');
const preconditionFailed = failure(
  412,
  'PreconditionFailed',
  'At least one of the pre-conditions you specified did not hold',
);
