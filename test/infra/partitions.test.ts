// Stages in the partitions of AWS that have other ARNs, and in China another domain: what the roles are for is there too.
import { beforeAll, describe, expect, it } from 'vitest';
import { packageStage } from './package-stage.ts';
import { allows, type Role, roleOf } from './permissions.ts';
import { resolve } from './resolve.ts';
import { knownOf } from './stack.ts';
import type { Template } from './template.ts';

/** osls takes two seconds, on a busy machine many. */
const timeout = 120_000;

const accountId = '123456789012';

const stages = [
  { stage: 'china', partition: 'aws-cn', region: 'cn-north-1', domain: 'amazonaws.com.cn' },
  { stage: 'government', partition: 'aws-us-gov', region: 'us-gov-west-1', domain: 'amazonaws.com' },
] as const;

describe.each(stages)('stage $stage, in $partition', ({ stage, partition, region, domain }) => {
  let template: Template;
  let role: Role;
  const functionName = `prefect-push-exporter-${stage}`;
  const arn = (service: string, rest: string) => `arn:${partition}:${service}:${region}:${accountId}:${rest}`;
  const known = () => knownOf(template, { partition, region, accountId, physicalIds: {} });

  beforeAll(async () => {
    const packaged = await packageStage(stage, 'test/infra/stages/partitions');
    if (packaged.template === undefined) throw new Error(packaged.output);
    template = packaged.template;
    role = roleOf(template, 'FunctionRole', known());
  }, timeout);

  const secret = arn('secretsmanager', `secret:prefect-push-exporter/${stage}/production-Ab1Cd2`);
  const secretKey = arn('kms', 'key/11111111-1111-4111-8111-111111111111');
  const ledgerKey = arn('kms', 'key/22222222-2222-4222-8222-222222222222');
  const ledger = `arn:${partition}:s3:::stack-ledgerbucket-abcdefghijkl/production/ledger.json.gz`;
  const ofSecret = { 'kms:EncryptionContext:SecretARN': secret };
  // The name of a service there, as KMS sees it: https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html
  const via = (service: string) => ({ 'kms:ViaService': `${service}.${region}.${domain}` });

  it.each([
    ['secretsmanager', 'GetSecretValue', secret, {}],
    ['kms', 'Decrypt', secretKey, { ...ofSecret, ...via('secretsmanager') }],
    ['s3', 'GetObject', ledger, {}],
    ['s3', 'PutObject', ledger, {}],
    ['kms', 'Decrypt', ledgerKey, via('s3')],
    ['kms', 'GenerateDataKey', ledgerKey, via('s3')],
    ['sqs', 'SendMessage', arn('sqs', 'stack-FailureQueue-Ab1'), {}],
    ['logs', 'PutLogEvents', arn('logs', `log-group:/aws/lambda/${functionName}:log-stream:1`), {}],
  ])('the function may %s:%s on what is its own', async (service, action, resource, context) => {
    expect(await allows(role.statements, { service, action, resource, context })).toBe(true);
  });

  it('the function may not use its keys by way of another service', async () => {
    const wrong = { ...ofSecret, ...via('ssm') };
    for (const [resource, context] of [
      [secretKey, wrong],
      [ledgerKey, via('ssm')],
    ] as const)
      expect(await allows(role.statements, { service: 'kms', action: 'Decrypt', resource, context })).toBe(
        false,
      );
  });

  it('the code may not do what Lambda does in the VPC', async () => {
    const denied = role.statements.find(({ Effect }) => Effect === 'Deny');
    expect(denied?.Condition).toEqual({
      ArnEquals: { 'lambda:SourceFunctionArn': arn('lambda', `function:${functionName}`) },
    });
  });

  it('no ARN is of another partition, no address of another domain', () => {
    const { FunctionRole, SchedulerRole } = template.Resources;
    const text = JSON.stringify(resolve([FunctionRole, SchedulerRole], known())) + JSON.stringify(template);
    const partitions = [...text.matchAll(/arn:(aws[a-z-]*):/g)].map(([, found]) => found);
    expect([...new Set(partitions)]).toEqual([partition]);
    // Names of services that take a role are the same everywhere.
    const domains = [...text.matchAll(/([\w.-]+)\.(amazonaws\.com(?:\.cn)?)/g)];
    const principals = ['lambda', 'scheduler', 'cloudwatch'];
    const others = domains.filter(([, name = '', found]) => !principals.includes(name) && found !== domain);
    expect(others.map(([whole]) => whole)).toEqual([]);
  });

  it('a bucket that is made is under the key of the stage', () => {
    expect(template.Resources.LedgerBucket?.Properties.BucketEncryption).toEqual({
      ServerSideEncryptionConfiguration: [
        {
          ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: ledgerKey },
          BucketKeyEnabled: true,
        },
      ],
    });
  });
});
