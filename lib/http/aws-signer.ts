// Imported on first use: only those pay for the SDK who sign their requests.
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { fromTemporaryCredentials } from '@aws-sdk/credential-providers';
import { Hash } from '@smithy/core/serde';
import { SignatureV4 } from '@smithy/signature-v4';
import { type AwsRequestLimits, awsClientOptions } from '../aws-client-options.ts';
import type { AwsCredentials } from './aws-credentials.ts';
import type { Sign } from './sigv4.ts';

export interface CredentialSource {
  /** A role to assume; undefined: what the SDK finds (environment, profile, container, instance). */
  readonly roleArn: string | undefined;
  /** Where the role is asked for. */
  readonly stsRegion: string;
}

/** Somebody waits for a tick: two attempts, and no long one. */
const waiting: AwsRequestLimits = { connectMs: 3_000, answerMs: 5_000 };

/** Asks for credentials anew at each call. What is kept is for `createCredentialCache` to say. */
export function credentialLoader(
  source: CredentialSource,
  limits: AwsRequestLimits = waiting,
): () => Promise<AwsCredentials> {
  let provider = providerOf(source, limits);
  let isAsked = false;
  return async () => {
    // The SDK lets everybody wait for the first that asked, for ever if need be.
    if (isAsked) provider = providerOf(source, limits);
    isAsked = true;
    try {
      return await provider();
    } finally {
      isAsked = false;
    }
  };
}

function providerOf(
  { roleArn, stsRegion }: CredentialSource,
  limits: AwsRequestLimits,
): () => Promise<AwsCredentials> {
  const clientConfig = { ...awsClientOptions(limits), maxAttempts: 2, region: stsRegion };
  const { logger } = clientConfig;
  const chain = defaultProvider({ clientConfig, logger });
  if (roleArn === undefined) return () => chain({ forceRefresh: true });
  const params = { RoleArn: roleArn, RoleSessionName: 'prefect-push-exporter' };
  return fromTemporaryCredentials({ params, clientConfig, masterCredentials: chain, logger });
}

/** Loads what assuming a role takes, which the SDK imports on first use. Nothing is asked of anybody. */
export async function preloadRoles(): Promise<void> {
  const params = { RoleArn: 'arn:aws:iam::000000000000:role/none' };
  const masterCredentials = async () => {
    throw new Error('for preloading only');
  };
  const clientConfig = { ...awsClientOptions(waiting), region: 'us-east-1' };
  await fromTemporaryCredentials({ params, clientConfig, masterCredentials })().catch(() => undefined);
}

/** Signs method, path, query, body and those headers that nobody on the way may change. */
export function requestSigner({
  region,
  service,
}: {
  readonly region: string;
  readonly service: string;
}): Sign {
  return async (request, credentials, nowMs) => {
    const { url, method, body } = request;
    // A copy: the SDK's type has an optional field where ours may be undefined.
    const { accessKeyId, secretAccessKey, sessionToken } = credentials;
    const token = sessionToken === undefined ? {} : { sessionToken };
    const signer = new SignatureV4({
      region,
      service,
      credentials: { accessKeyId, secretAccessKey, ...token },
      sha256: Hash.bind(null, 'sha256'),
    });
    const signed = await signer.sign(
      {
        method,
        protocol: url.protocol,
        hostname: url.hostname,
        path: url.pathname,
        query: queryOf(url),
        headers: { ...signableHeaders(request.headers), host: url.host },
        body,
      },
      { signingDate: new Date(nowMs) },
    );
    // undici sets Host itself, to the same.
    const { host: _, ...headers } = signed.headers;
    return { ...request, headers: { ...request.headers, ...headers } };
  };
}

/** Proxies add to and take from other headers, and a signature over them would break. */
const signable: ReadonlySet<string> = new Set([
  'content-encoding',
  'content-type',
  'x-prometheus-remote-write-version',
]);

const signableHeaders = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => signable.has(name)));

function queryOf({ searchParams }: URL): Record<string, string[]> {
  return Object.fromEntries([...new Set(searchParams.keys())].map((key) => [key, searchParams.getAll(key)]));
}
