import type { Outputs } from '../../infra/stage/change.ts';
import type { Stage } from '../../infra/stage/load.ts';
import type { Workspace } from '../../infra/stage/workspaces.ts';
import { monthlyCost, totalsOf } from './cost.ts';

export interface Deployed {
  readonly stage: Stage;
  readonly awsProfile: string | undefined;
  readonly outputs: Outputs;
}

/** What exists, what a person has to do now, how to see the first tick, and what it costs. */
export const afterDeployment = (deployed: Deployed): string =>
  [
    whatExists(deployed),
    ...secretCommands(deployed),
    ...mail(deployed),
    firstTick(deployed),
    cost(deployed),
  ].join('\n\n');

const list = (title: string, rows: readonly (readonly [string, string])[]): string => {
  const width = Math.max(...rows.map(([name]) => name.length));
  return [title, ...rows.map(([name, text]) => `  ${name.padEnd(width)}  ${text}`)].join('\n');
};

function whatExists({ stage, outputs }: Deployed): string {
  const { workspaces, schedule, alarms, functionName } = stage;
  const names = workspaces.map(({ name }) => name).join(', ');
  return list(`Deployed to ${stage.region}:`, [
    ['stack', functionName],
    ['function', `${functionName}, ${stage.lambda.memoryMegabytes} MB, ${stage.lambda.timeoutSeconds} s`],
    ['schedules', `${schedule.expression} ${schedule.timeZone}, for ${names}`],
    ...workspaces.flatMap(({ name, secret }): [string, string][] => {
      if (secret.kind === 'none') return [];
      return [['secret', `${secret.kind === 'created' ? secret.name : secret.arn} (${name})`]];
    }),
    ...workspaces.map(({ name, ledgerKey }): [string, string] => [
      'ledger',
      `s3://${ledgerBucket(stage, outputs)}/${ledgerKey} (${name})`,
    ]),
    ['failures', outputs.FailureQueueUrl ?? 'the queue in the output FailureQueueUrl of the stack'],
    [
      'alarms',
      alarms.wanted
        ? `${functionName}/…${alarms.topicArn === undefined && alarms.email === undefined ? ', which tell nobody' : ''}`
        : 'none',
    ],
    ...(outputs.SecurityGroupId === undefined
      ? []
      : [['group', `${outputs.SecurityGroupId}, to be let in by what it has to reach`] as const]),
  ]);
}

const ledgerBucket = (stage: Stage, outputs: Outputs): string =>
  stage.ledger.existingBucket ?? outputs.LedgerBucketName ?? '<the output LedgerBucketName of the stack>';

const options = ({ stage, awsProfile }: Pick<Deployed, 'stage' | 'awsProfile'>): string =>
  `--region ${stage.region}${awsProfile === undefined ? '' : ` --profile ${awsProfile}`}`;

/** What a secret of this workspace has to hold, by what the stage says already. */
function exampleOf({ environment, prometheus }: Workspace): string {
  const url = environment.PREFECT_API_URL;
  const isCloud = url === undefined || new URL(url).hostname.endsWith('prefect.cloud');
  const needed = {
    ...(url === undefined ? { PREFECT_API_URL: 'https://…/api' } : {}),
    ...(isCloud ? { PREFECT_API_KEY: 'pnu_…' } : { PREFECT_API_AUTH_STRING: 'user:password' }),
    ...(environment.PUSHGATEWAY_USERNAME === undefined ? {} : { PUSHGATEWAY_PASSWORD: '…' }),
    ...(environment.REMOTE_WRITE_USERNAME === undefined || prometheus !== undefined
      ? {}
      : { REMOTE_WRITE_PASSWORD: 'glc_…' }),
  };
  return JSON.stringify(needed).replaceAll('":"', '": "').replaceAll('","', '", "');
}

/** The value comes from a file: what stands in a command is seen by others on the machine, and kept by the shell. */
function secretCommands(deployed: Deployed): readonly string[] {
  const created = deployed.stage.workspaces.flatMap((workspace) =>
    workspace.secret.kind === 'created'
      ? [{ name: workspace.secret.name, example: exampleOf(workspace) }]
      : [],
  );
  if (created.length === 0) return [];
  return [
    [
      'Secrets begin empty; a later deployment does not touch them. To fill one, write a file secret.json with an editor, and',
      'then (without what Prefect or the receiver does not ask for)',
      ...created.flatMap(({ name, example }) => [
        `  ${example}`,
        `  aws secretsmanager put-secret-value --secret-id ${name} --secret-string file://secret.json ${options(deployed)}`,
      ]),
      '  rm secret.json',
      'Ticks fail until then; the function reads the secret again within five minutes.',
    ].join('\n'),
  ];
}

const mail = ({ stage: { alarms } }: Deployed): readonly string[] =>
  alarms.email === undefined
    ? []
    : [`AWS has sent a mail to ${alarms.email}: alarms come only after its link was followed.`];

function firstTick(deployed: Deployed): string {
  const { functionName, workspaces, several } = deployed.stage;
  const payloads = workspaces.map(({ name }) =>
    JSON.stringify({ check: true, ...(several ? { workspace: name } : {}) }),
  );
  return [
    'To see whether both sides answer, from where the function is:',
    ...payloads.map(
      (payload) =>
        `  aws lambda invoke --function-name ${functionName} --cli-binary-format raw-in-base64-out --payload '${payload}' ${options(deployed)} /dev/stdout`,
    ),
    'To see ticks as they come:',
    `  aws logs tail /aws/lambda/${functionName} --follow ${options(deployed)}`,
  ].join('\n');
}

function cost({ stage }: Deployed): string {
  const lines = monthlyCost(stage);
  const { dollars: all, billed } = totalsOf(lines);
  const sums = [
    { what: 'together', dollars: all },
    { what: 'without what is free in an account of its own', dollars: billed },
  ];
  const rows = [...lines, ...sums].map(({ what, dollars }): [string, string] => [
    what,
    `$${dollars.toFixed(2)}`,
  ]);
  return list(
    [
      'A month of it, computed for 200 deployments in each workspace with list prices of us-east-1; the bill for the',
      'metrics themselves is not in it (prefect-push-exporter preview --series computes that):',
    ].join('\n'),
    rows,
  );
}

/** What stays after the stack is gone, how to go on with it, and how to delete it. */
export const afterRemoval = (removed: Deployed): string =>
  [
    'Removed: the function with its code, its log, schedules, roles, queue, alarms and their topic.',
    bucketStays(removed),
    ...secretsStay(removed),
    'CloudWatch keeps the metrics for 15 months. They cost nothing when nothing is written.',
  ].join('\n\n');

function bucketStays({ outputs, ...where }: Deployed): string {
  const { stage } = where;
  const bucket = ledgerBucket(stage, outputs);
  if (stage.ledger.existingBucket !== undefined) {
    const keys = stage.workspaces.map(({ ledgerKey }) => ledgerKey).join(', ');
    return `The bucket ${bucket} existed before, and stays; so do the ledgers in it: ${keys}.`;
  }
  return [
    `The bucket ${bucket} stays, with the ledgers. To count on from where they ended, write into ${stage.file}`,
    `  ledger.bucket: ${bucket}`,
    'before the next deployment. To delete it with everything in it, all versions too:',
    `  aws s3 rm s3://${bucket} --recursive ${options(where)}`,
    '  and, when its old versions have expired after 7 days (or with “Empty” in the console, at once)',
    `  aws s3 rb s3://${bucket} ${options(where)}`,
  ].join('\n');
}

function secretsStay({ outputs, ...where }: Deployed): readonly string[] {
  const { stage } = where;
  const made = stage.workspaces.flatMap(({ name, id, secret }) =>
    secret.kind === 'created' ? [{ name, arn: outputs[`Secret${id}Arn`] ?? `<ARN of ${secret.name}>` }] : [],
  );
  if (made.length === 0) return [];
  return [
    [
      'Secrets that the deployment made stay too, with what is in them ($0.40 a month each). A deployment does not make one',
      `again while there is one of its name. To go on with ${made.length === 1 ? 'it' : 'them'}, write into ${stage.file}`,
      ...made.map(({ name, arn }) =>
        stage.several ? `  workspaces.${name}.secret.arn: ${arn}` : `  secret.arn: ${arn}`,
      ),
      'To delete (it can be had back for 7 days, and its name is taken as long; with --force-delete-without-recovery',
      'instead of --recovery-window-in-days 7 at once):',
      ...made.map(
        ({ arn }) =>
          `  aws secretsmanager delete-secret --secret-id ${arn} --recovery-window-in-days 7 ${options(where)}`,
      ),
    ].join('\n'),
  ];
}
