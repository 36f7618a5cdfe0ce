import { describe, expect, it } from 'vitest';
import { type AwsCall, allows, roleOf, type Statement, trusts } from './permissions.ts';
import { listedCalls, recordedStages } from './recorded-calls.ts';
import { knownOf } from './stack.ts';
import { type GoldenStage, goldenStageNames, goldenTemplate } from './template.ts';

const accountId = '123456789012';

const regionOf = (stage: GoldenStage) => (stage === 'everything' ? 'eu-central-1' : 'eu-west-1');

function rolesOf(stage: GoldenStage) {
  const template = goldenTemplate(stage);
  const place = { partition: 'aws', region: regionOf(stage), accountId, physicalIds: {} };
  const known = knownOf(template, place);
  const names = ['FunctionRole', 'SchedulerRole'] as const;
  return names.map((name) => ({
    name,
    ...roleOf(template, name, known),
    calls: listedCalls[stage]?.[name] ?? [],
    denied: name === 'FunctionRole' ? deniedToFunction(stage) : deniedToScheduler(stage),
  }));
}

const call = (
  service: string,
  action: string,
  resource: string,
  context?: Record<string, string>,
): AwsCall => ({
  service,
  action,
  resource,
  ...(context === undefined ? {} : { context }),
});

function deniedToFunction(stage: GoldenStage): readonly AwsCall[] {
  const region = regionOf(stage);
  const arn = (service: string, rest: string) => `arn:aws:${service}:${region}:${accountId}:${rest}`;
  const itself = arn('lambda', `function:prefect-push-exporter-${stage}`);
  const fromCode = { 'lambda:SourceFunctionArn': itself };
  const calls = listedCalls[stage]?.FunctionRole ?? [];
  const secrets = calls.filter(({ action }) => action === 'GetSecretValue').map(({ resource }) => resource);
  const objects = calls.filter(({ action }) => action === 'GetObject').map(({ resource }) => resource);
  const bucket = (object: string) => object.split('/')[0] ?? '';
  const network = arn('ec2', 'network-interface/eni-0123456789abcdef0');
  return [
    call('secretsmanager', 'GetSecretValue', arn('secretsmanager', 'secret:another-AbCdEf')),
    ...secrets.flatMap((secret) => [
      call('secretsmanager', 'PutSecretValue', secret),
      call('secretsmanager', 'DescribeSecret', secret),
      call('secretsmanager', 'GetSecretValue', `${secret}x`),
    ]),
    ...objects.flatMap((object) => [
      call('s3', 'DeleteObject', object),
      call('s3', 'GetObjectVersion', object),
      call('s3', 'GetObject', `${object}.copy`),
      call('s3', 'PutObject', `${bucket(object)}/another/ledger.json.gz`),
      call('s3', 'GetObject', object.replace(bucket(object), 'arn:aws:s3:::another-bucket')),
      call('s3', 'ListBucket', bucket(object)),
    ]),
    call('lambda', 'InvokeFunction', itself),
    call('logs', 'PutLogEvents', arn('logs', `log-group:/aws/lambda/another:log-stream:1`)),
    call(
      'logs',
      'PutLogEvents',
      arn('logs', `log-group:/aws/lambda/prefect-push-exporter-${stage}-2:log-stream:1`),
    ),
    call('logs', 'CreateLogGroup', arn('logs', `log-group:/aws/lambda/prefect-push-exporter-${stage}:*`)),
    call('sqs', 'SendMessage', arn('sqs', 'another-queue')),
    call('sqs', 'ReceiveMessage', arn('sqs', 'stack-FailureQueue-Ab1')),
    call('aps', 'RemoteWrite', arn('aps', 'workspace/ws-another')),
    call('aps', 'QueryMetrics', arn('aps', 'workspace/ws-1234abcd-12ab-34cd-56ef-1234567890ab')),
    call('ssm', 'GetParameter', arn('ssm', 'parameter/another')),
    call('sts', 'AssumeRole', 'arn:aws:iam::210987654321:role/another'),
    call('kms', 'Decrypt', arn('kms', 'key/11111111-1111-4111-8111-111111111111'), {
      'kms:ViaService': `secretsmanager.${region}.amazonaws.com`,
      'kms:EncryptionContext:SecretARN': arn('secretsmanager', 'secret:another-AbCdEf'),
    }),
    // Not through Secrets Manager.
    ...secrets.map((secret) =>
      call('kms', 'Decrypt', arn('kms', 'key/11111111-1111-4111-8111-111111111111'), {
        'kms:EncryptionContext:SecretARN': secret,
      }),
    ),
    call('kms', 'Decrypt', arn('kms', 'key/22222222-2222-4222-8222-222222222222')),
    call('kms', 'Encrypt', arn('kms', 'key/11111111-1111-4111-8111-111111111111')),
    ...[
      'CreateNetworkInterface',
      'DeleteNetworkInterface',
      'AssignPrivateIpAddresses',
      'UnassignPrivateIpAddresses',
    ].map((action) => call('ec2', action, network, fromCode)),
    call('ec2', 'DescribeNetworkInterfaces', '*', fromCode),
    call('ec2', 'DescribeSubnets', '*', fromCode),
    call('ec2', 'DescribeInstances', '*'),
  ];
}

function deniedToScheduler(stage: GoldenStage): readonly AwsCall[] {
  const arn = (service: string, rest: string) => `arn:aws:${service}:${regionOf(stage)}:${accountId}:${rest}`;
  return [
    call('lambda', 'InvokeFunction', arn('lambda', 'function:another')),
    call('lambda', 'InvokeFunction', arn('lambda', `function:prefect-push-exporter-${stage}:1`)),
    call('lambda', 'UpdateFunctionCode', arn('lambda', `function:prefect-push-exporter-${stage}`)),
    call('sqs', 'SendMessage', arn('sqs', 'another-queue')),
    call('sqs', 'ReceiveMessage', arn('sqs', 'stack-FailureQueue-Ab1')),
  ];
}

/** Which of the calls that must work do not, and which that must not do. */
async function wrong(
  statements: readonly Statement[],
  calls: readonly AwsCall[],
  denied: readonly AwsCall[],
) {
  const answers = async (all: readonly AwsCall[], expected: boolean) => {
    const judged = await Promise.all(
      all.map(async (one) => ({ one, allowed: await allows(statements, one) })),
    );
    return judged.filter(({ allowed }) => allowed !== expected).map(({ one }) => one);
  };
  return [...(await answers(calls, true)), ...(await answers(denied, false))];
}

const without = <Item>(items: readonly Item[], item: Item) => items.filter((other) => other !== item);

/** A statement without one of its actions, resources or conditions: each must be missed, or the statement is too wide. */
function smallerForms(statement: Statement): readonly (readonly [string, readonly Statement[]])[] {
  const lists = (['Action', 'Resource'] as const).flatMap((field) =>
    statement[field].map((value): [string, Statement[]] => {
      const less = without(statement[field], value);
      return [value, less.length === 0 ? [] : [{ ...statement, [field]: less }]];
    }),
  );
  const conditions = Object.entries(statement.Condition ?? {}).flatMap(([operator, keys]) =>
    Object.keys(keys).map((key): [string, Statement[]] => {
      const { [key]: _, ...others } = keys;
      return [key, [{ ...statement, Condition: { [operator]: others } }]];
    }),
  );
  return [...lists, ...conditions];
}

describe.each(goldenStageNames)('stage %s', (stage: GoldenStage) => {
  describe.each(rolesOf(stage))('$name', ({ statements, calls, denied }) => {
    it('allows every call that is made, and denies those that are not to be made', async () => {
      expect(calls.length).toBeGreaterThan(0);
      expect(await wrong(statements, calls, denied)).toEqual([]);
    });

    it.each(statements)('needs the statement $Sid', async (statement) => {
      expect(await wrong(without(statements, statement), calls, denied)).not.toEqual([]);
    });

    it.each(statements)('needs every action, resource and condition of $Sid', async (statement) => {
      for (const [what, smaller] of smallerForms(statement)) {
        const rest = statements.flatMap((other) => (other === statement ? smaller : [other]));
        expect(await wrong(rest, calls, denied), `${statement.Sid} without ${what}`).not.toEqual([]);
      }
    });

    it('names actions and resources without wildcards, but for the ENI and the streams of the one log group', () => {
      const wild = statements.filter(
        ({ Sid, Action, Resource }) =>
          Action.some((action) => action.includes('*')) ||
          Resource.some(
            (resource) => resource.includes('*') && !(Sid === 'WriteLog' && resource.endsWith(`-${stage}:*`)),
          ),
      );
      const inVpc = calls.some(({ service }) => service === 'ec2');
      expect(wild.map(({ Sid }) => Sid)).toEqual(inVpc ? ['ConnectToVpc', 'NotFromTheCode'] : []);
    });

    it('has a name for each statement', () => {
      const names = statements.map(({ Sid }) => Sid);
      expect(new Set(names).size).toBe(names.length);
    });
  });
});

describe('the list of calls', () => {
  it('says recorded of what the code asks for in stages that are deployed, and of nothing else', () => {
    const entries = Object.entries(listedCalls).flatMap(([stage, roles]) =>
      Object.entries(roles).flatMap(([role, calls]) =>
        calls.map(({ source, context }) => ({
          isRecorded: source === 'recorded',
          isToBe:
            recordedStages.some((name) => name === stage) &&
            role === 'FunctionRole' &&
            context?.['lambda:SourceFunctionArn'] !== undefined,
        })),
      ),
    );
    expect(entries.filter(({ isRecorded, isToBe }) => isRecorded !== isToBe)).toEqual([]);
    expect(entries.filter(({ isRecorded }) => isRecorded)).toHaveLength(9);
  });
});

describe('who may take the roles', () => {
  const [functionRole, schedulerRole] = rolesOf('minimal');
  const group = `arn:aws:scheduler:eu-west-1:${accountId}:schedule-group/stack-GroupOfSchedules-Ab1`;
  const scheduler = 'scheduler.amazonaws.com';

  it('is Lambda for the function, and nobody else', async () => {
    expect(await trusts(functionRole?.trust, 'lambda.amazonaws.com', {})).toBe(true);
    expect(await trusts(functionRole?.trust, scheduler, { 'aws:SourceAccount': accountId })).toBe(false);
  });

  it('is the scheduler for schedules of this group, and nobody else', async () => {
    const mine = { 'aws:SourceAccount': accountId, 'aws:SourceArn': group };
    expect(await trusts(schedulerRole?.trust, scheduler, mine)).toBe(true);
    expect(await trusts(schedulerRole?.trust, 'lambda.amazonaws.com', mine)).toBe(false);
    expect(await trusts(schedulerRole?.trust, scheduler, {})).toBe(false);
    expect(
      await trusts(schedulerRole?.trust, scheduler, { ...mine, 'aws:SourceAccount': '210987654321' }),
    ).toBe(false);
    expect(
      await trusts(schedulerRole?.trust, scheduler, {
        ...mine,
        'aws:SourceArn': group.replace('stack', 'other'),
      }),
    ).toBe(false);
  });
});
