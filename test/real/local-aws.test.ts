// What a local AWS must do as AWS does, so that a deployment tried on it proves something. Which of its services are
// faithful, and which are not, is in docs/decisions/022-local-aws.md.
import { strToU8, zipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock as clock } from '../../lib/clock.ts';
import { deadlineIn } from '../../lib/deadline.ts';
import { createS3Store } from '../../lib/stores/s3.ts';
import { describeStore } from '../contracts/store.ts';
import { type AskAws, createAskAws } from '../support/aws/ask.ts';
import { createBucket, createStack, type StackResources } from '../support/aws/stack.ts';
import { type LocalAws, startLocalAws } from '../support/real/ministack.ts';
import { requireServer } from '../support/real/require-server.ts';

const required = await requireServer('ministack');

/** Shows what it was given; fails and waits when it is asked to. */
const source = `
export const handler = async (event, context) => {
  if (event.fail) throw new RangeError('asked to');
  if (event.waitMs) await new Promise((resolve) => setTimeout(resolve, event.waitMs));
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: sessionToken } = process.env;
  return {
    event, remainingMs: context.getRemainingTimeInMillis(), node: process.versions.node, variable: process.env.VARIABLE, pid: process.pid,
    credentials: { accessKeyId, secretAccessKey, sessionToken },
  };
};`;

const trust = (Service: string) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service }, Action: 'sts:AssumeRole' }],
});

const ledgersArn = { 'Fn::GetAtt': ['Ledgers', 'Arn'] };

const template = {
  Resources: {
    Ledgers: { Type: 'AWS::S3::Bucket' },
    Failures: { Type: 'AWS::SQS::Queue' },
    TlsOnly: {
      Type: 'AWS::S3::BucketPolicy',
      Properties: {
        Bucket: { Ref: 'Ledgers' },
        PolicyDocument: {
          Version: '2012-10-17',
          Statement: [
            {
              Effect: 'Deny',
              Principal: '*',
              Action: 's3:*',
              Resource: { 'Fn::Join': ['', [ledgersArn, '/*']] },
              Condition: { Bool: { 'aws:SecureTransport': 'false' } },
            },
          ],
        },
      },
    },
    Role: {
      Type: 'AWS::IAM::Role',
      Properties: {
        AssumeRolePolicyDocument: trust('lambda.amazonaws.com'),
        Policies: [
          {
            PolicyName: 'ledgers',
            PolicyDocument: {
              Version: '2012-10-17',
              Statement: [
                {
                  Effect: 'Allow',
                  Action: ['s3:GetObject', 's3:PutObject'],
                  Resource: { 'Fn::Join': ['', [ledgersArn, '/allowed/*']] },
                },
              ],
            },
          },
        ],
      },
    },
    Function: {
      Type: 'AWS::Lambda::Function',
      Properties: {
        FunctionName: 'probe',
        Code: { S3Bucket: 'code', S3Key: 'probe.zip' },
        Handler: 'index.handler',
        Runtime: 'nodejs24.x',
        Role: { 'Fn::GetAtt': ['Role', 'Arn'] },
        Timeout: 20,
        Environment: { Variables: { VARIABLE: 'value' } },
      },
    },
    Events: {
      Type: 'AWS::Lambda::EventInvokeConfig',
      Properties: {
        FunctionName: { Ref: 'Function' },
        Qualifier: '$LATEST',
        MaximumRetryAttempts: 0,
        DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': ['Failures', 'Arn'] } } },
      },
    },
  },
};

interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

describe.skipIf(required.missing)('MiniStack', () => {
  let local: LocalAws;
  let aws: AskAws;
  let resources: StackResources;
  /** Of the function's role. */
  let credentials: Credentials;

  const invoke = async (event: object, headers: Record<string, string> = {}) => {
    const path = '/2015-03-31/functions/probe/invocations';
    const answer = await aws.raw({ service: 'lambda', path, headers, body: JSON.stringify(event) });
    return { ...answer, value: answer.body === '' ? undefined : JSON.parse(answer.body) };
  };

  beforeAll(async () => {
    local = await startLocalAws(required);
    aws = createAskAws(local.proxy.url, local.region, local.credentials.accessKeyId);
    await createBucket(aws, 'code', local.region);
    const zip = Uint8Array.from(zipSync({ 'index.mjs': strToU8(source) }));
    await aws.accepted({ service: 's3', method: 'PUT', path: '/code/probe.zip', body: zip });
    resources = await createStack(aws, 'probe', template);
    credentials = (await invoke({})).value.credentials;
  });

  afterAll(() => local?.stop());

  const open = (key: string, as: Credentials = local.credentials) =>
    createS3Store({
      bucket: resources.Ledgers ?? '',
      key,
      endpoint: local.proxy.url,
      region: local.region,
      credentials: as,
      clock,
    });
  const soon = () => deadlineIn(20_000, clock);

  let places = 0;
  describeStore('MiniStack', () => {
    places += 1;
    const key = `place ${places}/ledger.json.gz`;
    return { open: () => open(key) };
  });

  describe('S3', () => {
    it('lets one of six writers win who all replace the same version', async () => {
      const first = open('allowed/race');
      let version = await first.save(strToU8('0'), undefined, soon());
      for (let round = 0; round < 5; round += 1) {
        const writers = Array.from({ length: 6 }, (_, writer) => ({ writer, store: open('allowed/race') }));
        const saves = await Promise.allSettled(
          writers.map(({ writer, store }) => store.save(strToU8(`${round} ${writer}`), version, soon())),
        );
        const won = saves.flatMap((save) => (save.status === 'fulfilled' ? [save.value] : []));
        const lost = saves.flatMap((save) => (save.status === 'rejected' ? [save.reason] : []));
        expect(won).toHaveLength(1);
        expect(new Set(lost.map((error) => error.name))).toEqual(new Set(['StoreConflictError']));
        version = won[0] ?? version;
        await Promise.all(writers.map(({ store }) => store.close()));
      }
      await first.close();
    });

    it('refuses whoever has no statement for the object, and whoever signs with another key', async () => {
      const allowed = open('allowed/ledger', credentials);
      await allowed.save(strToU8('mine'), undefined, soon());
      const denied = expect.objectContaining({ name: 'StoreError', reason: 'denied' });
      const elsewhere = open('elsewhere/ledger', credentials);
      await expect(elsewhere.save(strToU8('x'), undefined, soon())).rejects.toEqual(denied);
      const forged = open('allowed/ledger', { ...credentials, secretAccessKey: 'another' });
      await expect(forged.load(soon())).rejects.toEqual(denied);
      await Promise.all([allowed, elsewhere, forged].map((store) => store.close()));
    });
  });

  describe('Lambda', () => {
    it('runs the zip on Node 24 with its event, its time and its variables', async () => {
      const { value } = await invoke({ a: 1 });
      expect(value).toMatchObject({ event: { a: 1 }, variable: 'value' });
      expect(value.node).toMatch(/^24\./);
      expect(value.remainingMs).toBeGreaterThan(15_000);
      expect(value.remainingMs).toBeLessThanOrEqual(20_000);
    });

    it('runs two invocations at once in two processes', async () => {
      const both = await Promise.all([invoke({ waitMs: 500 }), invoke({ waitMs: 500 })]);
      expect(new Set(both.map(({ value }) => value.pid)).size).toBe(2);
    });

    it('sends an event that failed to the queue, without trying again', async () => {
      await invoke({ fail: true }, { 'x-amz-invocation-type': 'Event' });
      const QueueUrl = resources.Failures;
      const receive = () => aws.json('sqs', 'AmazonSQS.ReceiveMessage', { QueueUrl, WaitTimeSeconds: 1 });
      await expect
        .poll(async () => JSON.stringify(await receive()), { timeout: 20_000 })
        .toContain('asked to');
      expect(await receive()).not.toHaveProperty('Messages');
    });
  });
});
