import * as z from 'zod';
import { longestIntervalSeconds } from '../../lib/config/tick.ts';
import { arn, bucketName, isCidr, keyArn, matching, secretArn, tags, whole } from './patterns.ts';

/** Letters, digits and `.-_`: it is in names of schedules, alarms and secrets, and the label `workspace`. */
const workspaceName = matching(
  /^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$/,
  'a name of at most 40 letters, digits, dots, hyphens and underscores',
);

const secret = z
  .union([z.literal(false), z.strictObject({ arn: secretArn.optional(), kmsKeyArn: keyArn.optional() })], {
    error: 'false, or arn, or kmsKeyArn, or nothing',
  })
  .optional();

const environment = z
  .record(
    z.string(),
    z.union([z.string(), z.number(), z.boolean()], { error: 'a text, a number, true or false' }),
    {
      error: 'variables of docs/CONFIGURATION.md and their values',
    },
  )
  .optional();

const prometheus = z
  .strictObject({
    workspaceArn: arn(
      'aps',
      /[a-z0-9-]+:\d{12}:workspace\/ws-[\w-]+/,
      'arn:aws:aps:eu-west-1:123456789012:workspace/ws-1234abcd-12ab-34cd-56ef-1234567890ab',
    ),
    roleArn: arn(
      'iam',
      /:\d{12}:role\/[\w+=,.@/-]+/,
      'arn:aws:iam::210987654321:role/prometheus-writer',
    ).optional(),
  })
  .optional();

const ledgerKey = matching(
  /^(?!\/)[A-Za-z0-9!_.*'()/-]{1,200}$/,
  'a key without a slash at its beginning, such as prod/ledger.json.gz',
);

/** What one workspace of several has of its own. */
const workspace = z.strictObject({
  environment,
  secret,
  amazonManagedPrometheus: prometheus,
  ledgerKey: ledgerKey.optional(),
});

const schedule = z
  .strictObject({
    rate: matching(/^[1-9]\d{0,4} (?:minutes?|hours?)$/, 'such as 1 minute, 5 minutes or 1 hour').optional(),
    cron: matching(
      /^\S+(?: \S+){5}$/,
      'six fields such as 0/5 * * * ? * (minute hour day month weekday year)',
    ).optional(),
    intervalSeconds: whole(60, longestIntervalSeconds, 'seconds')
      .multipleOf(60, { error: 'a multiple of 60' })
      .optional(),
    timeZone: z.string({ error: 'such as Europe/Paris' }).optional(),
    flexibleMinutes: whole(1, 240, 'minutes').optional(),
  })
  .optional();

const subnet = matching(/^subnet-(?:[0-9a-f]{8}|[0-9a-f]{17})$/, 'such as subnet-0123456789abcdef0');
const securityGroup = matching(/^sg-(?:[0-9a-f]{8}|[0-9a-f]{17})$/, 'such as sg-0123456789abcdef0');

const destinations = 'addresses such as 10.0.12.0/24, a security group sg-…, or a prefix list pl-…';

const egress = z.strictObject({
  to: z
    .string({ error: destinations })
    .refine((to) => isCidr(to) || /^(?:sg-(?:[0-9a-f]{8}|[0-9a-f]{17})|pl-[0-9a-f]{8,17})$/.test(to), {
      error: destinations,
    }),
  port: whole(1, 65_535, 'the port'),
  protocol: z.enum(['tcp', 'udp'], { error: 'tcp or udp' }).optional(),
  what: matching(/^[\w .,:/()#@[\]+=&;{}!$*-]{1,200}$/, 'what is there, such as Pushgateway'),
});

const network = z
  .strictObject({
    subnetIds: z
      .array(subnet, { error: 'a list of subnets' })
      .min(1, { error: 'at least one subnet, better two' }),
    securityGroupIds: z
      .array(securityGroup, { error: 'a list of security groups' })
      .min(1, { error: 'at least one' })
      .optional(),
    vpcId: matching(/^vpc-(?:[0-9a-f]{8}|[0-9a-f]{17})$/, 'such as vpc-0123456789abcdef0').optional(),
    egress: z
      .array(egress, { error: 'a list of destinations' })
      .min(1, { error: 'at least one destination' })
      .optional(),
  })
  .optional();

const alarms = z
  .union(
    [
      z.literal(false),
      z.strictObject({
        topicArn: arn(
          'sns',
          /[a-z0-9-]+:\d{12}:[\w-]+/,
          'arn:aws:sns:eu-west-1:123456789012:alarms',
        ).optional(),
        email: z.email({ error: 'an address' }).optional(),
      }),
    ],
    { error: 'false, or topicArn, or email' },
  )
  .optional();

/** stages/<stage>.yml. Every parameter there is; stages/example-*.yml explain them. */
export const stageFile = z.strictObject({
  region: matching(/^[a-z]{2}(?:-[a-z]+)+-\d$/, 'a region such as eu-west-1'),
  workspace: workspaceName.optional(),
  workspaces: z
    .record(workspaceName, z.union([workspace, z.null()]), { error: 'names of workspaces' })
    .refine((all) => Object.keys(all).length > 0, { error: 'at least one workspace' })
    .optional(),
  environment,
  secret,
  amazonManagedPrometheus: prometheus,
  ledger: z
    .strictObject({
      bucket: bucketName.optional(),
      key: ledgerKey.optional(),
      kmsKeyArn: keyArn.optional(),
    })
    .optional(),
  schedule,
  network,
  alarms,
  function: z
    .strictObject({
      memoryMegabytes: whole(128, 10_240, 'MB').optional(),
      timeoutSeconds: whole(10, 900, 'seconds').optional(),
      reserveConcurrency: z.boolean({ error: 'true or false' }).optional(),
      logRetentionDays: z
        .union(
          [
            1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288,
            3653,
          ].map((days) => z.literal(days)),
          { error: 'days that CloudWatch knows, such as 7, 14, 30, 90, 365' },
        )
        .optional(),
    })
    .optional(),
  permissionsBoundaryArn: arn(
    'iam',
    /:(?:\d{12}|aws):policy\/[\w+=,.@/-]+/,
    'arn:aws:iam::123456789012:policy/boundary',
  ).optional(),
  tags: tags.optional(),
});

export type StageFile = z.infer<typeof stageFile>;
export type WorkspaceParameters = z.infer<typeof workspace>;
