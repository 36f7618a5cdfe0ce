import { describe, expect, it } from 'vitest';
import { resourcesOf } from '../../infra/stage/resources.ts';
import { inTemplate, longest } from '../../infra/stage/text.ts';
import { addresses, load, minimal, refusal } from './stage-file.ts';

const secretArn = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:prefect-AbCdEf';

describe('the environment of the function', () => {
  const several = (count: number, padding: number) => ({
    region: 'eu-west-1',
    workspaces: Object.fromEntries(
      Array.from({ length: count }, (_, index) => [
        `w${index}`,
        { environment: { EXTERNAL_LABELS: JSON.stringify({ a: 'x'.repeat(padding) }) } },
      ]),
    ),
  });

  it('is refused when Lambda would not take it', () => {
    expect(refusal(several(12, 200))).toMatch(
      /environment makes more variables than Lambda takes[^\n]+WORKSPACES alone[\s\S]+at most 4096 bytes/,
    );
    expect(() => load(several(6, 100))).not.toThrow();
  });

  it('holds several workspaces as JSON, each with what is its own', () => {
    const { variables } = load({
      region: 'eu-west-1',
      environment: { MAX_SERIES: 100 },
      workspaces: {
        a: { environment: { ...addresses, EXTERNAL_LABELS: '{"team":"\\"a\\""}' }, secret: false },
        'b-c': {
          amazonManagedPrometheus: { workspaceArn: 'arn:aws:aps:eu-central-1:123456789012:workspace/ws-1' },
        },
      },
    });
    expect(Object.keys(variables).sort()).toEqual([
      'EMF',
      'INTERVAL_SECONDS',
      'MAX_SERIES',
      'NODE_OPTIONS',
      'WORKSPACES',
    ]);
    expect(JSON.parse(longest(variables.WORKSPACES ?? []))).toEqual({
      a: {
        ...addresses,
        EXTERNAL_LABELS: '{"team":"\\"a\\""}',
        STORE: expect.stringMatching(/^s3:..b+\/a\/ledger\.json\.gz$/),
      },
      'b-c': {
        REMOTE_WRITE_URL:
          'https://aps-workspaces.eu-central-1.amazonaws.com/workspaces/ws-1/api/v1/remote_write',
        REMOTE_WRITE_SIGV4: 'true',
        REMOTE_WRITE_SIGV4_REGION: 'eu-central-1',
        SECRET_ARN: expect.stringMatching(/^arn:aws.*:secret:prefect-push-exporter\/prod\/b-c-/),
        STORE: expect.stringMatching(/^s3:..b+\/b-c\/ledger\.json\.gz$/),
      },
    });
    // The names of the bucket and of the secret that was made are CloudFormation's to fill in.
    expect(inTemplate(variables.WORKSPACES ?? [])).toEqual({
      'Fn::Join': ['', expect.arrayContaining([{ Ref: 'LedgerBucket' }, { Ref: 'SecretBC' }])],
    });
  });

  it('counts names of AWS as long as they can be', () => {
    const { variables } = load(minimal);
    const text = (name: string) =>
      (variables[name] ?? []).map((part) => (typeof part === 'string' ? part : part.sample)).join('');
    expect(text('SECRET_ARN').length).toBeGreaterThanOrEqual(
      'arn:aws:secretsmanager:eu-west-1:123456789012:secret:prefect-push-exporter/prod/production-AbCdEf'
        .length,
    );
    expect(text('STORE').length).toBe('s3://'.length + 63 + '/production/ledger.json.gz'.length);
  });
});

describe('what is made of a stage', () => {
  const kinds = (file: unknown) => {
    const { Resources } = resourcesOf(load(file));
    return Object.keys(Resources);
  };

  it('has one schedule, secret and pair of alarms for each workspace', () => {
    const ids = kinds({ region: 'eu-west-1', workspaces: { prod: null, 'data-team': null } });
    for (const kind of ['Schedule', 'Secret'])
      expect(ids).toEqual(expect.arrayContaining([`${kind}Prod`, `${kind}DataTeam`]));
    expect(ids).toEqual(expect.arrayContaining(['NoTicksProdAlarm', 'CursorLagDataTeamAlarm']));
  });

  it('keeps its names, secret and ledger when a second workspace comes', () => {
    const one = { ...minimal };
    const two = { region: 'eu-west-1', workspaces: { production: null, staging: null } };
    expect(kinds(two)).toEqual(expect.arrayContaining(kinds(one)));
    const [[of], [ofTwo]] = [load(one).workspaces, load(two).workspaces];
    expect(ofTwo).toEqual(of);
    const named = { secret: { arn: secretArn }, ledger: { bucket: 'mine' } };
    expect(load({ ...two, ...named }).workspaces[0]).toEqual(load({ ...one, ...named }).workspaces[0]);
  });

  it('shows lines of debug where a workspace writes them, and never hides those of the metrics', () => {
    const level = (environment: object, own: object = {}) =>
      load({ region: 'eu-west-1', environment, workspaces: { a: null, b: { environment: own } } }).values
        .logLevel;
    expect(level({})).toBe('INFO');
    expect(level({ LOG_LEVEL: 'error' })).toBe('INFO');
    expect(level({ LOG_LEVEL: 'Debug' })).toBe('DEBUG');
    expect(level({}, { LOG_LEVEL: 'debug' })).toBe('DEBUG');
  });

  it('opens ports of TCP, and of UDP where that is asked for', () => {
    const rules = load({
      ...minimal,
      network: {
        subnetIds: ['subnet-01234567'],
        vpcId: 'vpc-01234567',
        egress: [
          { to: '10.0.0.2/32', port: 53, protocol: 'udp', what: 'DNS' },
          { to: 'fd00::/8', port: 9091, what: 'Pushgateway' },
        ],
      },
    }).network?.created?.egress;
    expect(rules).toMatchObject([
      { IpProtocol: 'udp', FromPort: 53, CidrIp: '10.0.0.2/32' },
      { IpProtocol: 'tcp', FromPort: 9091, CidrIpv6: 'fd00::/8' },
    ]);
  });

  it('has alarms that CloudWatch takes, at the longest interval too', () => {
    for (const schedule of [{ rate: '59 minutes' }, { rate: '24 hours' }, { rate: '1 minute' }]) {
      const { Resources } = resourcesOf(load({ ...minimal, schedule }));
      const { intervalSeconds } = load({ ...minimal, schedule }).schedule;
      const alarms = Object.values(Resources).flatMap((resource) => {
        const { Type, Properties } = Object(resource);
        return Type === 'AWS::CloudWatch::Alarm' && Properties.Metrics === undefined ? [Properties] : [];
      });
      expect(alarms.length).toBeGreaterThan(4);
      for (const { Period, EvaluationPeriods } of alarms) {
        const seconds = typeof Period === 'number' ? Period : intervalSeconds;
        expect(seconds % 60).toBe(0);
        // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html
        expect(seconds * EvaluationPeriods).toBeLessThanOrEqual(seconds < 3600 ? 86_400 : 7 * 86_400);
      }
    }
  });

  it('keeps them apart, whatever the workspace is called', () => {
    const ids = kinds({ ...minimal, workspace: 'group' });
    expect(ids).toEqual(expect.arrayContaining(['ScheduleGroup', 'GroupOfSchedules']));
    expect(refusal({ ...minimal, workspace: 'bucket-name' })).toMatch(/has a name that something else/);
  });

  it('has no bucket where the stage has one, no secret where there is none, no alarms where they are not wanted', () => {
    const ids = kinds({
      ...{ ...minimal, environment: addresses, ledger: { bucket: 'mine' } },
      ...{ secret: false, alarms: false },
    });
    expect(ids.sort()).toEqual([
      'FailureQueue',
      'FailureQueuePolicy',
      'FunctionRole',
      'GroupOfSchedules',
      'ScheduleProduction',
      'SchedulerRole',
    ]);
  });

  it('writes rates as AWS takes them', () => {
    const expression = (rate: string) => load({ ...minimal, schedule: { rate } }).schedule.expression;
    expect(['1 minutes', '5 minute', '1 hour', '2 hours'].map(expression)).toEqual([
      'rate(1 minute)',
      'rate(5 minutes)',
      'rate(1 hour)',
      'rate(2 hours)',
    ]);
  });
});
