// What a stack keeps when it goes, and where: the bucket of the ledgers and the secrets.
import { describe, expect, it } from 'vitest';
import { type GoldenStage, goldenStageNames, goldenTemplate, resourcesOfType } from './template.ts';

/** What a first deployment that fails has made goes again; what was there once stays. */
const kept = { DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' };

const withBucket = goldenStageNames.filter((stage) => stage !== 'everything');

describe('the bucket of the ledgers', () => {
  it('is made where the stage names none', () => {
    const made = goldenStageNames.filter((stage) => 'LedgerBucket' in goldenTemplate(stage).Resources);
    expect(made).toEqual(withBucket);
  });

  it.each(withBucket)('is private, encrypted and kept in %s, with its versions of a week', (stage) => {
    expect(goldenTemplate(stage).Resources.LedgerBucket).toEqual({
      Type: 'AWS::S3::Bucket',
      ...kept,
      Properties: {
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
        OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
        },
        VersioningConfiguration: { Status: 'Enabled' },
        LifecycleConfiguration: {
          Rules: [
            {
              Id: 'old-versions',
              Status: 'Enabled',
              NoncurrentVersionExpiration: { NoncurrentDays: 7 },
              ExpiredObjectDeleteMarker: true,
              AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
            },
          ],
        },
      },
    });
  });

  it.each(withBucket)('lets nobody do anything without TLS in %s', (stage) => {
    expect(goldenTemplate(stage).Resources.LedgerBucketPolicy).toEqual({
      Type: 'AWS::S3::BucketPolicy',
      ...kept,
      Properties: {
        Bucket: { Ref: 'LedgerBucket' },
        PolicyDocument: {
          Version: '2012-10-17',
          Statement: [
            {
              Sid: 'TlsOnly',
              Effect: 'Deny',
              Principal: '*',
              Action: 's3:*',
              Resource: [
                { 'Fn::GetAtt': ['LedgerBucket', 'Arn'] },
                { 'Fn::Sub': `$${'{LedgerBucket.Arn}'}/*` },
              ],
              Condition: { Bool: { 'aws:SecureTransport': 'false' } },
            },
          ],
        },
      },
    });
  });
});

/** Names of workspaces by logical id: those whose secret the stage makes. */
const secrets: Readonly<Record<GoldenStage, Readonly<Record<string, string>>>> = {
  minimal: { SecretProduction: 'production' },
  'two-workspaces': { SecretProduction: 'production', SecretStaging: 'staging' },
  'example-grafana-cloud': { SecretProduction: 'production' },
  'example-managed-prometheus': {},
  'example-pushgateway-vpc': {},
  'several-workspaces': { SecretProduction: 'production' },
  everything: { SecretDataTeam: 'data.team' },
};

describe('a secret', () => {
  it.each(goldenStageNames)('is made in %s where the stage has none, empty, and kept', (stage) => {
    const made = resourcesOfType(goldenTemplate(stage), 'AWS::SecretsManager::Secret');
    const KmsKeyId = 'arn:aws:kms:eu-central-1:123456789012:key/11111111-1111-4111-8111-111111111111';
    const wanted = Object.entries(secrets[stage]).map(([id, workspace]) => [
      id,
      {
        Type: 'AWS::SecretsManager::Secret',
        ...kept,
        Properties: {
          Name: `prefect-push-exporter/${stage}/${workspace}`,
          Description: expect.stringContaining(workspace),
          SecretString: '{}',
          ...(stage === 'everything' ? { KmsKeyId } : {}),
        },
      },
    ]);
    expect(made).toEqual(wanted);
  });
});

/** Where each workspace's ledger is, by name of the output; in a bucket that is made, behind its name. */
const ledgers: Readonly<Record<GoldenStage, Readonly<Record<string, string>>>> = {
  minimal: { LedgerProduction: 'production/ledger.json.gz' },
  'two-workspaces': {
    LedgerProduction: 'production/ledger.json.gz',
    LedgerStaging: 'staging/ledger.json.gz',
  },
  'example-grafana-cloud': { LedgerProduction: 'production/ledger.json.gz' },
  'example-managed-prometheus': { LedgerProduction: 'production/ledger.json.gz' },
  'example-pushgateway-vpc': { LedgerProduction: 'production/ledger.json.gz' },
  'several-workspaces': {
    LedgerProduction: 'production/ledger.json.gz',
    LedgerDataTeam: 'teams/data.json.gz',
    LedgerLab: 'lab/ledger.json.gz',
  },
  everything: {},
};

describe('outputs of a stack', () => {
  it.each(goldenStageNames)('say in %s where each ledger is, and which secrets were made', (stage) => {
    const { Outputs = {} } = goldenTemplate(stage);
    const places = Object.entries(ledgers[stage]).map(([name, key]) => [
      name,
      { Value: { 'Fn::Sub': `s3://$${'{LedgerBucket}'}/${key}` } },
    ]);
    const arns = Object.keys(secrets[stage]).map((id) => [`${id}Arn`, { Value: { Ref: id } }]);
    const existing = { LedgerDataTeam: { Value: 's3://existing-bucket/prefect/ledger.json.gz' } };
    expect(
      Object.fromEntries(
        Object.entries(Outputs).filter(([name]) => /^Ledger(?!BucketName)|^Secret/.test(name)),
      ),
    ).toEqual({ ...Object.fromEntries([...places, ...arns]), ...(stage === 'everything' ? existing : {}) });
  });
});
