// Imported on first use: only those pay for the SDK who sign their requests.
import { fromNodeProviderChain, fromTemporaryCredentials } from '@aws-sdk/credential-providers';
import { Hash } from '@smithy/core/serde';
import { SignatureV4 } from '@smithy/signature-v4';
import type { AwsCredentials } from './aws-credentials.ts';
import type { Sign } from './sigv4.ts';

export interface CredentialSource {
  /** A role to assume; undefined: what the SDK finds (environment, profile, container, instance). */
  readonly roleArn: string | undefined;
  /** Where the role is asked for. */
  readonly stsRegion: string;
}

/** Somebody waits for a tick: two attempts, and no long one. */
const client = { requestHandler: { connectionTimeout: 5_000, requestTimeout: 10_000 }, maxAttempts: 2 };

/** Asks for credentials anew at each call. What is kept is for `createCredentialCache` to say. */
export function credentialLoader({ roleArn, stsRegion }: CredentialSource): () => Promise<AwsCredentials> {
  const clientConfig = { ...client, region: stsRegion };
  if (roleArn === undefined) {
    const chain = fromNodeProviderChain({ clientConfig });
    return () => chain({ forceRefresh: true });
  }
  const params = { RoleArn: roleArn, RoleSessionName: 'prefect-push-exporter' };
  return fromTemporaryCredentials({ params, clientConfig });
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
