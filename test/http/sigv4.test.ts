// Signed requests as they arrive: recorded on a server of this machine and verified there.
import { Hash } from '@smithy/core/serde';
import { SignatureV4 } from '@smithy/signature-v4';
import { describe, expect, it } from 'vitest';
import { refuseSignature, type SignatureRules } from '../../doubles/amazon-prometheus/signature.ts';
import { json, type ReceivedRequest } from '../../doubles/server.ts';
import { deadlineIn } from '../../lib/deadline.ts';
import { type AwsCredentials, createCredentialCache } from '../../lib/http/aws-credentials.ts';
import { requestSigner } from '../../lib/http/aws-signer.ts';
import { CredentialsError, HttpStatusError } from '../../lib/http/errors.ts';
import { retrying } from '../../lib/http/retrying.ts';
import type { HttpRequest } from '../../lib/http/send.ts';
import { withSigV4 } from '../../lib/http/sigv4.ts';
import { remoteWriteRequest } from '../../lib/sinks/remote-write-request.ts';
import { createFakeClock } from '../support/clock.ts';
import { connect, failureOf, get, serve, wholeOf } from './fixtures.ts';

const credentials: AwsCredentials = {
  accessKeyId: 'ASIAEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  sessionToken: 'IQoJb3JpZ2luX2VjEXAMPLE/+==',
};
const scope = { region: 'eu-west-1', service: 'aps' };
const rules: SignatureRules = { ...scope, credentials: [credentials] };
const sign = requestSigner(scope);
const body = Buffer.from([0, 255, 1, 254, 10, 13]);
const path = '/workspaces/ws-1/api/v1/remote_write';

const write = (base: URL, headers: Record<string, string> = {}): HttpRequest =>
  remoteWriteRequest({ url: new URL(path, base), headers }, body);

/** A server, and requests to it that are signed with these credentials one after another. */
async function signing(...loads: (AwsCredentials | Error)[]) {
  const server = await serve();
  const clock = createFakeClock();
  const { send, deadline } = connect({}, {}, clock);
  const asked: number[] = [];
  const load = async (): Promise<AwsCredentials> => {
    asked.push(clock.now());
    const next = loads.length > 1 ? loads.shift() : (loads[0] ?? credentials);
    if (next instanceof Error) throw next;
    return next ?? credentials;
  };
  const cache = createCredentialCache({ load, clock });
  const signed = withSigV4(send, { credentials: cache, sign, clock });
  const refuse = (request: ReceivedRequest | undefined, other = rules) =>
    request === undefined ? 'nothing arrived' : refuseSignature(request, other, clock.now());
  return { server, clock, deadline, signed, asked, refuse };
}

const signatureOf = (request: ReceivedRequest | undefined): string => request?.headers.authorization ?? '';

/** What the SDK's own signer says to a request that arrived, with the headers that it says are signed. */
async function signedBySdk(request: ReceivedRequest, signingDate: Date): Promise<string | undefined> {
  const names = /SignedHeaders=([^,]+)/.exec(signatureOf(request))?.[1]?.split(';') ?? [];
  const [pathname = '', query = ''] = request.path.split('?');
  const { accessKeyId, secretAccessKey, sessionToken = '' } = credentials;
  const signer = new SignatureV4({
    ...scope,
    credentials: { accessKeyId, secretAccessKey, sessionToken },
    sha256: Hash.bind(null, 'sha256'),
  });
  const input = {
    method: request.method,
    protocol: 'http:',
    hostname: '127.0.0.1',
    path: pathname,
    query: Object.fromEntries(new URLSearchParams(query)),
    headers: Object.fromEntries(names.map((name) => [name, request.headers[name] ?? ''])),
    body: request.body,
  };
  return (await signer.sign(input, { signingDate })).headers.authorization;
}

describe('a signed write', () => {
  it("carries the signature of the SDK's own signer over what arrived, and is genuine", async () => {
    const { server, clock, deadline, signed, refuse } = await signing();
    await signed(write(server.url, { 'x-team': 'data  x', 'retry-attempt': '1' }), deadline);
    const [arrived] = server.requests;
    if (arrived === undefined) throw new Error('nothing arrived');
    expect(arrived.body.equals(body)).toBe(true);
    expect(arrived.headers).toMatchObject({
      'x-amz-date': '20261120T100000Z',
      'x-amz-security-token': credentials.sessionToken,
      'content-encoding': 'snappy',
      'x-team': 'data  x',
    });
    expect(signatureOf(arrived)).toBe(await signedBySdk(arrived, new Date(clock.now())));
    expect(signatureOf(arrived)).toMatch(
      /^AWS4-HMAC-SHA256 Credential=ASIAEXAMPLE\/20261120\/eu-west-1\/aps\/aws4_request, SignedHeaders=content-encoding;content-type;host;x-amz-content-sha256;x-amz-date;x-amz-security-token;x-prometheus-remote-write-version, Signature=[0-9a-f]{64}$/,
    );
    expect(refuse(arrived)).toBeUndefined();
  });

  it('goes without a token where there is none, whatever the headers of the configuration say', async () => {
    const { accessKeyId, secretAccessKey } = credentials;
    const lasting = { accessKeyId, secretAccessKey };
    const { server, deadline, signed, refuse } = await signing(lasting);
    await signed(
      write(server.url, { authorization: 'Bearer x', 'x-amz-date': '20200101T000000Z' }),
      deadline,
    );
    expect(server.requests[0]?.headers).not.toHaveProperty('x-amz-security-token');
    expect(refuse(server.requests[0], { ...rules, credentials: [lasting] })).toBeUndefined();
  });

  it.each([
    '/',
    '/a%20b/c+d/%C3%A4',
    '/api/v1/status/buildinfo?b=2&a=1&a=0&empty=&sp=x%20y',
    "/it's/(*)/~tilde_-.!",
  ])('is genuine for the path %s, also without a body', async (target) => {
    const { server, deadline, signed, refuse } = await signing();
    await signed(get(new URL(target, server.url)), deadline);
    expect(refuse(server.requests[0])).toBeUndefined();
  });

  it.each<[string, (request: ReceivedRequest) => ReceivedRequest, string]>([
    ['another body', (one) => ({ ...one, body: Buffer.from([...one.body, 0]) }), 'does not match'],
    ['another path', (one) => ({ ...one, path: one.path.replace('ws-1', 'ws-2') }), 'does not match'],
    ['another query', (one) => ({ ...one, path: `${one.path}?a=1` }), 'does not match'],
    ['another method', (one) => ({ ...one, method: 'PUT' }), 'does not match'],
    ...['content-encoding', 'content-type', 'host', 'x-prometheus-remote-write-version'].map(
      (name): [string, (request: ReceivedRequest) => ReceivedRequest, string] => [
        `another ${name}`,
        (one) => ({ ...one, headers: { ...one.headers, [name]: 'other' } }),
        'does not match',
      ],
    ),
    [
      'another token',
      (one) => ({ ...one, headers: { ...one.headers, 'x-amz-security-token': 'other' } }),
      'token included in the request is invalid',
    ],
    [
      'a header of Amazon that nobody signed',
      (one) => ({ ...one, headers: { ...one.headers, 'x-amz-meta': '1' } }),
      'must be in SignedHeaders',
    ],
    [
      'another date',
      (one) => ({ ...one, headers: { ...one.headers, 'x-amz-date': '20261120T100001Z' } }),
      'does not match',
    ],
    [
      'no signature',
      ({ headers: { authorization: _, ...headers }, ...one }) => ({ ...one, headers }),
      'Missing Authentication Token',
    ],
  ])('is refused with %s', async (_, tampered, says) => {
    const { server, deadline, signed, refuse } = await signing();
    await signed(write(server.url), deadline);
    const [arrived] = server.requests;
    expect(refuse(arrived)).toBeUndefined();
    expect(refuse(arrived && tampered(arrived))).toMatchObject({ message: expect.stringContaining(says) });
  });

  it.each<[string, Partial<SignatureRules>, number, string]>([
    [
      'with another secret',
      { credentials: [{ ...credentials, secretAccessKey: 'other' }] },
      0,
      'does not match',
    ],
    ['for another region', { region: 'us-east-1' }, 0, 'valid region'],
    ['for another service', { service: 'execute-api' }, 0, "service: 'execute-api'"],
    ['six minutes later', {}, 360_000, 'Signature expired: 20261120T100000Z is now earlier'],
    ['six minutes before its time', {}, -360_000, 'Signature not yet current'],
  ])('is refused %s', async (_, other, laterMs, says) => {
    const { server, clock, deadline, signed } = await signing();
    await signed(write(server.url), deadline);
    const [arrived] = server.requests;
    if (arrived === undefined) throw new Error('nothing arrived');
    expect(refuseSignature(arrived, { ...rules, ...other }, clock.now() + laterMs)).toMatchObject({
      message: expect.stringContaining(says),
    });
  });

  it('is signed anew when it is sent again, for another date', async () => {
    const { server, clock, deadline, signed, refuse } = await signing();
    server.faults.next(1, { kind: 'status', status: 503 });
    const auto = { ...clock, sleep: (ms: number) => clock.advance(ms) };
    const backoff = { firstMs: 7_000, maxMs: 7_000 };
    const again = retrying(signed, {
      clock: { ...auto, random: () => 0.99 },
      maxRetries: 1,
      retryAttemptHeader: true,
      backoff,
    });
    await again(write(server.url), deadline);
    const [first, second] = server.requests;
    expect([first, second].map((one) => one?.headers['x-amz-date'])).toEqual([
      '20261120T100000Z',
      '20261120T100006Z',
    ]);
    expect(signatureOf(first)).not.toBe(signatureOf(second));
    expect(second?.headers['retry-attempt']).toBe('1');
    expect(refuse(second)).toBeUndefined();
  });
});

/** Examples of AWS' own test suite, which know nothing of us. */
describe('the verification', () => {
  const example = {
    region: 'us-east-1',
    service: 'service',
    credentials: [
      { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' },
    ],
  };
  const nowMs = Date.UTC(2015, 7, 30, 12, 36, 0);

  it.each([
    ['GET', '/', '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
    ['POST', '/', '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b'],
    [
      'GET',
      '/?Param2=value2&Param1=value1',
      'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
    ],
  ])('takes the example %s %s of AWS and no other signature', (method, target, signature) => {
    const request = (signed: string): ReceivedRequest => ({
      method,
      path: target,
      headers: {
        host: 'example.amazonaws.com',
        'x-amz-date': '20150830T123600Z',
        authorization: `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=${signed}`,
      },
      body: Buffer.alloc(0),
    });
    expect(refuseSignature(request(signature), example, nowMs)).toBeUndefined();
    const other = signature.replace(/^./, (digit) => (digit === '0' ? '1' : '0'));
    expect(refuseSignature(request(other), example, nowMs)).toMatchObject({
      type: 'InvalidSignatureException',
    });
  });
});

describe('credentials that are called expired', () => {
  const expired = {
    kind: 'status',
    status: 403,
    body: '{"message":"The security token included in the request is expired"}',
  } as const;
  const others = { ...credentials, accessKeyId: 'ASIAOTHER', sessionToken: 'other' };

  it('are fetched again, and the request is sent once more', async () => {
    const { server, deadline, signed, asked, refuse } = await signing(credentials, others);
    server.faults.next(1, expired);
    expect((await signed(write(server.url), deadline)).status).toBe(200);
    expect(asked).toHaveLength(2);
    expect(server.requests.map((one) => /Credential=(\w+)/.exec(signatureOf(one))?.[1])).toEqual([
      'ASIAEXAMPLE',
      'ASIAOTHER',
    ]);
    expect(refuse(server.requests[1], { ...rules, credentials: [others] })).toBeUndefined();
    await signed(write(server.url), deadline);
    expect(asked).toHaveLength(2);
  });

  it('are fetched once for several requests', async () => {
    const { server, deadline, signed, asked } = await signing(credentials, others);
    server.faults.next(3, expired);
    await Promise.all([1, 2, 3].map(() => signed(write(server.url), deadline)));
    expect(asked).toHaveLength(2);
  });

  it('end the request where there are no others, or those are refused too', async () => {
    const same = await signing(credentials);
    same.server.faults.next(1, expired);
    const kept = await failureOf(same.signed(write(same.server.url), same.deadline));
    expect(kept).toBeInstanceOf(HttpStatusError);
    expect(same.server.requests).toHaveLength(1);

    const twice = await signing(credentials, others);
    twice.server.faults.next(2, expired);
    expect(await failureOf(twice.signed(write(twice.server.url), twice.deadline))).toBeInstanceOf(
      HttpStatusError,
    );
    expect(twice.server.requests).toHaveLength(2);
  });

  it('are not suspected when the answer says something else', async () => {
    const { server, deadline, signed, asked } = await signing(credentials, others);
    for (const body of ['{"message":"User is not authorized to perform: aps:RemoteWrite"}', '']) {
      server.faults.next(1, { kind: 'status', status: 403, body });
      expect(await failureOf(signed(write(server.url), deadline))).toBeInstanceOf(HttpStatusError);
    }
    server.faults.next(1, { kind: 'status', status: 500, body: 'ExpiredToken' });
    await failureOf(signed(write(server.url), deadline));
    expect(asked).toHaveLength(1);
    expect(server.requests).toHaveLength(3);
  });
});

describe('without credentials', () => {
  it('nothing is sent, and the error says why', async () => {
    const why = 'Could not load credentials from any providers';
    // Errors of the SDK carry the whole exchange that failed.
    const exchange = { $response: { headers: { 'x-amz-security-token': credentials.sessionToken } } };
    const { server, deadline, signed } = await signing(Object.assign(new Error(why), exchange));
    const error = await failureOf(signed(write(server.url), deadline));
    expect(error).toBeInstanceOf(CredentialsError);
    expect(error.message).toBe(`POST ${server.url.origin}${path}: not sent, no AWS credentials: ${why}`);
    expect(error.cause).toMatchObject({ message: why });
    expect(wholeOf(error)).not.toContain(credentials.sessionToken);
    expect(server.requests).toHaveLength(0);
  });

  it('before the deadline nothing is sent', async () => {
    const server = await serve();
    const clock = createFakeClock();
    const { send } = connect({}, {}, clock);
    const deadline = deadlineIn(10_000, clock);
    const never = createCredentialCache({ load: () => new Promise(() => undefined), clock });
    const failure = failureOf(
      withSigV4(send, { credentials: never, sign, clock })(write(server.url), deadline),
    );
    await clock.advance(10_000);
    expect((await failure).message).toContain('none within 10000 ms, the time that was left');
    expect(server.requests).toHaveLength(0);
  });
});

it('no error shows the secret or the token, also where the answer quotes the request', async () => {
  const server = await serve(({ headers }) => json({ message: JSON.stringify(headers) }, 403));
  const clock = createFakeClock();
  const { send, deadline } = connect({}, {}, clock);
  const cache = createCredentialCache({ load: async () => credentials, clock });
  const shown = wholeOf(
    await failureOf(withSigV4(send, { credentials: cache, sign, clock })(write(server.url), deadline)),
  );
  expect(shown).toContain('20261120T100000Z');
  expect(shown).not.toContain(credentials.secretAccessKey);
  expect(shown).not.toContain(credentials.sessionToken);
  expect(shown).not.toMatch(/Signature=[0-9a-f]/);
});
