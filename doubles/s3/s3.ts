import { createHash } from 'node:crypto';
import { type LocalServer, type ReceivedRequest, type Reply, startServer } from '../server.ts';

export interface S3Double extends LocalServer {
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
 * `If-None-Match: *` (https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html). Signatures are
 * not checked.
 */
export async function startS3Double({ buckets }: { readonly buckets: readonly string[] }): Promise<S3Double> {
  const objects = new Map<string, StoredObject>();
  const server = await startServer((request) => {
    const name = decodeURIComponent(request.path.split('?')[0] ?? '').slice(1);
    const [bucket = ''] = name.split('/');
    if (!buckets.includes(bucket)) return failure(404, 'NoSuchBucket', 'The specified bucket does not exist');
    return answer(objects, name, request);
  });
  return {
    ...server,
    get objects() {
      return new Map([...objects].map(([name, { body }]) => [name, body]));
    },
  };
}

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

/** An error as S3 writes it: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
export const failure = (
  status: number,
  code: string,
  message: string,
): Reply & { readonly body: string } => ({
  status,
  headers: { 'content-type': 'application/xml' },
  body: `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message><RequestId>4442587FB7D0A2F9</RequestId></Error>`,
});

const missing = failure(404, 'NoSuchKey', 'The specified key does not exist.');
const preconditionFailed = failure(
  412,
  'PreconditionFailed',
  'At least one of the pre-conditions you specified did not hold',
);
