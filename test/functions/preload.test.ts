import { expect, test } from 'vitest';
import { neededParts, preload } from '../../functions/preload.ts';
import { parameterArn, secretArn } from '../secrets/double-place.ts';

const s3 = { STORE: 's3://ledgers/prod' };
const secret = { SECRET_ARN: secretArn('prod') };
const parameter = { PREFECT_API_KEY: parameterArn('key') };

test.each<[Readonly<Record<string, string | undefined>>, readonly string[]]>([
  [{}, []],
  [{ STORE: 'file:/mnt/efs/s3', PREFECT_API_URL: 'http://secretsmanager:4200/api', EMPTY: undefined }, []],
  [s3, ['s3']],
  [{ STORE: ' S3://ledgers/prod' }, ['s3']],
  [secret, ['secrets-manager']],
  [{ SECRET_ARN: secretArn('prod').replace('arn:aws:', 'arn:aws-us-gov:') }, ['secrets-manager']],
  [parameter, ['parameter-store']],
  [{ ...s3, ...secret, ...parameter }, ['s3', 'secrets-manager', 'parameter-store']],
  [{ WORKSPACES: JSON.stringify({ prod: s3, dev: secret }) }, ['s3', 'secrets-manager']],
])('%j needs %j', async (env, names) => {
  expect(neededParts(env).map(({ name }) => name)).toEqual(names);
  await preload(env);
});
