import { describe, expect, it } from 'vitest';
import {
  type ExistingSecret,
  newSecrets,
  type Outputs,
  secretExists,
  stageChanges,
} from '../../infra/stage/change.ts';
import { addresses, load } from './stage-file.ts';

const secretArn = (name: string) =>
  `arn:aws:secretsmanager:eu-west-1:123456789012:secret:prefect-push-exporter/prod/${name}-AbCdEf`;

/** What a stack of these workspaces has as outputs, with a bucket and secrets of its own. */
const outputsOf = (...names: readonly string[]): Outputs => ({
  LedgerBucketName: 'made',
  CreatedLedgerBucket: 'made',
  FailureQueueUrl: 'https://sqs/queue',
  ...Object.fromEntries(
    names.flatMap((name) => {
      const id = name.slice(0, 1).toUpperCase() + name.slice(1);
      return [
        [`Ledger${id}`, `s3://made/${name}/ledger.json.gz`],
        [`Secret${id}Arn`, secretArn(name)],
      ];
    }),
  ),
});

const eu = { region: 'eu-west-1' };
const brought: Outputs = { LedgerBucketName: 'mine', LedgerProd: 's3://mine/prod/ledger.json.gz' };

const kept: readonly (readonly [string, object, Outputs])[] = [
  ['nothing changes', { workspace: 'prod' }, outputsOf('prod')],
  ['there was nothing', { workspace: 'prod' }, {}],
  ['a workspace comes', { workspaces: { prod: null, lab: null } }, outputsOf('prod')],
  [
    'a workspace has another name, and both are written down',
    {
      workspace: 'production',
      ledger: { key: 'prod/ledger.json.gz' },
      secret: { arn: secretArn('prod') },
    },
    outputsOf('prod'),
  ],
  [
    'the bucket that was made is named, and so is the secret',
    { workspace: 'prod', ledger: { bucket: 'made' }, secret: { arn: secretArn('prod') } },
    outputsOf('prod'),
  ],
  [
    'the secret is the value of a variable',
    {
      workspace: 'prod',
      secret: false,
      environment: { ...addresses, PREFECT_API_KEY: secretArn('prod') },
    },
    outputsOf('prod'),
  ],
  ['the bucket was brought, and still is', { workspace: 'prod', ledger: { bucket: 'mine' } }, brought],
];

/** What the stage is, what the stack had, what the message has to hold. */
const left: readonly (readonly [string, object, Outputs, ...RegExp[]])[] = [
  [
    'a workspace has another name',
    { workspace: 'production' },
    outputsOf('prod'),
    /no workspace has the ledger any more/,
    /found +s3:\/\/made\/prod\/ledger\.json\.gz in the stack, s3:\/\/made\/production\/ledger\.json\.gz in the stage/,
    /do +ledger\.key: prod\/ledger\.json\.gz keeps it/,
    /no workspace has the secret any more/,
    /do +secret\.arn: arn:aws:secretsmanager:\S+prod-AbCdEf keeps it/,
    /--accept-changes/,
  ],
  [
    'one of several has another name',
    { workspaces: { production: null, lab: null } },
    outputsOf('prod', 'lab'),
    /do +workspaces\.production\.ledgerKey: prod\/ledger\.json\.gz keeps it/,
    /do +workspaces\.production\.secret\.arn: arn:\S+prod-AbCdEf keeps it/,
  ],
  [
    'one of several goes',
    { workspaces: { lab: null } },
    outputsOf('prod', 'lab'),
    /s3:\/\/made\/prod\/ledger/,
    /do +put the workspace back into the stage file\. Or --accept-changes/,
    /found arn:\S+prod-AbCdEf\n +do put the workspace back/,
  ],
  [
    'all but one go, and that one stays alone',
    { workspace: 'lab' },
    outputsOf('prod', 'lab'),
    /do +put the workspace back/,
  ],
  [
    'the key of the ledger is another',
    { workspace: 'prod', ledger: { key: 'new.json.gz' } },
    outputsOf('prod'),
    /do +ledger\.key: prod\/ledger\.json\.gz keeps it/,
  ],
  [
    'a bucket is brought',
    { workspace: 'prod', ledger: { bucket: 'mine' } },
    outputsOf('prod'),
    /do +ledger\.bucket: made keeps it/,
  ],
  [
    'a bucket is not brought any more',
    { workspace: 'prod' },
    brought,
    /s3:\/\/<a new bucket>\/prod/,
    /do +ledger\.bucket: mine keeps it/,
  ],
  [
    'there is no secret any more',
    { workspace: 'prod', secret: false, environment: addresses },
    outputsOf('prod'),
    /do +secret\.arn: \S+prod-AbCdEf keeps it/,
  ],
  [
    'another secret is named',
    { workspace: 'prod', secret: { arn: secretArn('other') } },
    outputsOf('prod'),
    /do +secret\.arn: \S+prod-AbCdEf keeps it/,
  ],
];

const textOf = (problems: ReturnType<typeof stageChanges>): string =>
  problems.map(({ message, found, do: advice }) => `${message}\n  found ${found}\n  do ${advice}`).join('\n');

describe('a deployment', () => {
  it.each(kept)('leaves nothing behind where %s', (_, file, running) => {
    expect(stageChanges(load({ ...eu, ...file }), running)).toEqual([]);
  });

  it.each(left.map(([name, file, running, ...patterns]) => ({ name, file, running, patterns })))(
    'would leave something behind where $name',
    ({ file, running, patterns }) => {
      const problems = stageChanges(load({ ...eu, ...file }), running);
      const about = (word: string) => (patterns.some(({ source }) => source.includes(word)) ? 1 : 0);
      expect(problems.length).toBeGreaterThanOrEqual(Math.max(1, about('secret') * about('ledger') * 2));
      for (const pattern of patterns) expect(textOf(problems)).toMatch(pattern);
    },
  );

  it('would not make a secret anew whose id is the same and whose name is another', () => {
    const running = { SecretDataTeamArn: secretArn('data-team') };
    expect(stageChanges(load({ ...eu, workspace: 'data.team' }), running)).toHaveLength(1);
    expect(stageChanges(load({ ...eu, workspace: 'data-team' }), running)).toEqual([]);
  });
});

describe('a secret that the deployment would make', () => {
  it('is one that the running stack has not', () => {
    const stage = load({
      ...eu,
      workspaces: { prod: null, lab: null, x: { secret: { arn: secretArn('x') } } },
    });
    expect(newSecrets(stage, outputsOf('prod'))).toEqual(['prefect-push-exporter/prod/lab']);
    expect(newSecrets(stage, {})).toEqual([
      'prefect-push-exporter/prod/prod',
      'prefect-push-exporter/prod/lab',
    ]);
  });

  it('is told of where there is one of that name', () => {
    const existing = { name: 'prefect-push-exporter/prod/prod', arn: secretArn('prod') };
    const problem = (file: object, secret: ExistingSecret) => secretExists(load({ ...eu, ...file }), secret);
    expect(problem({ workspace: 'prod' }, { ...existing, isDeleted: false }).do).toMatch(
      /^secret\.arn: arn:\S+ goes on with it\. Or aws secretsmanager delete-secret/,
    );
    expect(problem({ workspaces: { prod: null } }, { ...existing, isDeleted: true }).do).toMatch(
      /^aws secretsmanager restore-secret .+ and workspaces\.prod\.secret\.arn: arn/,
    );
  });
});
