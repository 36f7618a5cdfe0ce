import type { Problem } from '../problem.ts';
import { StoreError, type StoreErrorReason } from '../stores/store.ts';
import { findCause } from './cause.ts';

/** What to tell a user about a ledger that could not be loaded or saved; undefined for an error of another kind. */
export function diagnoseStore(error: unknown): Problem | undefined {
  const found = findCause(error, StoreError);
  return found === undefined ? undefined : { ...explanations[found.reason](found), found: found.message };
}

type Explanation = (error: StoreError) => Problem;

const unreachable: Explanation = ({ place }) => ({
  slug: 'store-unreachable',
  message: `The ledger at ${place} did not answer in time, or not at all.`,
  do: isS3(place)
    ? 'look at the network: in a VPC a function needs a gateway endpoint for S3, or a NAT gateway; look at S3_ENDPOINT where it is set'
    : 'look at the file system, and whether another process holds the lock beside the file',
});

const explanations: Readonly<Record<StoreErrorReason, Explanation>> = {
  denied: ({ place }) => ({
    slug: 'store-denied',
    message: `The ledger at ${place} may not be read or written.`,
    do: isS3(place) ? permissions(place) : 'let the user of this process write the file and its folder',
  }),
  full: ({ place }) => ({
    slug: 'store-full',
    message: `There is no space for the ledger at ${place}. What it held before is whole.`,
    do: 'make space there, or put STORE somewhere else',
  }),
  'read-only': ({ place }) => ({
    slug: 'store-read-only',
    message: `The ledger at ${place} is on a file system that takes no writes.`,
    do: 'STORE=file:<a path on a volume that may be written>; a container with a read-only root needs a volume for it',
  }),
  'not-found': ({ place }) => ({
    slug: 'store-not-found',
    message: `There is no bucket for the ledger at ${place}.`,
    do: 'make the bucket, with versions, or look at STORE and at the account and the region of the credentials',
  }),
  timeout: unreachable,
  unreachable,
  unclear: unreachable,
  conflict: ({ place }) => ({
    slug: 'store-locked',
    message: `Somebody else writes the ledger at ${place} in the same moment.`,
    do: 'one exporter for one STORE; if it goes on, look for a second deployment with the same STORE',
  }),
  other: ({ place }) => ({
    slug: 'store-failed',
    message: `The ledger at ${place} cannot be used.`,
    do: isS3(place)
      ? 'look at STORE, S3_ENDPOINT and AWS_REGION'
      : 'look at the path in STORE: it names a file in a folder that may be written',
  }),
};

const isS3 = (place: string): boolean => place.startsWith('s3://');

function permissions(place: string): string {
  const [, object = ''] = /^s3:\/\/(.*)$/.exec(place) ?? [];
  return `allow s3:GetObject and s3:PutObject on arn:aws:s3:::${object}; of a bucket with a key of its own kms:Decrypt and kms:GenerateDataKey on that key`;
}
