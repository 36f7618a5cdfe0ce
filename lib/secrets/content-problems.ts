import type { SecretArn } from '../config/secret-arn.ts';
import type { Problem } from '../problem.ts';

export const notJson = ({ arn }: SecretArn, text: string): Problem => ({
  slug: 'secret-content',
  message: `SECRET_ARN: The secret ${arn} is not a JSON object.`,
  found: `${text.length} characters of something else`,
  expected: '{"PREFECT_API_KEY":"pnu_…","REMOTE_WRITE_PASSWORD":"glc_…"}',
  do: 'write the names of variables and their values as JSON; the ARN of a secret that is one value alone belongs into the variable of that value, such as PREFECT_API_KEY=<ARN>',
});

/** As a deployment makes it, before anybody has filled it. */
export const nothingIn = ({ arn, region, service }: SecretArn): Problem => ({
  slug: 'secret-content',
  message: `The secret ${arn} is an empty object: nobody has filled it yet.`,
  found: '{}',
  expected: '{"PREFECT_API_KEY":"pnu_…","REMOTE_WRITE_PASSWORD":"glc_…"}, with what this one needs',
  do:
    service === 'ssm'
      ? 'write the names of variables and their values into the parameter, as JSON'
      : `aws secretsmanager put-secret-value --region ${region} --secret-id ${arn} --secret-string file://secret.json; where nothing needs a secret, no SECRET_ARN (secret: false in the stage file)`,
});

export const notSingle = (name: string, { arn }: SecretArn): Problem => ({
  slug: 'secret-content',
  message: `${name}: ${arn} is a JSON object and not the value alone.`,
  found: 'a JSON object',
  expected: 'the value, without quotation marks',
  do: `SECRET_ARN=${arn} with the key ${name} in it, or a secret that is the value alone`,
});

export const emptyText = (name: string, { arn }: SecretArn): Problem => ({
  slug: 'secret-content',
  message: `${name}: ${arn} is empty.`,
  found: 'nothing',
  expected: 'the value',
  do: 'put the value into it',
});

export const inBoth = (names: readonly string[]): Problem => ({
  slug: 'value-ignored',
  message: `${names.join(', ')}: set in the environment and in the secret; the environment wins.`,
  expected: 'each variable in one of them',
  do: `take ${names.join(', ')} out of the environment, so that a rotated secret takes effect`,
});
