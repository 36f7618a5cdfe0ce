// Where credentials come from, by the SDK, against a double of STS.
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { json, type LocalServer } from '../../doubles/server.ts';
import { signatureMismatch } from '../../doubles/signature-mismatch.ts';
import { startStsDouble, stsRefusal } from '../../doubles/sts/sts.ts';
import { systemClock } from '../../lib/clock.ts';
import { credentialLoader, preloadRoles } from '../../lib/http/aws-signer.ts';
import { CredentialsError } from '../../lib/http/errors.ts';
import { createSigning } from '../../lib/http/sigv4.ts';
import { failureOf, get, listen, serve, wholeOf } from './fixtures.ts';

const source = { roleArn: 'arn:aws:iam::123456789012:role/prefect-metrics', stsRegion: 'eu-west-1' };
const soon = { connectMs: 1_000, answerMs: 400 };
const token = `IQoJb3JpZ2luX2Vj${'A/b+c0'.repeat(40)}==`;

let sts: LocalServer;

beforeEach(async () => {
  sts = await startStsDouble(systemClock);
  onTestFinished(() => sts.stop());
  vi.stubEnv('AWS_ENDPOINT_URL_STS', sts.url.origin);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'ASIABASE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'base-secret');
  vi.stubEnv('AWS_SESSION_TOKEN', token);
});
afterEach(() => vi.unstubAllEnvs());

describe('a role', () => {
  it('is asked for anew with each call', async () => {
    const load = credentialLoader(source);
    expect(await load()).toMatchObject({ accessKeyId: 'ASIA1', sessionToken: 'token of ASIA1' });
    expect(await load()).toMatchObject({ accessKeyId: 'ASIA2' });
  });

  it.each(['hang', 'hang-mid-body'] as const)('is not waited for for ever: %s', async (kind) => {
    const written = vi.spyOn(console, 'warn');
    const load = credentialLoader(source, soon);
    sts.faults.next(2, { kind });
    await failureOf(load());
    expect(sts.requests).toHaveLength(2);
    expect(await load()).toMatchObject({ accessKeyId: expect.stringMatching(/^ASIA\d$/) });
    expect(written).not.toHaveBeenCalled();
  });

  it('is not waited for for ever where somebody keeps the connection busy', async () => {
    const port = await listen((socket) => {
      const timer = setInterval(() => socket.write('HTTP/1.1 102 Processing\r\n\r\n'), 20);
      socket.on('close', () => clearInterval(timer));
    });
    vi.stubEnv('AWS_ENDPOINT_URL_STS', `http://127.0.0.1:${port}`);
    expect(await failureOf(credentialLoader(source, soon)())).toMatchObject({ name: 'TimeoutError' });
  });

  it('that is refused shows nothing of the request, which AWS repeats', async () => {
    sts.faults.when((request) => ({
      kind: 'status',
      ...stsRefusal('SignatureDoesNotMatch', signatureMismatch(request)),
    }));
    const send = createSigning(systemClock)(() => Promise.reject(new Error('it was sent')), {
      ...source,
      region: 'eu-west-1',
      service: 'aps',
    });
    const error = await failureOf(
      send(get(new URL('http://127.0.0.1/')), { atMs: systemClock.now() + 20_000 }),
    );
    expect(error).toBeInstanceOf(CredentialsError);
    expect(error.message).toMatch(/not sent, no AWS credentials: The request signature .* for details\.$/);
    expect(sts.requests[0]?.headers['x-amz-security-token']).toBe(token);
    expect(wholeOf(error)).not.toMatch(/Canonical String|String-to-Sign|IQoJb3JpZ2luX2Vj/);
  });

  it('is loaded before it is needed, and nobody is asked', async () => {
    await preloadRoles();
    expect(sts.requests).toHaveLength(0);
  });
});

it('a profile beside keys is no reason to write to the console', async () => {
  const written = vi.spyOn(console, 'warn');
  vi.stubEnv('AWS_PROFILE', 'none-of-this-name');
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  await failureOf(credentialLoader(source)());
  expect(written).not.toHaveBeenCalled();
});

it('credentials of a container are asked for beside a call that has not ended', async () => {
  const container = await serve(() =>
    json({
      AccessKeyId: 'ASIA1',
      SecretAccessKey: 'secret',
      Token: 'token',
      Expiration: '2100-01-01T00:00:00Z',
    }),
  );
  container.faults.next(1, { kind: 'hang' });
  vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
  vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', container.url.href);
  const load = credentialLoader({ ...source, roleArn: undefined });
  const hung = load().catch(() => undefined);
  await container.received(1);
  expect(await load()).toMatchObject({ accessKeyId: 'ASIA1' });
  container.dropConnections();
  await hung;
});
