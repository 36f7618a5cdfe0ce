import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { failure } from '../../../doubles/s3/s3.ts';
import type { Reply } from '../../../doubles/server.ts';
import { findNode24 } from '../../../scripts/node24.mjs';
import type { AwsCall } from '../aws/call.ts';
import { type RecordingProxy, startRecordingProxy } from '../aws/recording-proxy.ts';
import type { RequiredServer } from './require-server.ts';
import { type ServerProcess, startServerProcess } from './server-process.ts';

/** A whole AWS of one account. Everything goes through `proxy`, what its functions ask for too. */
export interface LocalAws {
  readonly proxy: RecordingProxy;
  readonly region: string;
  readonly accountId: string;
  /** Of the account's root, which may do everything; its signature is not verified. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  log(): string;
  stop(): Promise<void>;
}

/**
 * MiniStack, and what AWS does otherwise. A schedule's input has its context put in
 * (https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html), and schedules are
 * looked at every second instead of every ten. `Ref` of a secret is its ARN, not its name
 * (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-secretsmanager-secret.html#return-values).
 */
const program = `
import asyncio
import sys
from datetime import datetime, timezone
from hypercorn.asyncio import serve
from hypercorn.config import Config
from ministack.app import app
from ministack.services import eventbridge, scheduler
from ministack.services.cloudformation import provisioners

invoke_target = eventbridge._invoke_target

def with_context(target, event, rule, view=None):
    if event.get('Source') == 'aws.scheduler':
        time = datetime.fromtimestamp(int(event['Time']), timezone.utc)
        text = target.get('Input', '')
        for name, value in {
            'scheduled-time': time.strftime('%Y-%m-%dT%H:%M:%SZ'),
            'execution-id': event['EventId'],
            'attempt-number': '1',
            'schedule-arn': event['Resources'][0],
        }.items():
            text = text.replace('<aws.scheduler.' + name + '>', value)
        target = {**target, 'Input': text}
    return invoke_target(target, event, rule, view)

eventbridge._invoke_target = with_context
scheduler._SCHEDULE_TICK_INTERVAL = 1

secret = provisioners._RESOURCE_HANDLERS['AWS::SecretsManager::Secret']
create_secret, delete_secret = secret['create'], secret['delete']

def create_by_arn(logical_id, properties, stack_name):
    _, attributes = create_secret(logical_id, properties, stack_name)
    return attributes['Arn'], attributes

def delete_by_arn(arn, properties):
    return delete_secret(arn.split(':secret:')[1][:-7], properties)

secret['create'], secret['delete'] = create_by_arn, delete_by_arn

config = Config()
config.bind = ['127.0.0.1:' + sys.argv[1]]
config.keep_alive_timeout = 75
asyncio.run(serve(app, config))
`;

export const localAccount = {
  region: 'eu-west-1',
  accountId: '123456789012',
  credentials: { accessKeyId: 'AKIDROOT', secretAccessKey: 'root-secret' },
} as const;

/**
 * S3 tells only those who may list a bucket that it has no such object; to others it says that they may not read it
 * (https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html#API_GetObject_Errors). MiniStack tells everyone.
 */
const isMissingObject = ({ accessKeyId, service, action }: AwsCall, { status }: Reply): boolean =>
  service === 's3' && action === 'GetObject' && status === 404 && accessKeyId.startsWith('ASIA');

/**
 * Services that speak JSON answer 400 to what is denied; MiniStack answers 403
 * (https://docs.aws.amazon.com/secretsmanager/latest/apireference/CommonErrors.html).
 */
const isDenied = ({ status, body = '' }: Reply): boolean =>
  status === 403 && /"__type": ?"AccessDeniedException"/.test(Buffer.from(body).toString('utf8'));

const deniedObject = failure(
  403,
  'AccessDenied',
  'User is not authorized to perform: s3:ListBucket because no identity-based policy allows the s3:ListBucket action',
);

export async function startLocalAws(required: RequiredServer): Promise<LocalAws> {
  let server: ServerProcess | undefined;
  const proxy = await startRecordingProxy({
    target: () => {
      if (server === undefined) throw new Error('the local AWS has not started');
      return new URL(server.url);
    },
    correct: (call, reply) => {
      if (isMissingObject(call, reply)) return deniedObject;
      return isDenied(reply) ? { ...reply, status: 400 } : reply;
    },
  });
  server = await startServerProcess({
    name: required.name,
    binary: required.installed().binary,
    args: ({ directory, port }) => [join(directory, 'serve.py'), String(port)],
    prepare: async ({ directory }) => {
      await writeFile(join(directory, 'serve.py'), program);
      // Functions run on the node that is first in PATH.
      await mkdir(join(directory, 'bin'));
      await symlink(findNode24(), join(directory, 'bin/node'));
    },
    env: ({ directory, port }) => ({
      PATH: `${join(directory, 'bin')}:${process.env.PATH}`,
      HOME: directory,
      TMPDIR: directory,
      GATEWAY_PORT: String(port),
      MINISTACK_ACCOUNT_ID: localAccount.accountId,
      MINISTACK_REGION: localAccount.region,
      AUTH: 'true', // policies and signatures are enforced
      AWS_ACCESS_KEY_ID: localAccount.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: localAccount.credentials.secretAccessKey,
      AWS_ENDPOINT_URL: proxy.url.href.replace(/\/$/, ''),
    }),
    readyPath: '/_ministack/health',
  });
  const { log, stop } = server;
  return {
    ...localAccount,
    proxy,
    log,
    stop: async () => {
      await stop();
      await proxy.stop();
    },
  };
}
