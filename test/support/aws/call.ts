import type { ReceivedRequest } from '../../../doubles/server.ts';

/** A request to AWS, as IAM sees it. */
export interface AwsCall {
  /** Who signed it. */
  readonly accessKeyId: string;
  /** The prefix of its actions, such as `secretsmanager`. */
  readonly service: string;
  /** Such as `GetSecretValue`; the method and the path where this file does not know the action. */
  readonly action: string;
  /** An ARN; undefined where this file does not know the resource. */
  readonly resource: string | undefined;
}

const scope = /Credential=(?<key>[^/]+)\/\d{8}\/(?<region>[^/]+)\/(?<service>[^/]+)\/aws4_request/;

/** Undefined for a request that nobody signed. */
export function awsCallOf(request: ReceivedRequest): AwsCall | undefined {
  const { key, region = '', service } = scope.exec(request.headers.authorization ?? '')?.groups ?? {};
  if (key === undefined || service === undefined) return undefined;
  const named = namedCall(service, region, request);
  return { accessKeyId: key, service, ...named };
}

type Named = Pick<AwsCall, 'action' | 'resource'>;

function namedCall(service: string, region: string, request: ReceivedRequest): Named {
  if (service === 's3') return s3Call(request);
  const target = request.headers['x-amz-target']?.split('.').at(-1);
  if (target !== undefined) return { action: target, resource: jsonResource(service, region, request) };
  const form = new URLSearchParams(request.body.toString('utf8'));
  const action = form.get('Action');
  if (action !== null) return { action, resource: form.get('RoleArn') ?? undefined };
  return { action: `${request.method} ${request.path.split('?')[0]}`, resource: undefined };
}

/** Of an object, with the bucket in the path. Everything else of S3 is named by its method and path. */
function s3Call({ method, path }: ReceivedRequest): Named {
  const url = new URL(path, 'http://s3');
  const [, bucket, key] = /^\/([^/]+)\/(.+)$/.exec(decodeURIComponent(url.pathname)) ?? [];
  const verb = { GET: 'Get', PUT: 'Put', DELETE: 'Delete' }[method];
  const ofObject = [...url.searchParams.keys()].every((name) => name === 'x-id');
  if (key === undefined || verb === undefined || !ofObject) {
    return { action: `${method} ${path}`, resource: undefined };
  }
  return { action: `${verb}Object`, resource: `arn:aws:s3:::${bucket}/${key}` };
}

function jsonResource(service: string, region: string, { body }: ReceivedRequest): string | undefined {
  const input = Object(JSON.parse(body.toString('utf8') || '{}'));
  if (service === 'secretsmanager') return stringOf(input.SecretId);
  const parameter = stringOf(input.Name);
  if (service !== 'ssm' || parameter === undefined || parameter.startsWith('arn:')) return parameter;
  return `arn:aws:ssm:${region}::parameter/${parameter.replace(/^\//, '')}`;
}

const stringOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
