import type { S3Client } from '@aws-sdk/client-s3';

type Sdk = typeof import('@aws-sdk/client-s3');

export interface S3Connection {
  readonly sdk: Sdk;
  readonly client: S3Client;
}

export interface S3Address {
  readonly bucket: string;
  readonly key: string;
  /** Of an S3-compatible server; undefined: AWS. */
  readonly endpoint?: URL | undefined;
  /** Default: that of the SDK, AWS_REGION and the profile. */
  readonly region?: string;
  /** Default: those of the SDK, the role of the function or task among them. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

const connectMs = 5_000;

/** Loads the SDK, which only those pay for who keep their ledger in S3. */
export async function connectS3({ bucket, endpoint, region, credentials }: S3Address): Promise<S3Connection> {
  const sdk = await import('@aws-sdk/client-s3');
  const client = new sdk.S3Client({
    ...(endpoint === undefined ? {} : { endpoint: endpoint.href }),
    ...(region === undefined ? {} : { region }),
    ...(credentials === undefined ? {} : { credentials }),
    // A certificate for *.s3.amazonaws.com does not cover names with further dots.
    forcePathStyle: endpoint !== undefined || bucket.includes('.'),
    // A conditional write that was done and whose answer was lost would be answered 412 when it is sent again.
    maxAttempts: 1,
    // Servers that are not AWS do not know them; the signature covers the body anyway.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // It would open a connection for each save.
    expectContinueHeader: false,
    requestHandler: { connectionTimeout: connectMs },
  });
  return { sdk, client };
}
