import type { AskAws } from './ask.ts';

/** What an account has, by service, as each service lists it. */
const lists: Readonly<Record<string, (aws: AskAws) => Promise<unknown>>> = {
  lambda: (aws) => aws.accepted({ service: 'lambda', method: 'GET', path: '/2015-03-31/functions/' }),
  schedules: (aws) => aws.accepted({ service: 'scheduler', method: 'GET', path: '/schedules' }),
  scheduleGroups: (aws) => aws.accepted({ service: 'scheduler', method: 'GET', path: '/schedule-groups' }),
  roles: (aws) => aws.form('iam', 'ListRoles', {}),
  secrets: (aws) =>
    aws.json('secretsmanager', 'secretsmanager.ListSecrets', { IncludePlannedDeletion: true }),
  logGroups: (aws) => aws.json('logs', 'Logs_20140328.DescribeLogGroups', {}),
  queues: (aws) => aws.json('sqs', 'AmazonSQS.ListQueues', {}),
  alarms: (aws) => aws.form('monitoring', 'DescribeAlarms', {}),
  topics: (aws) => aws.form('sns', 'ListTopics', {}),
  buckets: (aws) => aws.accepted({ service: 's3', method: 'GET', path: '/' }),
};

/** The services that have something whose name holds this one. */
export async function servicesWith(aws: AskAws, name: string): Promise<string[]> {
  const listed = await Promise.all(
    Object.entries(lists).map(async ([service, list]) => ({
      service,
      text: JSON.stringify(await list(aws)),
    })),
  );
  return listed.flatMap(({ service, text }) => (text.includes(name) ? [service] : []));
}
