import { describe, expect, it } from 'vitest';
import { goldenStageNames, goldenTemplate } from './template.ts';

const withBucket = goldenStageNames.filter((stage) => 'LedgerBucket' in goldenTemplate(stage).Resources);

describe('the bucket of the ledgers', () => {
  it('is made where the stage names none', () => {
    expect(goldenStageNames.filter((stage) => !withBucket.includes(stage))).toEqual(['everything']);
  });

  it.each(withBucket)('stays in %s when the stack goes, with its policy and its old versions', (stage) => {
    const { LedgerBucket, LedgerBucketPolicy } = goldenTemplate(stage).Resources;
    for (const resource of [LedgerBucket, LedgerBucketPolicy]) {
      expect(resource).toMatchObject({
        DeletionPolicy: 'RetainExceptOnCreate',
        UpdateReplacePolicy: 'Retain',
      });
    }
    expect(LedgerBucket?.Properties.VersioningConfiguration).toEqual({ Status: 'Enabled' });
  });

  it.each(withBucket)('lets nobody do anything without TLS in %s', (stage) => {
    const { LedgerBucketPolicy } = goldenTemplate(stage).Resources;
    expect(LedgerBucketPolicy?.Properties.PolicyDocument).toEqual({
      Version: '2012-10-17',
      Statement: [
        {
          Sid: 'TlsOnly',
          Effect: 'Deny',
          Principal: '*',
          Action: 's3:*',
          Resource: [{ 'Fn::GetAtt': ['LedgerBucket', 'Arn'] }, { 'Fn::Sub': `$${'{LedgerBucket.Arn}'}/*` }],
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        },
      ],
    });
  });
});
