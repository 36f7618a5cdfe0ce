import * as z from 'zod';
import type { Problem } from '../problem.ts';
import { httpAddress } from './addresses.ts';
import type { StoreConfig } from './config.ts';
import { addressMistake, suffixMistake } from './mistakes/address.ts';
import { storeMistake } from './mistakes/store.ts';
import type { Reader } from './reader.ts';
import { onOff } from './schemas.ts';
import { awsRegionVariable } from './sigv4.ts';
import { defaulted, type OptionalVariable, optional } from './variable.ts';

/** Where the program runs: a Lambda function keeps neither its files nor its memory. */
export type Where = 'lambda' | 'command-line';

const group = 'Store';

type Address =
  | { readonly kind: 'memory' }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 's3'; readonly bucket: string; readonly key: string };

/** What `storeMistake` has let pass. */
const storeAddress: z.ZodType<Address, string> = z.string().transform((raw, context): Address => {
  const [, scheme, rest = ''] = /^(\w+):(.*)$/s.exec(raw) ?? [];
  const [, bucket = '', key = ''] = /^\/\/([^/]+)\/(.+)$/s.exec(rest) ?? [];
  switch (scheme?.toLowerCase()) {
    case 'memory':
      return { kind: 'memory' };
    case 'file':
      return { kind: 'file', path: rest.replace(/^\/+/, '/') };
    case 's3':
      return { kind: 's3', bucket, key };
    default:
      context.addIssue('is none of s3://<bucket>/<key>, file:<path>, memory:');
      return z.NEVER;
  }
});

const endpoint = (name: string, description: string): OptionalVariable<URL> =>
  optional({
    name,
    group,
    description,
    expected: 'http://<host>:<port>',
    example: 'http://minio:9000',
    schema: httpAddress,
    address: true,
    mistake: (raw) => {
      const credentialsGo = 'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY';
      const rules = { name, expected: 'http://minio:9000', credentialsGo };
      return addressMistake(raw, rules) ?? suffixMistake(raw, rules);
    },
    unset: 'AWS',
  });

const defaultStore = 'file:./.prefect-push-exporter/ledger.json.gz';

export const storeVariables = {
  store: optional({
    name: 'STORE',
    group,
    description:
      'Where the ledger is kept: counters, and samples that are not acknowledged yet. One place for one exporter. In Lambda it is `s3://…`; the function needs `s3:GetObject` and `s3:PutObject` on that one object and nothing else of the bucket. `memory:` forgets it with the process.',
    expected: 's3://<bucket>/<key>, file:<path> or memory:',
    example: 's3://prefect-ledger/prod/ledger.json.gz',
    schema: storeAddress,
    address: true,
    mistake: storeMistake,
    unset: `on the command line \`${defaultStore}\`, in Lambda **required**`,
  }),
  endpoint: endpoint(
    'S3_ENDPOINT',
    'A server that is compatible with S3, such as MinIO; it has to know conditional writes. Buckets are named in the path. Region and credentials are those of the AWS SDK (AWS_REGION, AWS_ACCESS_KEY_ID, …).',
  ),
  sdkEndpoint: endpoint('AWS_ENDPOINT_URL_S3', 'The same by the name of the AWS SDK; S3_ENDPOINT wins.'),
  allowMemory: defaulted({
    name: 'ALLOW_MEMORY_STORE',
    group,
    description:
      'Whether a Lambda function may have `STORE=memory:`. It is then without everything that counts finished runs: two containers would send different values for one instant.',
    expected: 'true or false',
    example: 'true',
    schema: onOff,
    default: 'false',
  }),
};

/** Undefined when STORE cannot be used, or is missing in Lambda. */
export function readStore(reader: Reader, where: Where): StoreConfig | undefined {
  const variables = storeVariables;
  const allowMemory = reader.get(variables.allowMemory);
  const sdkEndpoint = reader.get(variables.sdkEndpoint);
  const s3Endpoint = reader.get(variables.endpoint) ?? sdkEndpoint;
  const region = reader.get(awsRegionVariable);
  const address = readAddress(reader, where);
  if (address?.kind !== 's3' && reader.isSet(variables.endpoint)) reader.warn(endpointIgnored);
  if (address !== undefined && where === 'lambda') checkInLambda(reader, address, allowMemory);
  switch (address?.kind) {
    case 'memory':
      return { kind: 'memory', ledger: where !== 'lambda' };
    case 'file':
      return { ...address, ledger: true };
    case 's3':
      return { ...address, endpoint: s3Endpoint, region, ledger: true };
    case undefined:
      return undefined;
  }
}

function readAddress(reader: Reader, where: Where): Address | undefined {
  if (reader.isSet(storeVariables.store)) return reader.get(storeVariables.store);
  if (where === 'command-line') return storeAddress.parse(defaultStore);
  reader.report(missing);
  return undefined;
}

function checkInLambda(reader: Reader, address: Address, allowMemory: boolean): void {
  if (address.kind === 'memory' && !allowMemory) reader.report(forgotten);
  if (address.kind === 'file' && !isOnEfs(address.path)) reader.warn(local(address.path));
}

/** A function mounts EFS below /mnt only: AWS::Lambda::Function FileSystemConfig, LocalMountPath. */
const isOnEfs = (path: string): boolean => /^\/mnt\/[^/]+\//.test(path);

const missing: Problem = {
  slug: 'store-missing',
  message: 'STORE is not set: a Lambda function has nowhere to keep its counters between two ticks.',
  expected: storeVariables.store.expected,
  do: 'STORE=s3://<bucket>/<key>',
};

const forgotten: Problem = {
  slug: 'store-memory',
  message:
    'STORE=memory: in a Lambda function: each container has a memory of its own, and two of them would send different values for one instant.',
  found: 'STORE=memory:',
  expected: 's3://<bucket>/<key>',
  do: 'STORE=s3://<bucket>/<key>, or ALLOW_MEMORY_STORE=true to go without counters and histograms of finished runs',
};

const local = (path: string): Problem => ({
  slug: 'store-local',
  message: `STORE=file:${path} in a Lambda function lives only as long as the container: counters begin at 0 again and again.`,
  found: `STORE=file:${path}`,
  expected: 's3://<bucket>/<key>, or a file on EFS, below /mnt/<name>/',
  do: 'STORE=s3://<bucket>/<key>',
});

const endpointIgnored: Problem = {
  slug: 'value-ignored',
  message: 'S3_ENDPOINT: no effect, because STORE is not in S3.',
  expected: 'STORE=s3://<bucket>/<key> beside it',
  do: 'STORE=s3://<bucket>/<key>, or unset S3_ENDPOINT',
};
