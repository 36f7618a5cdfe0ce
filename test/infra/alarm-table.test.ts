// What each alarm must be, said once more: the templates beside which this stands are written by the code itself.
import { describe, expect, it } from 'vitest';
import { type GoldenStage, goldenTemplate, resourcesOfType } from './template.ts';

interface Row {
  readonly metric: string;
  readonly dimensions: readonly string[];
  readonly statistic: string;
  readonly periodSeconds: number;
  /** Such as `>= 1`. */
  readonly fires: string;
  readonly points: string;
  readonly silence: string;
}

/** By name, after that of the function. Of stages with another schedule: with other seconds. */
const table = ({ intervalSeconds, timeoutSeconds }: Timing): Readonly<Record<string, Row>> => {
  const everyInterval = { periodSeconds: intervalSeconds, silence: 'notBreaching' };
  const ours = { ...everyInterval, dimensions: ['FunctionName', 'Workspace'], points: '3 of 3' };
  const lambda = { ...everyInterval, dimensions: ['FunctionName'] };
  const happened = { ...lambda, statistic: 'Sum', fires: '>= 1', points: '2 of 3' };
  const tickSuccess = { ...ours, metric: 'PrefectPushExporter TickSuccess', fires: '< 1' };
  return {
    '<workspace>/no-ticks': { ...tickSuccess, statistic: 'SampleCount', silence: 'breaching' },
    '<workspace>/no-success': { ...tickSuccess, statistic: 'Maximum' },
    '<workspace>/cursor-lag': {
      ...ours,
      metric: 'PrefectPushExporter CursorLagSeconds',
      statistic: 'Minimum',
      fires: `> ${5 * intervalSeconds}`,
    },
    failures: { ...happened, metric: 'AWS/Lambda Errors' },
    throttles: { ...happened, metric: 'AWS/Lambda Throttles' },
    'dropped-events': { ...happened, metric: 'AWS/Lambda AsyncEventsDropped' },
    'failure-queue': {
      ...happened,
      metric: 'AWS/SQS NumberOfMessagesSent',
      dimensions: ['QueueName'],
      periodSeconds: Math.max(300, intervalSeconds),
    },
    duration: {
      ...lambda,
      metric: 'AWS/Lambda Duration',
      statistic: 'Maximum',
      fires: `> ${800 * timeoutSeconds}`,
      points: '3 of 5',
    },
  };
};

interface Timing {
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
}

interface WithAlarms extends Timing {
  readonly workspaces: readonly string[];
  readonly topic: unknown;
}

const usual = { workspaces: ['production'], intervalSeconds: 60, timeoutSeconds: 50 };
const topicArn = 'arn:aws:sns:eu-west-1:123456789012:alarms';

const stages: readonly (readonly [GoldenStage, WithAlarms])[] = [
  ['minimal', { ...usual, topic: undefined }],
  ['two-workspaces', { ...usual, workspaces: ['production', 'staging'], topic: undefined }],
  ['example-grafana-cloud', { ...usual, topic: { Ref: 'AlarmTopic' } }],
  ['example-managed-prometheus', { ...usual, topic: topicArn }],
  ['example-pushgateway-vpc', { ...usual, topic: undefined }],
  [
    'several-workspaces',
    {
      workspaces: ['production', 'data-team', 'lab'],
      topic: topicArn,
      intervalSeconds: 600,
      timeoutSeconds: 100,
    },
  ],
];

/**
 * Metrics of AWS, with the dimensions that each is written with.
 * https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
 * https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-view.html (dimensions)
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
 */
const metricsOfAws = [
  ...[
    ...['Invocations', 'Errors', 'DeadLetterErrors', 'DestinationDeliveryFailures', 'Throttles'],
    ...['Duration', 'AsyncEventsReceived', 'AsyncEventAge', 'AsyncEventsDropped', 'ConcurrentExecutions'],
  ].map((name) => `AWS/Lambda ${name} by FunctionName`),
  ...[
    ...['ApproximateAgeOfOldestMessage', 'ApproximateNumberOfMessagesVisible', 'NumberOfMessagesSent'],
    ...['ApproximateNumberOfMessagesNotVisible', 'NumberOfMessagesReceived', 'NumberOfMessagesDeleted'],
  ].map((name) => `AWS/SQS ${name} by QueueName`),
];

const operators: Readonly<Record<string, string>> = {
  '<': 'LessThanThreshold',
  '>': 'GreaterThanThreshold',
  '>=': 'GreaterThanOrEqualToThreshold',
};

/** The whole of an alarm's properties. */
function expected(stage: GoldenStage, name: string, row: Row, { topic }: WithAlarms) {
  const functionName = `prefect-push-exporter-${stage}`;
  const [workspace = ''] = name.split('/');
  const [Namespace, MetricName] = row.metric.split(' ');
  const [operator = '', threshold] = row.fires.split(' ');
  const [datapoints, periods] = row.points.split(' of ').map(Number);
  const values: Readonly<Record<string, unknown>> = {
    // Of ours as they are written, of AWS as the stack names what it has made.
    FunctionName: Namespace === 'AWS/Lambda' ? { Ref: 'PushMetricsLambdaFunction' } : functionName,
    QueueName: { 'Fn::GetAtt': ['FailureQueue', 'QueueName'] },
    Workspace: workspace,
  };
  return {
    AlarmName: `${functionName}/${name}`,
    AlarmDescription: expect.stringMatching(/^[A-Z].{60,}\.$/),
    Namespace,
    MetricName,
    Dimensions: row.dimensions.map((Name) => ({ Name, Value: values[Name] })),
    Statistic: row.statistic,
    Period: row.periodSeconds,
    EvaluationPeriods: periods,
    ...(datapoints === periods ? {} : { DatapointsToAlarm: datapoints }),
    ComparisonOperator: operators[operator],
    Threshold: Number(threshold),
    TreatMissingData: row.silence,
    ...(topic === undefined ? {} : { AlarmActions: [topic], OKActions: [topic] }),
  };
}

/** Of each workspace its own, and then those of the function. */
const namesFor = (name: string, workspaces: readonly string[]): readonly string[] =>
  name.includes('<workspace>')
    ? workspaces.map((workspace) => name.replace('<workspace>', workspace))
    : [name];

describe.each(stages)('the alarms of stage %s', (stage, given) => {
  it('are those of the table, whole', () => {
    const made = resourcesOfType(goldenTemplate(stage), 'AWS::CloudWatch::Alarm').map(
      ([, { Properties }]) => Properties,
    );
    const wanted = Object.entries(table(given)).flatMap(([name, row]) =>
      namesFor(name, given.workspaces).map((each) => expected(stage, each, row, given)),
    );
    const byName = (alarms: readonly Readonly<Record<string, unknown>>[]) =>
      Object.fromEntries(alarms.map((alarm) => [alarm.AlarmName, alarm]));
    expect(byName(made)).toEqual(byName(wanted));
    expect(made).toHaveLength(wanted.length);
  });
});

describe('the table', () => {
  it('names metrics of AWS that there are, by the dimensions that they have', () => {
    const named = Object.values(table(usual)).map(
      ({ metric, dimensions }) => `${metric} by ${dimensions.join()}`,
    );
    const ofAws = named.filter((metric) => metric.startsWith('AWS/'));
    expect(ofAws.length).toBeGreaterThan(4);
    expect(metricsOfAws).toEqual(expect.arrayContaining(ofAws));
  });

  it('is for every stage that has alarms', () => {
    expect(resourcesOfType(goldenTemplate('everything'), 'AWS::CloudWatch::Alarm')).toEqual([]);
  });
});

describe('names of alarms', () => {
  it('are those of one stage and one workspace: neither name can hold the slash between them', () => {
    const names = stages.flatMap(([stage]) =>
      resourcesOfType(goldenTemplate(stage), 'AWS::CloudWatch::Alarm').map(([, { Properties }]) =>
        String(Properties.AlarmName).split('/'),
      ),
    );
    expect(names.filter((parts) => parts.length !== 2 && parts.length !== 3)).toEqual([]);
  });
});

describe('the topic of alarms', () => {
  it('is made with the address, which AWS asks first', () => {
    const { AlarmTopic, AlarmMail } = goldenTemplate('example-grafana-cloud').Resources;
    expect(AlarmTopic).toEqual({
      Type: 'AWS::SNS::Topic',
      Properties: { DisplayName: 'prefect-push-exporter' },
    });
    expect(AlarmMail).toEqual({
      Type: 'AWS::SNS::Subscription',
      Properties: {
        TopicArn: { Ref: 'AlarmTopic' },
        Protocol: 'email',
        Endpoint: 'data-platform@example.com',
      },
    });
  });

  it('takes what CloudWatch in this account publishes, over TLS', () => {
    const { AlarmTopicPolicy } = goldenTemplate('example-grafana-cloud').Resources;
    const Resource = { Ref: 'AlarmTopic' };
    expect(AlarmTopicPolicy?.Properties).toEqual({
      Topics: [Resource],
      PolicyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            Sid: 'AlarmsOfThisAccount',
            Effect: 'Allow',
            Principal: { Service: 'cloudwatch.amazonaws.com' },
            Action: 'sns:Publish',
            Resource,
            Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
          },
          {
            Sid: 'TlsOnly',
            Effect: 'Deny',
            Principal: '*',
            Action: 'sns:Publish',
            Resource,
            Condition: { Bool: { 'aws:SecureTransport': 'false' } },
          },
        ],
      },
    });
  });
});
