import { describe, expect, it } from 'vitest';
import { loadStage } from '../../infra/stage/load.ts';
import { addresses, folder, load, minimal, refusal } from './stage-file.ts';

const secretArn = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:prefect-AbCdEf';
const prometheusArn = 'arn:aws:aps:eu-west-1:123456789012:workspace/ws-1';

/** What the file adds to the minimal one, what the message names, what was found, what to do. */
const refused: readonly (readonly [string, object, ...RegExp[]])[] = [
  ['a missing region', { region: undefined }, /region is missing/, /a region such as eu-west-1/],
  ['a malformed region', { region: 'Ireland' }, /region cannot be used/, /found +Ireland/],
  [
    'an unknown parameter',
    { shedule: {} },
    /shedule is no parameter, and schedule is\./,
    /rename shedule to schedule/,
  ],
  [
    'an unknown parameter deep inside',
    { alarms: { mail: 'a@b.de' } },
    /alarms\.mail is no parameter, and email is/,
  ],
  [
    'an unknown parameter of a workspace',
    { workspace: undefined, workspaces: { a: { enviroment: {} } } },
    /workspaces\.a\.enviroment is no parameter/,
  ],
  [
    'a parameter of another one',
    { rate: '1 minute' },
    /rate does not belong there: it is schedule\.rate/,
    /do +write it below schedule/,
  ],
  [
    'a parameter of the top below another one',
    { schedule: { region: 'eu-west-1' } },
    /schedule\.region does not belong there/,
    /do +write region at the top/,
  ],
  [
    'a variable among the parameters',
    { MAX_SERIES: 1 },
    /MAX_SERIES is a variable of the exporter/,
    /do +write MAX_SERIES below environment/,
  ],
  [
    'a secret among the parameters',
    { PREFECT_API_KEY: 'pnu_1' },
    /do +write PREFECT_API_KEY into the secret/,
  ],
  [
    'a parameter of the wrong type',
    { function: { memoryMegabytes: '512 MB' } },
    /function\.memoryMegabytes cannot be used/,
    /whole number of MB from 128/,
  ],
  ['no workspace', { workspace: undefined }, /workspace is missing, and workspaces is too/],
  ['both kinds of workspaces', { workspaces: { a: null } }, /workspace is set, and workspaces is too/],
  [
    'names that make the same ids',
    { workspace: undefined, workspaces: { 'a-b': null, a_b: null } },
    /workspaces\.a_b is too much like workspaces\.a-b/,
  ],
  [
    'one ledger for two workspaces',
    { workspace: undefined, workspaces: { a: { ledgerKey: 'x' }, b: { ledgerKey: 'x' } } },
    /workspaces\.b\.ledgerKey is that of workspaces\.a/,
  ],
  [
    'one key for several workspaces',
    { workspace: undefined, ledger: { key: 'x' }, workspaces: { a: null } },
    /ledger\.key is one key for several/,
    /do +workspaces\.a\.ledgerKey: x, if it is the ledger of a/,
  ],
  [
    'the ARN of a secret without its end',
    { secret: { arn: secretArn.slice(0, -7) } },
    /secret\.arn cannot be used/,
    /last six characters/,
  ],
  [
    'a secret in plain text',
    { environment: { PREFECT_API_KEY: 'pnu_0123456789' } },
    /environment\.PREFECT_API_KEY is a secret/,
    /put it into the secret/,
  ],
  [
    'a variable that is made from a parameter',
    { environment: { STORE: 's3://b/k' } },
    /environment\.STORE is not set here/,
    /made from: ledger/,
  ],
  [
    'a variable with a typing error',
    { environment: { REMOTE_WRITE_ULR: 'http://a/b' } },
    /unknown-variable {2}REMOTE_WRITE_ULR: did you mean REMOTE_WRITE_URL/,
  ],
  [
    'a variable with a value that cannot be used',
    { environment: { MAX_SERIES: 'many' } },
    /invalid-value {2}MAX_SERIES/,
    /found +many/,
  ],
  [
    'a variable of the runtime',
    { environment: { AWS_REGION: 'eu-west-1' } },
    /environment\.AWS_REGION has a name that Lambda does not take/,
  ],
  [
    'a value that would be replaced',
    { environment: { WORK_POOLS_INCLUDE: '$' + '{env:HOME}' } },
    /environment\.WORK_POOLS_INCLUDE holds \$\{/,
  ],
  [
    'two receivers',
    {
      environment: { PUSHGATEWAY_URL: 'http://p:9091' },
      amazonManagedPrometheus: { workspaceArn: prometheusArn },
    },
    /PUSHGATEWAY_URL is set, and amazonManagedPrometheus is too/,
  ],
  [
    'a rate of seconds',
    { schedule: { rate: '30 seconds' } },
    /schedule\.rate cannot be used/,
    /1 minute, 5 minutes/,
  ],
  [
    'rate and cron',
    { schedule: { rate: '5 minutes', cron: '0/5 * * * ? *', intervalSeconds: 300 } },
    /schedule\.cron is set, and schedule\.rate is too/,
  ],
  [
    'cron without an interval',
    { schedule: { cron: '0/5 * * * ? *' } },
    /schedule\.intervalSeconds is missing/,
  ],
  [
    'cron with both days',
    { schedule: { cron: '0/5 * * * * *', intervalSeconds: 300 } },
    /day of the month and the day of the week/,
    /do +schedule\.cron: 0\/5 \* \* \* \? \*/,
  ],
  [
    'an interval beside a rate',
    { schedule: { rate: '5 minutes', intervalSeconds: 60 } },
    /contradicts schedule\.rate, which makes a tick every 300 s/,
  ],
  [
    'a time zone that does not exist',
    { schedule: { timeZone: 'Europe/Atlantis' } },
    /schedule\.timeZone is no time zone/,
  ],
  [
    'a window in a schedule of a minute',
    { schedule: { flexibleMinutes: 1 } },
    /schedule\.flexibleMinutes leaves no room/,
    /found +1 min, with a tick every 1 min/,
  ],
  [
    'a window as long as the interval',
    { schedule: { rate: '5 minutes', flexibleMinutes: 5 } },
    /schedule\.flexibleMinutes leaves no room/,
  ],
  [
    'a timeout as long as the interval',
    { function: { timeoutSeconds: 60 } },
    /function\.timeoutSeconds is not below/,
    /do +function\.timeoutSeconds: 50/,
  ],
  [
    'two topics',
    { alarms: { topicArn: 'arn:aws:sns:eu-west-1:123456789012:a', email: 'a@example.com' } },
    /alarms\.email is set, and alarms\.topicArn is too/,
  ],
  [
    'a VPC without anything to reach',
    { network: { subnetIds: ['subnet-01234567'] } },
    /network\.egress is missing/,
    /network\.vpcId is missing/,
  ],
  [
    'security groups and rules',
    { network: { subnetIds: ['subnet-01234567'], securityGroupIds: ['sg-01234567'], vpcId: 'vpc-01234567' } },
    /network\.securityGroupIds is set, and vpcId or egress is too/,
  ],
  [
    'a port open to everybody',
    {
      network: {
        subnetIds: ['subnet-01234567'],
        vpcId: 'vpc-01234567',
        egress: [{ to: '0.0.0.0/0', port: 9091, what: 'all' }],
      },
    },
    /network\.egress\.0 opens a port to every address/,
  ],
  [
    'a subnet that is none',
    { network: { subnetIds: ['10.0.0.0/8'] } },
    /network\.subnetIds\.0 cannot be used/,
  ],
  [
    'two receivers without Amazon Managed Prometheus',
    {
      environment: {
        REMOTE_WRITE_URL: 'https://p.example.com/api/v1/write',
        PUSHGATEWAY_URL: 'http://p:9091',
      },
    },
    /sink-choice {2}REMOTE_WRITE_URL and PUSHGATEWAY_URL are both set/,
  ],
  [
    'a signature beside a user',
    {
      environment: { REMOTE_WRITE_USERNAME: 'me' },
      amazonManagedPrometheus: { workspaceArn: prometheusArn },
    },
    /receiver-sigv4 /,
  ],
  [
    'no secret and no addresses',
    { secret: false },
    /missing-value {2}PREFECT_API_URL is not set/,
    /sink-choice {2}Neither/,
  ],
  [
    'no secret and half of a login, of the workspace that has it',
    {
      workspace: undefined,
      environment: addresses,
      workspaces: { a: { secret: false, environment: { REMOTE_WRITE_USERNAME: 'me' } }, b: null },
    },
    /missing-value {2}a: REMOTE_WRITE_PASSWORD is not set/,
  ],
  [
    'a variable that there is not',
    { environment: { COLOUR: 'red' } },
    /unknown-variable {2}COLOUR: there is no such variable/,
  ],
  [
    'a variable of another exporter',
    { environment: { EXPORTER_PORT: '9000' } },
    /unknown-variable {2}EXPORTER_PORT/,
  ],
  [
    'a collector that there is not',
    { environment: { COLLECTORS: 'default,nothing' } },
    /invalid-value {2}COLLECTORS has "nothing"/,
  ],
  [
    'a value by an ARN without its end',
    { environment: { PREFECT_API_KEY: secretArn.slice(0, -7) } },
    /environment\.PREFECT_API_KEY is not the whole ARN/,
    /found +arn:aws:secretsmanager/,
  ],
  [
    'a value by an ARN with a key behind it',
    { environment: { PREFECT_API_KEY: `${secretArn}:KEY::` } },
    /environment\.PREFECT_API_KEY is not the whole ARN/,
  ],
  [
    'a password in a proxy',
    { environment: { HTTPS_PROXY: 'http://me:topsecret@proxy:3128' } },
    /environment\.HTTPS_PROXY holds a user name or a password/,
    /put it into the secret/,
  ],
  [
    'a password in a proxy without a scheme, by its small name',
    { environment: { https_proxy: 'me:topsecret@proxy:3128' } },
    /environment\.https_proxy holds a user name or a password/,
  ],
  [
    'a token in an address',
    { environment: { REMOTE_WRITE_URL: 'https://p.example.com/api/v1/write?extra=1&api_key=topsecret' } },
    /environment\.REMOTE_WRITE_URL holds what looks like a password, api_key=…/,
  ],
  [
    'a rate that is too long',
    { schedule: { rate: '48 hours' } },
    /schedule\.rate is longer/,
    /at most 24 hours/,
  ],
  [
    'an interval that is too long',
    { schedule: { cron: '0 0 * * ? *', intervalSeconds: 172_800 } },
    /schedule\.intervalSeconds cannot be used/,
    /from 60 to 86400/,
  ],
  [
    'an interval that cron does not have',
    { schedule: { cron: '0/5 * * * ? *', intervalSeconds: 60 } },
    /schedule\.intervalSeconds is not the time between two ticks/,
    /do +schedule\.intervalSeconds: 300/,
  ],
  [
    'cron with an hour that no day has',
    { schedule: { cron: '0 24 * * ? *', intervalSeconds: 3600 } },
    /schedule\.cron has fields that cannot be used/,
    /found +hour: 24/,
  ],
  [
    'cron without any day',
    { schedule: { cron: '0/5 * ? * ? *', intervalSeconds: 300 } },
    /names neither the day of the month nor/,
    /do +schedule\.cron: 0\/5 \* \* \* \? \*/,
  ],
  [
    'a time zone in small letters',
    { schedule: { timeZone: 'europe/paris' } },
    /schedule\.timeZone is no time zone/,
  ],
  [
    'a time zone in letters of another size',
    { schedule: { timeZone: 'Europe/paris' } },
    /schedule\.timeZone is no time zone/,
  ],
  ['an offset as time zone', { schedule: { timeZone: '+01:00' } }, /schedule\.timeZone is no time zone/],
  [
    'a topic of another region',
    { alarms: { topicArn: 'arn:aws:sns:eu-central-1:123456789012:a' } },
    /alarms\.topicArn is in another region/,
    /expected +one in eu-west-1/,
  ],
  [
    'a topic of another partition',
    { alarms: { topicArn: 'arn:aws-cn:sns:cn-north-1:123456789012:a' } },
    /alarms\.topicArn is in another partition/,
  ],
  [
    'a secret of another partition, of a workspace',
    {
      workspace: undefined,
      workspaces: { a: { secret: { arn: secretArn.replace('arn:aws:', 'arn:aws-us-gov:') } } },
    },
    /secret\.arn of a is in another partition/,
  ],
  [
    'a key of another region than the secret',
    { secret: { arn: secretArn, kmsKeyArn: 'arn:aws:kms:eu-central-1:123456789012:key/1' } },
    /secret\.kmsKeyArn is in another region/,
  ],
  [
    'a key of another region than the bucket',
    { ledger: { kmsKeyArn: 'arn:aws:kms:eu-central-1:123456789012:key/1' } },
    /ledger\.kmsKeyArn is in another region/,
  ],
  ['a bucket that is an address', { ledger: { bucket: '10.0.0.1' } }, /ledger\.bucket cannot be used/],
  ['a bucket with two dots', { ledger: { bucket: 'a..b' } }, /ledger\.bucket cannot be used/],
  ['a bucket of an access point', { ledger: { bucket: 'a-s3alias' } }, /ledger\.bucket cannot be used/],
  [
    'a tag of AWS',
    { tags: { 'aws:team': 'a' } },
    /tags has a name that cannot be used/,
    /does not begin with aws:/,
  ],
  [
    'a workspace whose name is too long',
    { workspace: undefined, workspaces: { ['a'.repeat(41)]: null } },
    /workspaces has a name that cannot be used/,
    /at most 40 letters/,
  ],
  [
    'a port of UDP open to everybody',
    {
      network: {
        subnetIds: ['subnet-01234567'],
        vpcId: 'vpc-01234567',
        egress: [{ to: '0.0.0.0/0', port: 443, protocol: 'udp', what: 'all' }],
      },
    },
    /network\.egress\.0 opens a port to every address/,
  ],
  ...['10.0.0.256/24', '10.0.0.0/33', '10.0.0.0', 'fd00::/129', '10.0.0.0/8/8'].map(
    (to): [string, object, RegExp] => [
      `${to} as an address`,
      {
        network: {
          subnetIds: ['subnet-01234567'],
          vpcId: 'vpc-01234567',
          egress: [{ to, port: 9091, what: 'it' }],
        },
      },
      /network\.egress\.0\.to cannot be used/,
    ],
  ),
];

describe('a stage file is refused', () => {
  it.each(refused.map(([name, change, ...patterns]) => ({ name, change, patterns })))(
    'for $name, by name',
    ({ change, patterns }) => {
      const message = refusal({ ...minimal, ...change });
      for (const pattern of patterns) expect(message).toMatch(pattern);
      expect(message).toMatch(/^ {2}expected /m);
      expect(message).toMatch(/^ {2}do /m);
    },
  );

  it('without showing a secret', () => {
    const message = refusal({
      ...minimal,
      environment: {
        ...{ REMOTE_WRITE_PASSWORD: 'glc_topsecret', PREFECT_API_KEY: 'pnu_topsecret' },
        HTTP_PROXY: 'http://me:topsecret@proxy:3128',
        REMOTE_WRITE_URL: 'https://p.example.com/api/v1/write?token=topsecret',
      },
    });
    expect(message).not.toContain('topsecret');
  });

  it('for parameters that there are not together with everything else', () => {
    const text = refusal({
      ...minimal,
      shedule: {},
      function: { memory: 256 },
      environment: { MAX_SERIS: 5, PREFECT_API_KEY: 'pnu_0123456789' },
    });
    for (const word of ['shedule', 'function.memory', 'MAX_SERIS', 'PREFECT_API_KEY'])
      expect(text).toContain(word);
  });

  it('for everything that is wrong at once', () => {
    const message = refusal({
      ...minimal,
      schedule: { timeZone: 'Mars' },
      function: { timeoutSeconds: 90 },
      environment: { STORE: 'x' },
    });
    expect(message.match(/^stage-parameter /gm)).toHaveLength(3);
  });

  it('that is not YAML, with the line', () => {
    expect(refusal('region: eu-west-1\nworkspace: [a\n')).toMatch(/prod\.yml is not YAML[\s\S]+line \d/);
  });

  it('of a name that is no name', () => {
    expect(() => loadStage('prod_1', { folder })).toThrow(/--stage is no name of a stage/);
  });
});

/** What looks unusual and is right. */
const accepted: readonly (readonly [string, object])[] = [
  ['what a secret may still have', { environment: { REMOTE_WRITE_USERNAME: 'me' } }],
  [
    'a login that is in AWS',
    {
      secret: false,
      environment: { ...addresses, REMOTE_WRITE_USERNAME: 'me', REMOTE_WRITE_PASSWORD: secretArn },
    },
  ],
  [
    'headers that are in AWS',
    {
      secret: false,
      environment: {
        ...addresses,
        REMOTE_WRITE_HEADERS: 'arn:aws:ssm:eu-west-1:123456789012:parameter/headers',
      },
    },
  ],
  [
    'variables of Node and of the SDK',
    { environment: { NODE_EXTRA_CA_CERTS: '/x.pem', AWS_ENDPOINT_URL: 'http://a' } },
  ],
  [
    'a proxy without a password',
    { environment: { HTTPS_PROXY: 'http://proxy:3128', no_proxy: '.internal' } },
  ],
  [
    'a parameter of an address',
    { environment: { REMOTE_WRITE_URL: 'https://p.example.com/api/v1/write?extra_label=a' } },
  ],
  [
    'a secret of another region, and its key there',
    {
      secret: {
        arn: secretArn.replace('eu-west-1', 'eu-central-1'),
        kmsKeyArn: 'arn:aws:kms:eu-central-1:123456789012:key/1',
      },
    },
  ],
  ['a tick a day', { schedule: { rate: '24 hours' } }],
  ['ticks on working days', { schedule: { cron: '0/5 8-18 ? * MON-FRI *', intervalSeconds: 300 } }],
  ['a time zone by another of its names', { schedule: { timeZone: 'Asia/Kolkata' } }],
];

describe('a stage file is taken', () => {
  it.each(accepted)('with %s', (_, change) => {
    expect(() => load({ ...minimal, ...change })).not.toThrow();
  });
});
