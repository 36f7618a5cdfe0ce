import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Fault } from '../../doubles/faults.ts';
import { refusal, type SecretsDouble, startSecretsDouble } from '../../doubles/secrets/secrets.ts';
import { signatureMismatch } from '../../doubles/signature-mismatch.ts';
import { systemClock } from '../../lib/clock.ts';
import { parseSecretArn } from '../../lib/config/secret-arn.ts';
import { deadlineIn } from '../../lib/deadline.ts';
import { SecretError } from '../../lib/secrets/errors.ts';
import { createSecretReader, type ReadSecret } from '../../lib/secrets/read-secret.ts';
import { wholeOf } from '../http/fixtures.ts';
import { createFakeClock } from '../support/clock.ts';
import { parameterArn, readerOf, secretArn } from './double-place.ts';

const arn = secretArn('prefect/prod');
const parameter = parameterArn('/prefect/key');

let double: SecretsDouble;
let read: ReadSecret;

/** The clock of the machine, with waits between two tries that take no time. */
const clock = { ...systemClock, sleep: () => Promise.resolve() };

beforeEach(async () => {
  double = await startSecretsDouble();
  double.secrets.set(arn, { text: 'the value' });
  double.parameters.set(parameter, 'the other value');
  read = readerOf(double, clock);
  return double.stop;
});

const parsed = (text: string) => {
  const found = parseSecretArn(text);
  if (found === undefined) throw new Error(`${text} is no ARN`);
  return found;
};

const ask = (text = arn, reader = read) => reader(parsed(text), deadlineIn(20_000, clock));

async function errorOf(reading: Promise<unknown>): Promise<SecretError> {
  const error = await reading.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof SecretError)) throw new Error(`no SecretError but ${error}`);
  return error;
}

const fault = (code: string, message: string, status = 400): Fault => {
  const { body, headers = {} } = refusal(code, message, status);
  return { kind: 'status', status, body, headers };
};

const role = 'User: arn:aws:sts::123456789012:assumed-role/push/push is not authorized to perform';
const key = 'arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab';

describe('a refusal', () => {
  it.each<[string, string, string, string, object]>([
    [
      'of the secret',
      arn,
      'AccessDeniedException',
      `${role}: secretsmanager:GetSecretValue on resource: ${arn} because no identity-based policy allows it`,
      {
        slug: 'secret-denied',
        message: `AWS does not allow secretsmanager:GetSecretValue on ${arn}.`,
        do: expect.stringContaining('allow secretsmanager:GetSecretValue on exactly this ARN'),
      },
    ],
    [
      'of the parameter',
      parameter,
      'AccessDeniedException',
      `${role}: ssm:GetParameter on resource: ${parameter}`,
      { slug: 'secret-denied', message: `AWS does not allow ssm:GetParameter on ${parameter}.` },
    ],
    [
      'of the key, as Secrets Manager says it',
      arn,
      'AccessDeniedException',
      'Access to KMS is not allowed',
      {
        slug: 'secret-key-refused',
        message: expect.stringContaining('kms:Decrypt on the KMS key of the secret is refused'),
        do: expect.stringContaining('kms:ViaService secretsmanager.us-east-1.amazonaws.com'),
      },
    ],
    [
      'of a key that it names',
      parameter,
      'AccessDeniedException',
      `${role}: kms:Decrypt on resource: ${key} because no identity-based policy allows it`,
      { slug: 'secret-key-refused', message: expect.stringContaining(`kms:Decrypt on ${key} is refused`) },
    ],
    [
      'of a key that is gone',
      arn,
      'DecryptionFailure',
      "Secrets Manager can't decrypt the protected secret text using the provided KMS key.",
      { slug: 'secret-key-refused' },
    ],
    ['of expired credentials', arn, 'ExpiredTokenException', 'expired', { slug: 'secret-credentials' }],
    [
      'of unknown credentials',
      arn,
      'UnrecognizedClientException',
      'The security token is invalid.',
      { slug: 'secret-credentials' },
    ],
    ['of something else', arn, 'InvalidParameterException', 'no', { slug: 'secret-failed' }],
  ])('%s is told, and not asked again', async (_, of, code, message, problem) => {
    double.faults.when(() => fault(code, message));
    const error = await errorOf(ask(of));
    expect(error.problem).toMatchObject({ found: `${code}: ${message}`, ...problem });
    expect(error.isPassing).toBe(false);
    expect(double.requests).toHaveLength(1);
  });
});

describe('what may pass', () => {
  it.each<[string, Fault]>([
    ['throttling', fault('ThrottlingException', 'Rate exceeded')],
    ['a fault over there', fault('InternalServiceError', 'An error occurred on the server side.', 500)],
    ['a reset', { kind: 'reset-before-answer' }],
  ])('is asked for again: %s', async (_, one) => {
    double.faults.next(2, one);
    expect(await ask()).toBe('the value');
    expect(double.requests).toHaveLength(3);
  });

  it('is asked for three times at most', async () => {
    double.faults.when(() => fault('InternalServiceError', 'broken', 500));
    const error = await errorOf(ask());
    expect(error.problem).toMatchObject({
      slug: 'secret-failed',
      message: `Secrets Manager answers 500 when asked for ${arn}.`,
    });
    expect(error.isPassing).toBe(true);
    expect(double.requests).toHaveLength(3);
  });
});

it('what may pass is asked for once where there is an old value', async () => {
  double.faults.next(1, fault('InternalServiceError', 'broken', 500));
  await errorOf(read(parsed(arn), deadlineIn(20_000, clock), 'little'));
  expect(double.requests).toHaveLength(1);
});

describe('no answer', () => {
  it('where nothing listens names the host', async () => {
    await double.stop();
    const error = await errorOf(ask());
    expect(error.problem).toMatchObject({
      slug: 'secret-unreachable',
      message: `No answer from ${double.url.host}, asked for ${arn}.`,
      found: expect.stringContaining('ECONNREFUSED'),
    });
  });

  it('within the time of a request is tried again, and ends in time', async () => {
    const fake = createFakeClock();
    double.faults.when(() => ({ kind: 'hang' }));
    const startMs = fake.now();
    const reading = errorOf(readerOf(double, fake)(parsed(arn), deadlineIn(50_000, fake)));
    for (let count = 1; count <= 3; count += 1) {
      await double.received(count);
      await fake.advance(3_000 + 1_000);
    }
    expect((await reading).problem).toMatchObject({
      slug: 'secret-unreachable',
      message: `No answer from ${double.url.host}, asked for ${arn}.`,
      found: expect.stringMatching(/^no answer within \d+ ms$/),
      do: expect.stringContaining('com.amazonaws.us-east-1.secretsmanager'),
    });
    expect(fake.now() - startMs).toBeLessThanOrEqual(12_000);
  });

  it('takes at most what is left of the time', async () => {
    const fake = createFakeClock();
    double.faults.when(() => ({ kind: 'hang' }));
    const reading = errorOf(readerOf(double, fake)(parsed(arn), deadlineIn(1_000, fake)));
    await double.received(1);
    await fake.advance(1_000);
    expect((await reading).problem.found).toBe('no answer within 1000 ms');
    expect(double.requests).toHaveLength(1);
  });

  it('is waited for two seconds where there is an old value, and not tried again', async () => {
    const fake = createFakeClock();
    double.faults.when(() => ({ kind: 'hang' }));
    const reading = errorOf(readerOf(double, fake)(parsed(arn), deadlineIn(50_000, fake), 'little'));
    await double.received(1);
    await fake.advance(2_000);
    expect((await reading).problem.found).toBe('no answer within 2000 ms');
    expect(double.requests).toHaveLength(1);
  });

  it('is not even asked for when no time is left', async () => {
    const { problem } = await errorOf(read(parsed(arn), deadlineIn(0, clock)));
    expect(problem).toMatchObject({
      slug: 'secret-unreachable',
      message: `${arn} was not asked for.`,
      found: 'no time was left for it',
    });
    expect(double.connections()).toBe(0);
  });

  it('of a name that does not exist names it', async () => {
    const reader = createSecretReader({
      clock,
      endpoint: new URL('http://secretsmanager.invalid'),
      credentials: { accessKeyId: 'AKIDTEST', secretAccessKey: 'test-secret' },
    });
    const { problem } = await errorOf(ask(arn, reader));
    expect(problem).toMatchObject({ slug: 'secret-unreachable' });
    expect(problem.message).toContain('secretsmanager.invalid');
  });
});

it('signs for the region of the ARN', async () => {
  const other = arn.replace('us-east-1', 'eu-central-1');
  double.secrets.set(other, { text: 'elsewhere' });
  expect(await ask(other)).toBe('elsewhere');
  expect(double.requests[0]?.headers.authorization).toContain('/eu-central-1/secretsmanager/aws4_request');
  expect(await ask(parameter)).toBe('the other value');
  expect(double.requests[1]?.headers.authorization).toContain('/us-east-1/ssm/aws4_request');
});

it.each([
  ['answered', undefined],
  ['refused', fault('AccessDeniedException', 'no')],
])('keeps no connection once it is %s', async (_, one) => {
  let open = 0;
  double.faults.when(() => {
    open = double.openConnections();
    return one;
  });
  await ask().catch(() => undefined);
  expect(open).toBe(1);
  await vi.waitFor(() => expect(double.openConnections()).toBe(0));
});

describe('a request that was signed with a wrong key', () => {
  const sessionToken = `IQoJb3JpZ2luX2Vj${'A/b+c0'.repeat(40)}==`;

  it('is not shown, though AWS repeats it', async () => {
    double.faults.when((request) => fault('InvalidSignatureException', signatureMismatch(request)));
    const credentials = { accessKeyId: 'ASIATEST', secretAccessKey: 'wrong', sessionToken };
    const error = await errorOf(ask(arn, createSecretReader({ clock, endpoint: double.url, credentials })));
    expect(double.requests[0]?.headers['x-amz-security-token']).toBe(sessionToken);
    expect(error.problem).toMatchObject({
      slug: 'secret-credentials',
      found: expect.stringMatching(/^InvalidSignatureException: The request signature .* for details\.$/),
    });
    expect(error.cause).toMatchObject({ name: 'InvalidSignatureException' });
    expect(wholeOf(error)).not.toMatch(/IQoJb3JpZ2luX2Vj|Canonical String|String-to-Sign|x-amz-date/);
  });
});
