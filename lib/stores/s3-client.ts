// Imported on first use: only those pay for the SDK who keep their ledger in S3.
import {
  DeleteObjectCommand,
  GetObjectCommand,
  type GetObjectCommandOutput,
  PutObjectCommand,
  type PutObjectCommandOutput,
  S3Client,
} from '@aws-sdk/client-s3';
import { awsClientOptions } from '../aws-client-options.ts';

export interface S3Address {
  readonly bucket: string;
  readonly key: string;
  /** Of an S3-compatible server; undefined: AWS. */
  readonly endpoint?: URL | undefined;
  /** Default: that of the SDK, AWS_REGION and the profile. */
  readonly region?: string | undefined;
  /** Default: those of the SDK, the role of the function or task among them. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** An object as it comes. */
export type S3Content = Pick<GetObjectCommandOutput, 'Body' | 'ETag' | 'LastModified'>;

/** Requests for one object, each sent once. They reject with errors of the SDK. */
export interface S3Connection {
  get(signal: AbortSignal): Promise<S3Content>;
  /** @param expected the ETag to replace; undefined: there must be no object. */
  put(body: Uint8Array, expected: string | undefined, signal: AbortSignal): Promise<PutObjectCommandOutput>;
  delete(signal: AbortSignal): Promise<unknown>;
  close(): void;
}

/** `createS3Store` ends its requests before that; those for credentials end here. */
const limits = { connectMs: 5_000, answerMs: 15_000 };

export function connectS3({ bucket, key, endpoint, region, credentials }: S3Address): S3Connection {
  const object = { Bucket: bucket, Key: key };
  const client = new S3Client({
    ...awsClientOptions(limits),
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
  });
  return {
    get: (abortSignal) => client.send(new GetObjectCommand(object), { abortSignal }),
    put: (body, expected, abortSignal) => {
      const condition = expected === undefined ? { IfNoneMatch: '*' } : { IfMatch: expected };
      const content = { Body: body, ContentLength: body.length, ContentType: 'application/gzip' };
      return client.send(new PutObjectCommand({ ...object, ...content, ...condition }), { abortSignal });
    },
    delete: (abortSignal) => client.send(new DeleteObjectCommand(object), { abortSignal }),
    close: () => client.destroy(),
  };
}
