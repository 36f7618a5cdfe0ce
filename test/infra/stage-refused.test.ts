import { describe, expect, it } from 'vitest';
import { loadStage } from '../../infra/stage/load.ts';
import { folder, minimal, refusal } from './stage-file.ts';

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
      environment: { REMOTE_WRITE_PASSWORD: 'glc_topsecret', PREFECT_API_KEY: 'pnu_topsecret' },
    });
    expect(message).not.toContain('topsecret');
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
