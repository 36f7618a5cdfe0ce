import { DescribeSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { ExistingSecret } from '../../infra/stage/change.ts';

export interface Account {
  readonly region: string;
  readonly awsProfile: string | undefined;
}

/**
 * Those of the names that secrets have already. Where nobody may ask, or nobody answers, there is nothing to say: the
 * deployment itself will.
 */
export async function existingSecrets(
  names: readonly string[],
  { region, awsProfile }: Account,
): Promise<readonly ExistingSecret[]> {
  if (names.length === 0) return [];
  const client = new SecretsManagerClient({
    region,
    ...(awsProfile === undefined ? {} : { profile: awsProfile }),
  });
  const answers = names.map(async (name): Promise<readonly ExistingSecret[]> => {
    try {
      const { ARN: arn, DeletedDate } = await client.send(new DescribeSecretCommand({ SecretId: name }));
      return arn === undefined ? [] : [{ name, arn, isDeleted: DeletedDate !== undefined }];
    } catch {
      return [];
    }
  });
  return (await Promise.all(answers)).flat();
}
