import type { Secret } from '../secret.ts';
import type { SinkAuth } from './config.ts';
import type { Reader } from './reader.ts';
import { password, text, token } from './schemas.ts';
import { missing } from './value-problems.ts';
import { type Group, type OptionalVariable, optional } from './variable.ts';

export interface SinkAuthVariables {
  readonly username: OptionalVariable<string>;
  readonly password: OptionalVariable<Secret>;
  readonly bearerToken: OptionalVariable<Secret>;
}

/** The three variables of a sink whose names begin with `prefix`. */
export const sinkAuthVariables = (prefix: string, group: Group, username: string): SinkAuthVariables => ({
  username: optional({
    name: `${prefix}_USERNAME`,
    group,
    description: `User of Basic authentication${username}.`,
    expected: 'a user name',
    example: '1234567',
    schema: text(1000),
    credential: true,
    unset: 'no authentication',
  }),
  password: optional({
    name: `${prefix}_PASSWORD`,
    group,
    description: 'Password of Basic authentication.',
    expected: 'a password or a token',
    example: 'your_password',
    schema: password,
    secret: true,
    verbatim: true,
    credential: true,
    unset: 'no authentication',
  }),
  bearerToken: optional({
    name: `${prefix}_BEARER_TOKEN`,
    group,
    description: 'Sent as `Authorization: Bearer …`, instead of user and password.',
    expected: 'a token without "Bearer" before it',
    example: 'your_token',
    schema: token,
    secret: true,
    credential: true,
    unset: 'not sent',
  }),
});

/** User and password, or a bearer token, or nothing; reports halves and both. */
export function readSinkAuth(reader: Reader, variables: SinkAuthVariables): SinkAuth {
  const username = reader.get(variables.username);
  const secret = reader.get(variables.password);
  const bearer = reader.get(variables.bearerToken);
  const [hasName, hasPassword] = [reader.isSet(variables.username), reader.isSet(variables.password)];
  if (reader.isSet(variables.bearerToken) && (hasName || hasPassword)) {
    reader.report(bothKinds(variables));
  } else if (hasName !== hasPassword) {
    const [has, lacks] = hasName
      ? [variables.username, variables.password]
      : [variables.password, variables.username];
    reader.report(missing(lacks, `, and ${has.name} is`));
  }
  if (bearer !== undefined) return { kind: 'bearer', token: bearer };
  if (username === undefined || secret === undefined) return { kind: 'none' };
  return { kind: 'basic', username, password: secret };
}

const bothKinds = ({ username, password: secret, bearerToken }: SinkAuthVariables) =>
  ({
    slug: 'invalid-value',
    message: `${bearerToken.name} is set, and ${username.name} or ${secret.name} is too: a request carries one of them.`,
    expected: `${bearerToken.name} alone, or ${username.name} and ${secret.name}`,
    do: `unset ${bearerToken.name}, or unset ${username.name} and ${secret.name}`,
  }) as const;
