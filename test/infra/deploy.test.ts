import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadStage } from '../../infra/stage/load.ts';
import { embeddedMetrics } from '../../lib/emf.ts';
import { afterDeployment, afterRemoval } from '../../scripts/deploy/afterwards.ts';
import { readArguments } from '../../scripts/deploy/arguments.ts';
import { checkEnvironment, checksOf } from '../../scripts/deploy/check.ts';
import { reportOf } from '../../scripts/deploy/check-report.ts';
import { monthlyCost, totalsOf } from '../../scripts/deploy/cost.ts';
import { refuseExamples } from '../../scripts/deploy/examples.ts';
import { outputsIn, runningStack } from '../../scripts/deploy/running-stack.ts';
import { addresses, load, minimal } from './stage-file.ts';
import { tickReport } from './tick-report.ts';

const secretArn = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:prefect-AbCdEf';
const prometheus = { workspaceArn: 'arn:aws:aps:eu-west-1:123456789012:workspace/ws-1' };

describe('arguments', () => {
  it('name a command and a stage', () => {
    expect(readArguments(['deploy', '--stage', 'prod', '--aws-profile', 'me'])).toEqual({
      command: 'deploy',
      stage: 'prod',
      region: undefined,
      awsProfile: 'me',
      skipCheck: false,
      acceptChanges: false,
    });
  });

  it.each([
    [['deploy']],
    [['--stage', 'prod']],
    [['destroy', '--stage', 'prod']],
    [['deploy', '--stag', 'prod']],
  ])('are refused: %j', (given) => {
    expect(() => readArguments(given)).toThrow();
  });
});

describe('the check before a deployment', () => {
  it('asks with the variables and the secret of each workspace, and leaves the bucket to the function', () => {
    const stage = load({
      region: 'eu-west-1',
      environment: { MAX_SERIES: 100 },
      workspaces: { prod: { secret: { arn: secretArn }, environment: { DETAIL: 'flow' } } },
    });
    expect(checksOf(stage)).toEqual([
      {
        workspace: 'prod',
        environment: {
          MAX_SERIES: '100',
          DETAIL: 'flow',
          WORKSPACE: 'prod',
          INTERVAL_SECONDS: '60',
          STORE: 'memory:',
          SECRET_ARN: secretArn,
        },
      },
    ]);
  });

  it.each([
    [
      'in a VPC',
      {
        secret: false,
        environment: addresses,
        network: { subnetIds: ['subnet-01234567'], securityGroupIds: ['sg-01234567'] },
      },
      /VPC/,
    ],
    ['without its secret', {}, /secret is made by the deployment/],
  ])('is skipped with a reason %s', (_, change, reason) => {
    expect(checksOf(load({ ...minimal, ...change }))).toEqual([
      { workspace: 'production', skipped: expect.stringMatching(reason) },
    ]);
  });

  it('leaves out a receiver that only the role of the function reaches', () => {
    const [check] = checksOf(
      load({ ...minimal, secret: { arn: secretArn }, amazonManagedPrometheus: prometheus }),
    );
    expect(check).toMatchObject({ without: expect.stringContaining('receiver') });
    expect(Object.keys(check !== undefined && 'environment' in check ? check.environment : {})).not.toContain(
      'REMOTE_WRITE_URL',
    );
  });

  it('passes on ways to AWS and to the internet, and no variables of another exporter', () => {
    const machine = {
      PATH: '/bin',
      AWS_SESSION_TOKEN: 't',
      HTTPS_PROXY: 'p',
      PREFECT_API_KEY: 'other',
      MAX_SERIES: '7',
    };
    const passed = checkEnvironment(machine, { MAX_SERIES: '1' }, { awsProfile: 'me', region: 'eu-west-1' });
    expect(passed).toEqual({
      PATH: '/bin',
      AWS_SESSION_TOKEN: 't',
      HTTPS_PROXY: 'p',
      AWS_REGION: 'eu-west-1',
      AWS_PROFILE: 'me',
      MAX_SERIES: '1',
    });
  });
});

describe('the report of the check', () => {
  const report = (status: string) =>
    JSON.stringify({ exitStatus: 0, sections: [{ name: 'receiver', status, facts: ['f'], problems: [] }] });
  const good = (output: string, needsReceiver: boolean, status = 0) =>
    reportOf({ status, output }, { needsReceiver }).isGood;

  it('is good where both sides answered, and not without a receiver where one is needed', () => {
    expect(good(report('ok'), true)).toBe(true);
    expect(good(report('skipped'), true)).toBe(false);
    expect(good(report('skipped'), false)).toBe(true);
    expect(good(report('ok'), true, 1)).toBe(false);
    expect(good('no report', true)).toBe(false);
    expect(reportOf({ status: 0, output: report('skipped') }, { needsReceiver: true }).text).toContain(
      'There is nowhere to push to',
    );
  });
});

describe('the running stack', () => {
  it('is not there, or cannot be asked, by what osls says', () => {
    const missing = 'Environment: linux\n\nError:\nStack with id prefect-push-exporter-prod does not exist\n';
    expect(runningStack({ status: 1, output: missing })).toEqual({ kind: 'none' });
    const denied = 'Error:\nAWS provider credentials not found.\nEnvironment: linux, node 24\n';
    expect(runningStack({ status: 1, output: denied })).toEqual({
      kind: 'unknown',
      why: 'AWS provider credentials not found.',
    });
  });
});

const outputs = outputsIn(
  '\nStack Outputs:\n  LedgerBucketName: made-bucket\n  FailureQueueUrl: https://sqs/queue\n  SecretProductionArn: arn:made-secret\n',
);

describe('what is said afterwards', () => {
  const said = (file: object, awsProfile?: string) =>
    afterDeployment({ stage: load(file), awsProfile, outputs });

  it('has what exists', () => {
    expect(said({ ...minimal, alarms: { email: 'a@example.com' } })).toMatchInlineSnapshot(`
      "Deployed to eu-west-1:
        stack      prefect-push-exporter-prod
        function   prefect-push-exporter-prod, 512 MB, 50 s
        schedules  rate(1 minute) UTC, for production
        secret     prefect-push-exporter/prod/production (production)
        ledger     s3://made-bucket/production/ledger.json.gz (production)
        failures   https://sqs/queue
        alarms     prefect-push-exporter-prod/…

      Secrets begin empty; a later deployment does not touch them. To fill one, write a file secret.json with an editor, and
      then (without what Prefect or the receiver does not ask for)
        {"PREFECT_API_URL": "https://…/api", "PREFECT_API_KEY": "pnu_…"}
        aws secretsmanager put-secret-value --secret-id prefect-push-exporter/prod/production --secret-string file://secret.json --region eu-west-1
        rm secret.json
      Ticks fail until then; the function reads the secret again within five minutes.

      AWS has sent a mail to a@example.com: alarms come only after its link was followed.

      To see whether both sides answer, from where the function is:
        aws lambda invoke --function-name prefect-push-exporter-prod --cli-binary-format raw-in-base64-out --payload '{"check":true}' --region eu-west-1 /dev/stdout
      To see ticks as they come:
        aws logs tail /aws/lambda/prefect-push-exporter-prod --follow --region eu-west-1

      A month of it, computed for 200 deployments in each workspace with list prices of us-east-1; the bill for the
      metrics themselves is not in it (prefect-push-exporter preview --series computes that):
        Lambda                                         $0.50
        EventBridge Scheduler                          $0.04
        Secrets Manager                                $0.44
        S3, writes                                     $0.22
        S3, old versions of ledgers                    $0.01
        CloudWatch, log                                $0.06
        CloudWatch, 8 alarms                           $0.80
        CloudWatch, 2 metrics for them                 $0.60
        data to the receiver                           $0.16
        together                                       $2.83
        without what is free in an account of its own  $0.67"
    `);
  });

  it('has a command for each secret that was made, which takes the value from a file', () => {
    const text = said(
      { region: 'eu-west-1', workspaces: { a: null, b: { secret: { arn: secretArn } }, c: null } },
      'me',
    );
    const commands = text.match(/aws secretsmanager .+/g);
    expect(commands).toEqual(
      ['a', 'c'].map(
        (name) =>
          `aws secretsmanager put-secret-value --secret-id prefect-push-exporter/prod/${name} --secret-string file://secret.json --region eu-west-1 --profile me`,
      ),
    );
  });

  it('names the workspace in the event where there are several', () => {
    const text = said({ region: 'eu-west-1', workspaces: { a: null, b: null } });
    expect(text).toContain(`--payload '{"check":true,"workspace":"b"}'`);
  });

  it('says what stays after a removal', () => {
    const text = (file: object) => afterRemoval({ stage: load(file), awsProfile: undefined, outputs });
    expect(text(minimal)).toContain('The bucket made-bucket stays');
    expect(text(minimal)).toMatch(/^ {2}ledger\.bucket: made-bucket$/m);
    expect(text(minimal)).toMatch(/^ {2}secret\.arn: arn:made-secret$/m);
    expect(text(minimal)).toContain('delete-secret --secret-id arn:made-secret --recovery-window-in-days 7');
    const several = text({ region: 'eu-west-1', workspaces: { production: null } });
    expect(several).toMatch(/^ {2}workspaces\.production\.secret\.arn: arn:made-secret$/m);
    const brought = text({ ...minimal, secret: { arn: secretArn }, ledger: { bucket: 'mine' } });
    expect(brought).toContain('The bucket mine existed before');
    expect(brought).not.toContain('delete');
  });
});

describe('what it costs', () => {
  const cost = (file: object) =>
    Object.fromEntries(
      monthlyCost(load(file)).map(({ what, dollars }) => [what, Number(dollars.toFixed(2))]),
    );

  it('is what a month of ticks costs', () => {
    expect(cost({ ...minimal })).toEqual({
      Lambda: 0.5,
      'EventBridge Scheduler': 0.04,
      'Secrets Manager': 0.44,
      'S3, writes': 0.22,
      'S3, old versions of ledgers': 0.01,
      'CloudWatch, log': 0.06,
      'CloudWatch, 8 alarms': 0.8,
      'CloudWatch, 2 metrics for them': 0.6,
      'data to the receiver': 0.16,
    });
  });

  it('is little where an account uses nothing else: the secret and the ledger', () => {
    const { dollars, billed } = totalsOf(monthlyCost(load(minimal)));
    expect(dollars).toBeCloseTo(2.83, 2);
    expect(billed).toBeCloseTo(0.67, 2);
    const many = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`w${index}`, null]));
    const { billed: ofMany } = totalsOf(monthlyCost(load({ region: 'eu-west-1', workspaces: many })));
    // Twelve times the ledger and the secret, and what the free tiers do not cover any more.
    expect(ofMany).toBeGreaterThan(12 * 0.67 + 5);
  });

  it('has no transfer to a receiver beside the function', () => {
    const inRegion = { ...minimal, amazonManagedPrometheus: prometheus };
    expect(cost(inRegion)).not.toHaveProperty('data to the receiver');
  });

  it.each([
    ['http://pushgateway:9091', undefined],
    ['http://pushgateway.internal:9091', undefined],
    ['http://10.0.1.2:9091', undefined],
    ['https://pushgateway.example.com', 0.16],
  ])('of a stage in a VPC has the transfer to %s through NAT: %s', (PUSHGATEWAY_URL, dollars) => {
    const network = { subnetIds: ['subnet-01234567'], securityGroupIds: ['sg-01234567'] };
    const lines = cost({ ...minimal, network, environment: { PUSHGATEWAY_URL } });
    expect(lines['data to the receiver']).toBe(dollars);
    expect(lines['data through the NAT gateway']).toBe(dollars === undefined ? undefined : 0.08);
  });

  it('has no line for what is not there, and grows with workspaces', () => {
    const bare = cost({ ...minimal, environment: addresses, secret: false, alarms: false });
    expect(Object.keys(bare).some((what) => /Secrets|alarms/.test(what))).toBe(false);
    const both = { secret: false, alarms: false, environment: addresses };
    const two = cost({ region: 'eu-west-1', ...both, workspaces: { a: null, b: null } });
    expect(two.Lambda).toBeCloseTo(2 * (bare.Lambda ?? 0), 1);
  });

  it('counts the metrics that a tick really writes', () => {
    const stage = load(minimal);
    const [line] = monthlyCost(stage).filter(({ what }) => what.includes('metrics'));
    const written = embeddedMetrics(tickReport('a'), 600_000, { functionName: 'f' });
    const names = JSON.parse(written)._aws.CloudWatchMetrics[0].Metrics;
    expect(line?.what).toBe(`CloudWatch, ${names.length} metrics for them`);
  });
});

describe('a copy of an example', () => {
  const securityGroupIds = ['sg-0123456789abcdef0'];
  const examples = readdirSync('stages').filter((name) => name.startsWith('example-'));

  it.each(examples)('of %s has to be changed', (name) => {
    expect(() => refuseExamples(loadStage(name.replace('.yml', '')))).toThrow('is still that of the example');
  });

  it.each([
    ['alarms.topicArn', { alarms: { topicArn: 'arn:aws:sns:eu-west-1:123456789012:alarms' } }],
    ['secret.arn', { secret: { arn: secretArn } }],
    ['alarms.email', { alarms: { email: 'data-platform@example.com' } }],
    ['environment.REMOTE_WRITE_USERNAME', { environment: { REMOTE_WRITE_USERNAME: 1234567 } }],
    ['network.subnetIds.0', { network: { subnetIds: ['subnet-0aaaaaaaaaaaaaaaa'], securityGroupIds } }],
  ])('of which only %s is left has to be changed', (path, left) => {
    expect(() => refuseExamples(load({ ...minimal, ...left }))).toThrow(
      `${path} is still that of the example`,
    );
  });

  it('names everything that is left of it, in each workspace', () => {
    const PREFECT_API_URL =
      'https://api.prefect.cloud/api/accounts/11111111-1111-4111-8111-111111111111/workspaces/2';
    const environment = { PREFECT_API_URL };
    const stage = load({ region: 'eu-west-1', workspaces: { a: { environment }, b: { environment } } });
    const refused = () => refuseExamples(stage);
    expect(refused).toThrow('workspaces.a.environment.PREFECT_API_URL');
    expect(refused).toThrow('workspaces.b.environment.PREFECT_API_URL');
    expect(() => refuseExamples(load(minimal))).not.toThrow();
  });
});

describe('npm run package', () => {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const run = (...args: string[]) =>
    spawnSync(process.execPath, ['scripts/deploy.ts', ...args], { cwd: root, encoding: 'utf8' });

  it('ends with 2 for a stage that is not there, before anything is built', () => {
    const { status, stdout, stderr } = run('package', '--stage', 'nowhere');
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain('stage-missing  There is no stage nowhere');
  });

  it('ends with 2 and how it is used for arguments that it does not have', () => {
    const { status, stderr } = run('deploy', '--stages', 'prod');
    expect(status).toBe(2);
    expect(stderr).toContain('npm run deploy -- --stage <stage>');
  });
});
