/** A finding about the packaged templates that stays, and why. */
export interface ArguedFinding {
  /** Of the program that has it: cfn-lint W…, checkov CKV_…. */
  readonly rule: string;
  /** Logical id, without the part that is a workspace's. */
  readonly resource: string;
  readonly why: string;
}

export const arguedFindings: readonly ArguedFinding[] = [
  {
    rule: 'W3005',
    resource: 'PushMetricsLambdaFunction',
    why: 'osls writes a DependsOn beside the GetAtt of the role; it says the same twice and does no harm.',
  },
  {
    rule: 'CKV_AWS_18',
    resource: 'LedgerBucket',
    why: 'Access logging wants a second bucket and grows for ever. The only reader and writer is the function; who needs to know more turns on data events in CloudTrail.',
  },
  {
    rule: 'CKV_AWS_18',
    resource: 'ServerlessDeploymentBucket',
    why: 'Holds the zip of a public program, written at each deployment.',
  },
  {
    rule: 'CKV_AWS_21',
    resource: 'ServerlessDeploymentBucket',
    why: 'Each deployment writes under a name of its own; osls keeps the last five.',
  },
  {
    rule: 'CKV_AWS_26',
    resource: 'AlarmTopic',
    why: 'CloudWatch cannot publish to a topic under the key of AWS, and a key of its own costs $1 a month. The texts are names of alarms. Whoever wants one brings a topic (alarms.topicArn).',
  },
  {
    rule: 'CKV_AWS_27',
    resource: 'FailureQueue',
    why: 'It is encrypted, with SqsManagedSseEnabled; the rule looks for a KMS key only. Messages hold the event of a tick and an error without secrets.',
  },
  {
    rule: 'CKV_AWS_111',
    resource: 'FunctionRole',
    why: 'The actions on network interfaces, which Lambda asks for on every resource; a second statement denies them to the code.',
  },
  {
    rule: 'CKV_AWS_115',
    resource: 'PushMetricsLambdaFunction',
    why: 'function.reserveConcurrency is a parameter: accounts with a small quota refuse any reservation. Two instances at once are harmless, the ledger is written by one of them.',
  },
  {
    rule: 'CKV_AWS_116',
    resource: 'PushMetricsLambdaFunction',
    why: 'It has an on-failure destination, which also says why; the rule looks for the older DeadLetterConfig.',
  },
  {
    rule: 'CKV_AWS_117',
    resource: 'PushMetricsLambdaFunction',
    why: 'network is a parameter: Prefect Cloud and Grafana Cloud are reached without a VPC, and in one they want a NAT gateway for $33 a month.',
  },
  {
    rule: 'CKV_AWS_149',
    resource: 'Secret',
    why: 'secret.kmsKeyArn is a parameter: without it the key of AWS for Secrets Manager encrypts it.',
  },
  {
    rule: 'CKV_AWS_158',
    resource: 'PushMetricsLogGroup',
    why: 'CloudWatch encrypts every log group with a key of its own. No line holds a secret.',
  },
  {
    rule: 'CKV_AWS_173',
    resource: 'PushMetricsLambdaFunction',
    why: 'The variables hold no secrets: the stage file refuses them. Lambda encrypts them with its own key.',
  },
];
