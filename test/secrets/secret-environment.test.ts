import { beforeEach, describe, expect, it } from 'vitest';
import { ConfigError } from '../../lib/config/errors.ts';
import type { Environment } from '../../lib/config/raw-values.ts';
import { deadlineIn, remainingMs } from '../../lib/deadline.ts';
import type { Problem } from '../../lib/problem.ts';
import { createCachedSecrets } from '../../lib/secrets/cached-secrets.ts';
import { SecretError, SecretsError } from '../../lib/secrets/errors.ts';
import { createSecretEnvironment } from '../../lib/secrets/secret-environment.ts';
import { createFakeClock } from '../support/clock.ts';
import { parameterArn, secretArn } from './double-place.ts';

const [all, key, password] = [secretArn('all'), secretArn('key'), parameterArn('password')];
const clock = createFakeClock();

let kept: Map<string, string>;
let reads: string[];

beforeEach(() => {
  kept = new Map();
  reads = [];
});

function resolve(environment: Environment, defaults: Environment = {}, anew = false) {
  const secrets = createCachedSecrets({
    clock,
    warn: () => undefined,
    read: async ({ arn }) => {
      reads.push(arn);
      const value = kept.get(arn);
      if (value !== undefined) return value;
      throw new SecretError({ slug: 'secret-not-found', message: `There is no secret ${arn}.` }, false);
    },
  });
  return createSecretEnvironment({ environment, defaults, secrets }).resolve(deadlineIn(10_000, clock), anew);
}

const keep = (content: unknown) => kept.set(all, JSON.stringify(content));

async function problemsOf(resolving: Promise<unknown>, kind: typeof ConfigError | typeof SecretsError) {
  const error = await resolving.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof kind)) throw new Error(`no ${kind.name} but ${error}`);
  return error.problems;
}

describe('an environment', () => {
  it('without secrets is what it is, without what is empty, and nothing is read', async () => {
    const resolved = await resolve({ WORKSPACE: 'prod', STORE: ' ', EMPTY: undefined });
    expect(resolved).toEqual({ environment: { WORKSPACE: 'prod' }, problems: [], warnings: [], sources: [] });
    expect(reads).toEqual([]);
  });

  it('has what the JSON secret has; whole numbers, true and false are text', async () => {
    keep({ PREFECT_API_KEY: 'pnu_1', REMOTE_WRITE_USERNAME: 1234567, EMF: true });
    const { environment, problems, sources } = await resolve({ SECRET_ARN: all });
    expect(environment).toEqual({
      SECRET_ARN: all,
      PREFECT_API_KEY: 'pnu_1',
      REMOTE_WRITE_USERNAME: '1234567',
      EMF: 'true',
    });
    expect(problems).toEqual([]);
    expect(sources).toEqual([{ arn: all, names: ['PREFECT_API_KEY', 'REMOTE_WRITE_USERNAME', 'EMF'] }]);
  });

  it('wins over the secret, with a warning; what is empty does not', async () => {
    keep({ PREFECT_API_KEY: 'secret', PREFECT_API_URL: 'http://secret/api', WORKSPACE: 'secret' });
    const { environment, warnings } = await resolve({
      SECRET_ARN: all,
      PREFECT_API_KEY: 'environment',
      WORKSPACE: 'environment',
      PREFECT_API_URL: '',
    });
    expect(environment).toMatchObject({
      PREFECT_API_KEY: 'environment',
      WORKSPACE: 'environment',
      PREFECT_API_URL: 'http://secret/api',
    });
    expect(warnings).toEqual([
      {
        slug: 'value-ignored',
        message:
          'PREFECT_API_KEY, WORKSPACE: set in the environment and in the secret; the environment wins.',
        expected: 'each variable in one of them',
        do: 'take PREFECT_API_KEY, WORKSPACE out of the environment, so that a rotated secret takes effect',
      },
    ]);
  });

  it('wins with a file for the value, and with a lower-case name', async () => {
    keep({ PREFECT_API_KEY: 'secret', HTTPS_PROXY: 'http://secret' });
    const given = { SECRET_ARN: all, PREFECT_API_KEY_FILE: '/run/key', https_proxy: 'http://environment' };
    const { environment, warnings } = await resolve(given);
    expect(environment).toEqual(given);
    expect(warnings).toMatchObject([{ message: expect.stringMatching(/^PREFECT_API_KEY, HTTPS_PROXY: /) }]);
  });

  it('has its defaults last', async () => {
    keep({ WORKSPACE: 'secret' });
    expect((await resolve({}, { WORKSPACE: 'default' })).environment.WORKSPACE).toBe('default');
    expect((await resolve({ SECRET_ARN: all }, { WORKSPACE: 'default' })).environment.WORKSPACE).toBe(
      'secret',
    );
    const both = await resolve({ WORKSPACE: 'environment' }, { WORKSPACE: 'default' });
    expect(both.environment.WORKSPACE).toBe('environment');
    expect(both.warnings).toEqual([]);
  });

  it('has the text under an ARN that stands for a secret value, in the environment and in the secret', async () => {
    keep({ REMOTE_WRITE_PASSWORD: password });
    kept.set(key, 'pnu_1').set(password, 'glc_2\n');
    const { environment } = await resolve({ SECRET_ARN: all, PREFECT_API_KEY: ` ${key}` });
    expect(environment).toMatchObject({ PREFECT_API_KEY: 'pnu_1', REMOTE_WRITE_PASSWORD: 'glc_2\n' });
    expect(reads.sort()).toEqual([all, key, password].sort());
  });

  it('reads what it needs at the same time', async () => {
    keep({});
    kept.set(key, 'pnu_1').set(password, 'glc_2');
    const resolving = resolve({ SECRET_ARN: all, PREFECT_API_KEY: key, REMOTE_WRITE_PASSWORD: password });
    expect(reads).toHaveLength(3);
    await resolving;
    expect(reads).toHaveLength(3);
  });

  it('reads each once when it is to be read anew', async () => {
    keep({ REMOTE_WRITE_HEADERS: password });
    kept.set(key, 'pnu_1').set(password, 'glc_2');
    const given = { SECRET_ARN: all, PREFECT_API_KEY: key, REMOTE_WRITE_PASSWORD: password };
    await resolve(given, {}, true);
    expect(reads.sort()).toEqual([all, key, password].sort());
  });

  it('leaves an ARN alone where the variable is no secret', async () => {
    const { environment } = await resolve({ WORKSPACE: key });
    expect(environment).toEqual({ WORKSPACE: key });
  });

  it('takes headers that are an object under an ARN of their own', async () => {
    kept.set(key, '{"X-Team":"data"}');
    const { environment, problems } = await resolve({ REMOTE_WRITE_HEADERS: key });
    expect([environment.REMOTE_WRITE_HEADERS, problems]).toEqual(['{"X-Team":"data"}', []]);
  });
});

describe('a secret with other content', () => {
  const hidden = 'hunter2hunter2';

  it.each<[string, string]>([
    ['text', hidden],
    ['JSON that is cut short', `{"PREFECT_API_KEY":"${hidden}"`],
    ['a list', `["${hidden}"]`],
    ['a string', `"${hidden}"`],
    ['nothing', ''],
  ])('%s is told without it', async (_, content) => {
    kept.set(all, content);
    const problems = await problemsOf(resolve({ SECRET_ARN: all }), SecretsError);
    expect(problems).toMatchObject([
      {
        slug: 'secret-content',
        message: `SECRET_ARN: The secret ${all} is not a JSON object.`,
        found: `${content.length} characters of something else`,
      },
    ]);
    expect(JSON.stringify(problems)).not.toContain(hidden);
  });

  it('that nobody has filled is a warning: perhaps nothing needs it', async () => {
    keep({});
    const { problems, warnings } = await resolve({ SECRET_ARN: all });
    expect(problems).toEqual([]);
    expect(warnings).toMatchObject([
      {
        slug: 'secret-content',
        message: `The secret ${all} is an empty object: nobody has filled it yet.`,
        do: expect.stringContaining(`put-secret-value --region us-east-1 --secret-id ${all} `),
      },
    ]);
  });

  it.each<[string, unknown, string]>([
    ['null', null, 'null'],
    ['a list', [hidden], 'a list'],
    ['an object', { hidden }, 'an object'],
    ['a fraction', 1.5, 'a number that is not whole, or too large'],
    ['a number that JSON rounds', 2 ** 60, 'a number that is not whole, or too large'],
  ])('%s as a value is told without it', async (_, value, found) => {
    keep({ PREFECT_API_KEY: value });
    const { problems } = await resolve({ SECRET_ARN: all });
    expect(problems).toMatchObject([
      {
        slug: 'secret-content',
        message: `The secret ${all} has a value that is not a text, of "PREFECT_API_KEY".`,
        found,
      },
    ]);
    expect(JSON.stringify(problems)).not.toContain(hidden);
  });

  it.each<[string, string]>([
    ['PREFECT_APIKEY', '"PREFECT_APIKEY": did you mean PREFECT_API_KEY?'],
    ['prefect_api_key', '"prefect_api_key": did you mean PREFECT_API_KEY?'],
    ['api_key', '"api_key": did you mean PREFECT_API_KEY?'],
    ['REMOTE_WRITE_USER', '"REMOTE_WRITE_USER": did you mean REMOTE_WRITE_USERNAME?'],
    ['password', '"password": there is no such variable.'],
    ['DATADOG_API_KEY', '"DATADOG_API_KEY": there is no such variable.'],
    ['SECRET_ARN', '"SECRET_ARN", which has to be a variable of the environment.'],
    ['WORKSPACES', '"WORKSPACES", which has to be a variable of the environment.'],
    ['prefectApiKey1', 'a key of 14 characters: there is no such variable.'],
    ['pnu_0123456789abcdef', 'a key of 20 characters: there is no such variable.'],
    ['p4ss word!', 'a key of 10 characters: there is no such variable.'],
  ])('the key %s is told', async (name, said) => {
    keep({ [name]: hidden });
    const { problems, environment } = await resolve({ SECRET_ARN: all });
    expect(problems).toMatchObject([
      { slug: 'secret-unknown-key', message: `The secret ${all} has ${said}` },
    ]);
    expect(environment).toEqual({ SECRET_ARN: all });
    expect(JSON.stringify(problems)).not.toContain(hidden);
  });

  it('an object, or nothing, where one value belongs', async () => {
    kept.set(key, `{"PREFECT_API_KEY":"${hidden}"}`).set(password, '\n');
    const { problems } = await resolve({ PREFECT_API_KEY: key, REMOTE_WRITE_PASSWORD: password });
    expect(problems.map(({ slug, message }: Problem) => `${slug} ${message}`)).toEqual([
      `secret-content PREFECT_API_KEY: ${key} is a JSON object and not the value alone.`,
      `secret-content REMOTE_WRITE_PASSWORD: ${password} is empty.`,
    ]);
    expect(JSON.stringify(problems)).not.toContain(hidden);
  });
});

describe('what cannot be read', () => {
  it('is all in one error, with the names of the variables', async () => {
    const environment = { PREFECT_API_KEY: key, REMOTE_WRITE_PASSWORD: password };
    const problems = await problemsOf(resolve(environment), SecretsError);
    expect(problems.map(({ message }) => message)).toEqual([
      `PREFECT_API_KEY: There is no secret ${key}.`,
      `REMOTE_WRITE_PASSWORD: There is no secret ${password}.`,
    ]);
  });

  it('is the JSON secret before all others', async () => {
    const problems = await problemsOf(resolve({ SECRET_ARN: all, PREFECT_API_KEY: key }), SecretsError);
    expect(problems).toMatchObject([{ message: `SECRET_ARN: There is no secret ${all}.` }]);
  });

  it.each<[string, string, object]>([
    [
      'a name',
      'prefect/prod',
      {
        message: 'SECRET_ARN is not the ARN of a secret or of a parameter.',
        found: '12 characters that are no ARN',
      },
    ],
    ['another service', 'arn:aws:s3:::bucket/key', { found: 'arn:aws:s3:::bucket/key' }],
    [
      'a key of the secret, as ECS takes it',
      `${all}:PREFECT_API_KEY::`,
      {
        message:
          'SECRET_ARN goes on after the name of the secret: keys and versions of a secret cannot be chosen there.',
        expected: `the ARN alone, ${all}`,
      },
    ],
  ])('%s is no ARN', async (_, value, problem) => {
    expect(await problemsOf(resolve({ SECRET_ARN: value }), ConfigError)).toMatchObject([
      { slug: 'secret-arn', ...problem },
    ]);
    expect(reads).toEqual([]);
  });

  it('several values that are no ARNs are told together', async () => {
    const environment = { PREFECT_API_KEY: 'arn:aws:s3:::a', REMOTE_WRITE_PASSWORD: 'arn:aws:sqs:b' };
    const problems = await problemsOf(resolve(environment), ConfigError);
    expect(problems.map(({ message }) => message.split(' ')[0])).toEqual([
      'PREFECT_API_KEY',
      'REMOTE_WRITE_PASSWORD',
    ]);
  });
});

it('is read in half of the time that is left, all secrets together', async () => {
  const fake = createFakeClock();
  const leftMs: number[] = [];
  const secrets = createCachedSecrets({
    clock: fake,
    warn: () => undefined,
    read: async ({ arn }, deadline) => {
      leftMs.push(remainingMs(deadline, fake));
      await fake.sleep(4_000);
      return arn === all ? JSON.stringify({ REMOTE_WRITE_PASSWORD: password }) : 'value';
    },
  });
  const environment = { SECRET_ARN: all, PREFECT_API_KEY: key };
  const resolving = createSecretEnvironment({ environment, secrets }).resolve(deadlineIn(20_000, fake));
  await fake.advance(8_000);
  await resolving;
  expect(leftMs).toEqual([10_000, 10_000, 6_000]);
});
