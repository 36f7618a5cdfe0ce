// What the function, its schedules and its queue must be, said once more and not by the code that makes the templates.
import { describe, expect, it } from 'vitest';
import {
  type GoldenStage,
  goldenStageNames,
  goldenTemplate,
  type Resource,
  resourcesOfType,
} from './template.ts';

interface Expected {
  readonly memoryMegabytes: number;
  readonly timeoutSeconds: number;
  readonly logDays: number;
  readonly reserved?: number;
  readonly vpc?: object;
  readonly schedule: object;
  /** Names in events; undefined: of one workspace, which its events need not name. */
  readonly workspaces: readonly (string | undefined)[];
}

const off = { FlexibleTimeWindow: { Mode: 'OFF' }, ScheduleExpressionTimezone: 'UTC' };
const usual: Expected = {
  memoryMegabytes: 512,
  timeoutSeconds: 50,
  logDays: 30,
  schedule: { ...off, ScheduleExpression: 'rate(1 minute)' },
  workspaces: [undefined],
};

const stages: Readonly<Record<GoldenStage, Expected>> = {
  minimal: usual,
  'two-workspaces': { ...usual, workspaces: ['production', 'staging'] },
  'example-grafana-cloud': usual,
  'example-managed-prometheus': usual,
  'example-pushgateway-vpc': {
    ...usual,
    vpc: {
      SecurityGroupIds: [{ 'Fn::GetAtt': ['SecurityGroup', 'GroupId'] }],
      SubnetIds: ['subnet-0aaaaaaaaaaaaaaaa', 'subnet-0bbbbbbbbbbbbbbbb'],
    },
  },
  'several-workspaces': {
    ...usual,
    timeoutSeconds: 100,
    reserved: 3,
    schedule: { ...off, ScheduleExpression: 'rate(10 minutes)' },
    workspaces: ['production', 'data-team', 'lab'],
  },
  everything: {
    memoryMegabytes: 1024,
    timeoutSeconds: 120,
    logDays: 90,
    reserved: 1,
    vpc: { SecurityGroupIds: ['sg-0dddddddddddddddd'], SubnetIds: ['subnet-0aaaaaaaaaaaaaaaa'] },
    schedule: {
      FlexibleTimeWindow: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 2 },
      ScheduleExpressionTimezone: 'Europe/Berlin',
      ScheduleExpression: 'cron(0/10 * * * ? *)',
    },
    workspaces: [undefined],
  },
};

const arnOf = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] });

/** The only resource of its type. */
function only(stage: GoldenStage, type: string): Resource {
  const [[, resource] = [], ...others] = resourcesOfType(goldenTemplate(stage), type);
  if (resource === undefined || others.length > 0) throw new Error(`${stage} has not one ${type}`);
  return resource;
}

/** https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html */
const inputFor = (workspace: string | undefined) => ({
  scheduledTime: '<aws.scheduler.scheduled-time>',
  executionId: '<aws.scheduler.execution-id>',
  attempt: '<aws.scheduler.attempt-number>',
  ...(workspace === undefined ? {} : { workspace }),
});

describe.each(goldenStageNames)('stage %s', (stage) => {
  const wanted = stages[stage];
  const functionName = `prefect-push-exporter-${stage}`;

  it('has the function that was meant', () => {
    const { Environment, ...properties } = only(stage, 'AWS::Lambda::Function').Properties;
    expect(Object(Environment).Variables).toMatchObject({ NODE_OPTIONS: '--enable-source-maps' });
    expect(properties).toEqual({
      FunctionName: functionName,
      Description: expect.any(String),
      Code: { S3Bucket: { Ref: 'ServerlessDeploymentBucket' }, S3Key: expect.stringMatching(/\.zip$/) },
      Handler: 'index.handler',
      // https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      MemorySize: wanted.memoryMegabytes,
      Timeout: wanted.timeoutSeconds,
      // https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-advanced.html
      LoggingConfig: { LogFormat: 'JSON', ApplicationLogLevel: 'INFO', SystemLogLevel: 'WARN' },
      // https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
      RecursiveLoop: 'Terminate',
      Role: arnOf('FunctionRole'),
      ...(wanted.reserved === undefined ? {} : { ReservedConcurrentExecutions: wanted.reserved }),
      ...(wanted.vpc === undefined ? {} : { VpcConfig: wanted.vpc }),
    });
  });

  it('does not try a failed event again, waits a minute at most, and says where it failed', () => {
    expect(only(stage, 'AWS::Lambda::EventInvokeConfig').Properties).toEqual({
      FunctionName: { Ref: 'PushMetricsLambdaFunction' },
      Qualifier: '$LATEST',
      MaximumRetryAttempts: 0,
      MaximumEventAgeInSeconds: 60,
      DestinationConfig: { OnFailure: { Destination: arnOf('FailureQueue') } },
    });
  });

  it('keeps its log for some time', () => {
    expect(only(stage, 'AWS::Logs::LogGroup').Properties).toEqual({
      LogGroupName: `/aws/lambda/${functionName}`,
      RetentionInDays: wanted.logDays,
    });
  });

  it('has a schedule for each workspace, which tries for a minute and then leaves the event to the queue', () => {
    const schedules = resourcesOfType(goldenTemplate(stage), 'AWS::Scheduler::Schedule').map(
      ([, { Properties }]) => Properties,
    );
    const read = schedules.map(({ Target, ...rest }) => {
      const { Input, ...target } = Object(Target);
      return { ...rest, Target: { ...target, Input: JSON.parse(Input) } };
    });
    expect(read).toEqual(
      wanted.workspaces.map((workspace) => ({
        ...wanted.schedule,
        Description: expect.any(String),
        GroupName: { Ref: 'GroupOfSchedules' },
        Target: {
          Arn: arnOf('PushMetricsLambdaFunction'),
          RoleArn: arnOf('SchedulerRole'),
          Input: inputFor(workspace),
          RetryPolicy: { MaximumEventAgeInSeconds: 60, MaximumRetryAttempts: 2 },
          DeadLetterConfig: { Arn: arnOf('FailureQueue') },
        },
      })),
    );
    expect(only(stage, 'AWS::Scheduler::ScheduleGroup').Properties).toEqual({});
  });

  it('has a queue of a day, encrypted, that takes messages over TLS only', () => {
    expect(only(stage, 'AWS::SQS::Queue').Properties).toEqual({
      SqsManagedSseEnabled: true,
      MessageRetentionPeriod: 24 * 60 * 60,
    });
    expect(only(stage, 'AWS::SQS::QueuePolicy').Properties).toEqual({
      Queues: [{ Ref: 'FailureQueue' }],
      PolicyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            Sid: 'TlsOnly',
            Effect: 'Deny',
            Principal: '*',
            Action: 'sqs:SendMessage',
            Resource: arnOf('FailureQueue'),
            Condition: { Bool: { 'aws:SecureTransport': 'false' } },
          },
        ],
      },
    });
  });

  it('has a bucket for its zip that is not public', () => {
    expect(goldenTemplate(stage).Resources.ServerlessDeploymentBucket?.Properties).toMatchObject({
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
    });
  });
});

describe('a security group', () => {
  const groups = (stage: GoldenStage) => resourcesOfType(goldenTemplate(stage), 'AWS::EC2::SecurityGroup');

  it('that is made lets the function reach what the stage lists, and nobody in', () => {
    const rule = (port: number, to: object, Description: string) => ({
      ...{ IpProtocol: 'tcp', FromPort: port, ToPort: port, Description },
      ...to,
    });
    expect(groups('example-pushgateway-vpc')).toEqual([
      [
        'SecurityGroup',
        {
          Type: 'AWS::EC2::SecurityGroup',
          Properties: {
            GroupDescription: expect.any(String),
            VpcId: 'vpc-0cccccccccccccccc',
            SecurityGroupEgress: [
              rule(9091, { CidrIp: '10.0.12.0/24' }, 'Pushgateway'),
              rule(4200, { CidrIp: '10.0.13.0/24' }, 'Prefect server'),
              rule(443, { DestinationPrefixListId: 'pl-6da54004' }, expect.any(String)),
            ],
          },
        },
      ],
    ]);
  });

  it('is made for that stage only', () => {
    const others = goldenStageNames.filter((stage) => stage !== 'example-pushgateway-vpc');
    expect(others.flatMap(groups)).toEqual([]);
  });
});
