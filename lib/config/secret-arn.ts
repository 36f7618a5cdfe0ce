import type { Problem } from '../problem.ts';
import { showValue } from './show.ts';

/** The name of a secret in Secrets Manager, or of a parameter in the Parameter Store of Systems Manager. */
export interface SecretArn {
  readonly service: 'secretsmanager' | 'ssm';
  /** All of it. */
  readonly arn: string;
  /** Such as `aws`, `aws-cn` or `aws-us-gov`. */
  readonly partition: string;
  readonly region: string;
}

/** A value that no password or token is: it stands for one that is kept in AWS. */
export const isArn = (value: string): boolean => /^arn:aws[a-z-]*:/i.test(value.trim());

const forms =
  /^arn:(aws[a-z-]*):(?:(secretsmanager):([a-z0-9-]+):\d{12}:secret:[\w/+=.@!-]+|(ssm):([a-z0-9-]+):\d{12}:parameter\/[\w./-]+)$/;

/** Undefined for anything else than the ARN of a secret or of a parameter. */
export function parseSecretArn(value: string): SecretArn | undefined {
  const arn = value.trim();
  const [, partition = '', secrets, ofSecret, parameters, ofParameter] = forms.exec(arn) ?? [];
  const service = secrets ?? parameters;
  const region = ofSecret ?? ofParameter;
  if ((service !== 'secretsmanager' && service !== 'ssm') || region === undefined) return undefined;
  return { service, arn, partition, region };
}

const expected =
  'arn:aws:secretsmanager:<region>:<account>:secret:<name>-<6 characters>, or arn:aws:ssm:<region>:<account>:parameter/<name>';

/** What to say of a value that should be such an ARN. @param name the variable */
export function secretArnProblem(name: string, value: string): Problem {
  const raw = value.trim();
  const [, whole, key] = /^(arn:aws[\w-]*:secretsmanager:[^:]*:[^:]*:secret:[^:]+):([^:]*)/.exec(raw) ?? [];
  if (whole !== undefined) {
    return {
      slug: 'secret-arn',
      message: `${name} goes on after the name of the secret: keys and versions of a secret cannot be chosen there.`,
      found: showValue(raw),
      expected: `the ARN alone, ${showValue(whole)}`,
      do: `SECRET_ARN=${showValue(whole)} for a JSON secret with keys such as ${key === '' ? 'PREFECT_API_KEY' : showValue(key ?? '')}, or the ARN of a secret that is the value alone`,
    };
  }
  return {
    slug: 'secret-arn',
    message: `${name} is not the ARN of a secret or of a parameter.`,
    // A value without the beginning of an ARN may be the secret itself.
    found: /^arn:[\w:/+=.@*-]+$/i.test(raw) ? showValue(raw) : `${raw.length} characters that are no ARN`,
    expected,
    do: 'aws secretsmanager describe-secret --secret-id <name> prints the ARN',
  };
}
