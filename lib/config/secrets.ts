import * as z from 'zod';
import { parseSecretArn, secretArnProblem } from './secret-arn.ts';
import { optional } from './variable.ts';

export const secretsVariables = {
  secretArn: optional({
    name: 'SECRET_ARN',
    group: 'Secrets',
    description:
      'The ARN of a secret in AWS Secrets Manager that is a JSON object: its keys are names of this page. What is set in the environment, too, is taken from there, with a warning. The region is that of the ARN. A parameter of the Parameter Store may be used in the same way.',
    expected: 'arn:aws:secretsmanager:<region>:<account>:secret:<name>-<6 characters>',
    example: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:prefect-metrics/prod-a1B2c3',
    schema: z.string().refine((raw) => parseSecretArn(raw) !== undefined, 'is not the ARN of a secret'),
    mistake: (raw) => (parseSecretArn(raw) === undefined ? secretArnProblem('SECRET_ARN', raw) : undefined),
    unset: 'no secret is read',
  }),
};
