import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import {
  type AmazonPrometheus,
  startAmazonPrometheus,
} from '../doubles/amazon-prometheus/amazon-prometheus.ts';
import { type Certificates, createCertificates } from '../doubles/certificates.ts';
import type { Fault } from '../doubles/faults.ts';
import { type PrefectDouble, startPrefectDouble } from '../doubles/prefect/api.ts';
import { startProxy } from '../doubles/proxy.ts';
import { type Pushgateway, startPushgateway } from '../doubles/pushgateway/pushgateway.ts';
import { type Receiver, startReceiver } from '../doubles/receiver/receiver.ts';
import { mismatch, type S3Double, startS3Double } from '../doubles/s3/s3.ts';
import { refusal, type SecretsDouble, startSecretsDouble } from '../doubles/secrets/secrets.ts';
import type { LocalServer, ReceivedRequest } from '../doubles/server.ts';
import { signatureMismatch } from '../doubles/signature-mismatch.ts';
import { startStsDouble, stsRefusal } from '../doubles/sts/sts.ts';
import { fileFormOf } from '../lib/config/variable.ts';
import { variables } from '../lib/config/variables.ts';
import { createSecretReader } from '../lib/secrets/read-secret.ts';
import { startProgram } from './cli/program.ts';
import { parameterArn, secretArn } from './secrets/double-place.ts';
import { createFakeClock } from './support/clock.ts';
import { secretsIn, tracesOf } from './support/secrets.ts';
import { shownByEverything, type Use, whole } from './support/shown.ts';
import { type Environment, smallWorkspace } from './tick/scene.ts';

/** One secret for each place that can hold one; nothing else in this repository reads like them. */
const secrets: Record<string, string> = {
  PREFECT_API_KEY: 'pnu_Qv1zKeyOfPrefect',
  PREFECT_API_AUTH_STRING: 'admin:Qv2z/Word?Of+Prefect',
  REMOTE_WRITE_PASSWORD: 'glc_Qv3zPasswordOfReceiver',
  REMOTE_WRITE_BEARER_TOKEN: 'Qv4zTokenOfReceiver',
  REMOTE_WRITE_HEADERS: 'Qv5zHeaderOfReceiver',
  'REMOTE_WRITE_HEADERS, a name like any other': 'Qv6zOtherOfReceiver',
  PUSHGATEWAY_PASSWORD: 'Qv7zPasswordOfGateway',
  PUSHGATEWAY_BEARER_TOKEN: 'Qv8zTokenOfGateway',
  'the password of a proxy': 'Qv9zWordOfProxy',
  'the password in an address': 'QvAzWordInAddress',
  'the query of an address': 'QvBzQueryOfAddress',
  'the session token of AWS': `QvCzTokenOfSession${'/Kq+7w'.repeat(150)}==`,
};
const secret = (name: string): string => secrets[name] ?? '';

const headers = JSON.stringify({
  'X-Api-Key': secret('REMOTE_WRITE_HEADERS'),
  'X-Anything': secret('REMOTE_WRITE_HEADERS, a name like any other'),
});

/** Values of the secret variables. */
const variableValues: Environment = {
  ...Object.fromEntries(variables.filter((one) => one.secret).map(({ name }) => [name, secret(name)])),
  REMOTE_WRITE_HEADERS: headers,
};

const [jsonArn, keyArn, passwordArn, headersArn] = [
  secretArn('all'),
  secretArn('key'),
  parameterArn('password'),
  secretArn('headers'),
];
/** What AWS keeps. */
const json = JSON.stringify({
  PREFECT_API_KEY: secret('PREFECT_API_KEY'),
  REMOTE_WRITE_USERNAME: 12,
  REMOTE_WRITE_PASSWORD: passwordArn,
  REMOTE_WRITE_HEADERS: headers,
});
const kept: ReadonlyMap<string, string> = new Map([
  [jsonArn, json],
  [keyArn, secret('PREFECT_API_KEY')],
  [passwordArn, `${secret('REMOTE_WRITE_PASSWORD')}\n`],
  [headersArn, headers],
]);

let certificates: Certificates;
let prefect: PrefectDouble;
let receiver: Receiver;
let gateway: Pushgateway;
/** Everything that was shown, over all tests. */
const captured: string[] = [];

beforeAll(async () => {
  certificates = await createCertificates();
  secrets['the key of the client'] = certificates.client.key.split('\n')[1] ?? '';
  const clock = createFakeClock();
  prefect = await startPrefectDouble({ workspace: smallWorkspace(clock), clock, csrf: {} });
  receiver = await startReceiver({ clock });
  gateway = await startPushgateway({ clock });
});

afterAll(async () => {
  await Promise.all([prefect.stop(), receiver.stop(), gateway.stop()]);
});

function expectNoSecret(text: string): void {
  captured.push(text);
  expect(secretsIn(text, secrets)).toEqual([]);
}

const files = (): Environment => ({
  '/client.pem': certificates.client.cert,
  '/client.key': certificates.client.key,
  ...Object.fromEntries(
    Object.entries(variableValues).map(([name, value]) => [`/run/${name}`, `${value}\n`]),
  ),
});

const readFile = (path: string): string => {
  const text = files()[path];
  if (text === undefined)
    throw Object.assign(new Error(`ENOENT: no such file '${path}'`), { code: 'ENOENT' });
  return text;
};

/** All that can be done with a configuration. @param hung requests that hung so far */
const shownByAll = (env: Environment, hung?: () => number, inAws: Use['secrets'] = kept) =>
  shownByEverything({ env, readFile, hung, secrets: inAws });

/** What has arrived. */
const stored = () => whole([receiver.series(), gateway.groups(), receiver.violations]);

const plain = (): Environment => ({
  PREFECT_API_URL: prefect.apiUrl,
  REMOTE_WRITE_URL: receiver.writeUrl.href,
  WORKSPACE: 'test',
});

const withKey = (): Environment => ({ ...plain(), PREFECT_API_KEY: secret('PREFECT_API_KEY') });
const clientCertificate = { CLIENT_CERT_FILE: '/client.pem', CLIENT_KEY_FILE: '/client.key' };

const configurations: Readonly<Record<string, () => Environment>> = {
  'a key, user and password, headers, a client certificate': () => ({
    ...withKey(),
    REMOTE_WRITE_USERNAME: '12',
    REMOTE_WRITE_PASSWORD: secret('REMOTE_WRITE_PASSWORD'),
    REMOTE_WRITE_HEADERS: headers,
    ...clientCertificate,
  }),
  'Basic authentication and a bearer token': () => ({
    ...plain(),
    PREFECT_API_AUTH_STRING: secret('PREFECT_API_AUTH_STRING'),
    REMOTE_WRITE_BEARER_TOKEN: secret('REMOTE_WRITE_BEARER_TOKEN'),
  }),
  'files with secrets': () => ({
    ...plain(),
    PREFECT_API_KEY_FILE: '/run/PREFECT_API_KEY',
    REMOTE_WRITE_USERNAME: '12',
    REMOTE_WRITE_PASSWORD_FILE: '/run/REMOTE_WRITE_PASSWORD',
    REMOTE_WRITE_HEADERS_FILE: '/run/REMOTE_WRITE_HEADERS',
  }),
  'a JSON secret, with a parameter in it': () => ({ ...plain(), SECRET_ARN: jsonArn }),
  'ARNs in place of values': () => ({
    ...plain(),
    PREFECT_API_KEY: keyArn,
    REMOTE_WRITE_USERNAME: '12',
    REMOTE_WRITE_PASSWORD: passwordArn,
    REMOTE_WRITE_HEADERS: headersArn,
  }),
  'a Pushgateway with user and password': () => ({
    PREFECT_API_URL: prefect.apiUrl,
    PUSHGATEWAY_URL: gateway.url.href,
    PUSHGATEWAY_USERNAME: 'user',
    PUSHGATEWAY_PASSWORD: secret('PUSHGATEWAY_PASSWORD'),
  }),
  'a Pushgateway with a token from a file': () => ({
    PREFECT_API_URL: prefect.apiUrl,
    PUSHGATEWAY_URL: gateway.url.href,
    PUSHGATEWAY_BEARER_TOKEN_FILE: '/run/PUSHGATEWAY_BEARER_TOKEN',
  }),
  'a secret in the query of the address': () => ({
    ...withKey(),
    REMOTE_WRITE_URL: `${receiver.writeUrl.href}?token=${secret('the query of an address')}`,
  }),
};

/** An answer that repeats all that it was asked with, as debugging proxies do. */
const quote = ({ headers, path, method }: ReceivedRequest): Fault => ({
  kind: 'status',
  status: 401,
  body: JSON.stringify({ quoted: headers, method, path: path.split('?')[0] }),
});

const faults: Readonly<Record<string, (request: ReceivedRequest) => Fault | undefined>> = {
  'all is well': () => undefined,
  'every answer quotes the request': quote,
  '500': () => ({ kind: 'status', status: 500, body: 'broken' }),
  'a reset': () => ({ kind: 'reset-before-answer' }),
  'no answer': () => ({ kind: 'hang' }),
  'a redirect': () => ({ kind: 'redirect', location: `/login?next=${secret('the query of an address')}` }),
  'a web page': () => ({ kind: 'html' }),
};

describe.each(Object.entries(configurations))('with %s', (_, environment) => {
  const servers = (): readonly LocalServer[] => [prefect.server, receiver, gateway];

  test.each(Object.entries(faults))('nothing shows a secret when %s', async (__, choose) => {
    let hung = 0;
    for (const { faults: ofServer } of servers()) {
      ofServer.when((request) => {
        const fault = choose(request);
        if (fault?.kind === 'hang') hung += 1;
        return fault;
      });
    }
    onTestFinished(() => {
      for (const server of servers()) server.faults.clear();
    });
    const shown = await shownByAll(environment(), () => hung);
    expect(shown).toMatch(/"message":"tick/);
    expect(shown).toContain('"lastTick');
    expectNoSecret(shown);
    expectNoSecret(stored());
  });
});

test('the secrets are really sent', () => {
  const received = whole([prefect.server.requests, receiver.requests, gateway.requests]);
  const sent = [
    'PREFECT_API_KEY',
    'PREFECT_API_AUTH_STRING',
    'REMOTE_WRITE_PASSWORD',
    'REMOTE_WRITE_HEADERS',
  ];
  expect(secretsIn(received, secrets)).toEqual(
    expect.arrayContaining([
      ...sent,
      'REMOTE_WRITE_BEARER_TOKEN',
      'REMOTE_WRITE_HEADERS, a name like any other',
      'PUSHGATEWAY_PASSWORD',
      'PUSHGATEWAY_BEARER_TOKEN',
    ]),
  );
});

test('a proxy with a password, that lets through, that refuses, and that is away', async () => {
  const word = secret('the password of a proxy');
  const proxy = await startProxy({ userColonPassword: `user:${word}` });
  const other = await startProxy({ userColonPassword: 'someone:else' });
  const address = ({ host }: URL) => `http://user:${word}@${host}`;
  for (const { url } of [proxy, other]) {
    const way = { http_proxy: address(url), HTTPS_PROXY: address(url), MAX_RETRIES: '0' };
    expectNoSecret(await shownByAll({ ...withKey(), ...way }));
  }
  expect(proxy.requests.length).toBeGreaterThan(10);
  expect(other.requests.length).toBeGreaterThan(10);
  await Promise.all([proxy.stop(), other.stop()]);
  expectNoSecret(await shownByAll({ ...withKey(), http_proxy: address(proxy.url), MAX_RETRIES: '0' }));
});

describe('a wrong configuration', () => {
  const wrong: Readonly<Record<string, () => Environment>> = {
    'all secrets at once, and other mistakes': () => ({
      ...plain(),
      ...variableValues,
      MAX_RETRIES: 'x',
      PREFECT_API_UR: 'y',
    }),
    'all secrets at once, from files': () =>
      Object.fromEntries(
        variables.filter((one) => one.secret).map((one) => [fileFormOf(one), `/run/${one.name}`]),
      ),
    'secrets where the names of files belong': () =>
      Object.fromEntries(
        variables
          .filter((one) => one.secret)
          // With a slash it could be a path, and a path is shown.
          .map((one) => [fileFormOf(one), secret(one.name).replaceAll('/', '_')]),
      ),
    'a secret in each other variable': () =>
      Object.fromEntries(
        variables
          // With a SECRET_ARN that is none, nothing else is looked at.
          .filter((one) => !one.secret && one.name !== 'SECRET_ARN')
          .map(({ name }) => [name, `https://u:${secret('the password in an address')}@host:port/`]),
      ),
  };

  const contents: Readonly<Record<string, string>> = {
    'is cut short': json.slice(0, -3),
    'has a comma too many': json.replace(/\}$/, ',}'),
    'is a list': JSON.stringify(Object.values(secrets)),
    'is one of its values': secret('PREFECT_API_KEY'),
    'has its values for keys': JSON.stringify(
      Object.fromEntries(Object.entries(secrets).map(([a, b]) => [b, a])),
    ),
    'has objects for values': JSON.stringify({ PREFECT_API_KEY: secrets, REMOTE_WRITE_PASSWORD: [json] }),
    'has a secret in each other variable': JSON.stringify(
      Object.fromEntries(
        variables
          .filter((one) => !one.secret)
          .map(({ name }) => [name, `https://u:${secret('the password in an address')}@host:port/`]),
      ),
    ),
  };

  test.each(Object.entries(contents))('a secret that %s', async (_, content) => {
    const inAws = new Map([...kept, [jsonArn, content]]);
    const shown = await shownByAll({ ...plain(), SECRET_ARN: jsonArn }, undefined, inAws);
    expect(shown).toMatch(/secret-content|secret-unknown-key/);
    // The parser's own words quote a part of the text, too short to be found.
    expect(shown).not.toMatch(/Unexpected (?:token|end)|in JSON at|not valid JSON/);
    expectNoSecret(shown);
  });

  test('the JSON secret where one value belongs', async () => {
    const shown = await shownByAll({ ...plain(), PREFECT_API_KEY: jsonArn });
    expect(shown).toContain('secret-content');
    expectNoSecret(shown);
  });

  test('secrets in SECRET_ARN and in WORKSPACES', async () => {
    expectNoSecret(await shownByAll({ ...plain(), SECRET_ARN: secret('PREFECT_API_KEY') }));
    expectNoSecret(await shownByAll({ ...plain(), SECRET_ARN: `arn:aws:${json}` }));
    const workspaces = { WORKSPACES: json };
    expectNoSecret(await shownByAll({ ...plain(), ...workspaces }));
    const prod = { WORKSPACES: JSON.stringify({ prod: { PREFECT_API_KEY: secrets } }) };
    expectNoSecret(await shownByAll({ ...plain(), ...prod }));
  });

  test.each(Object.entries(wrong))('%s', async (_, environment) => {
    const shown = await shownByAll(environment());
    expect(shown).toContain('PREFECT_API');
    expectNoSecret(shown);
  });
});

/** AWS answers a wrong key with the whole request as it should have been signed, the session token in it. */
describe('a wrong key of AWS', () => {
  const token = secret('the session token of AWS');
  const clock = createFakeClock();
  const signed = { REMOTE_WRITE_SIGV4: 'true', AWS_REGION: 'eu-west-1' };
  let s3: S3Double;
  let sts: LocalServer;
  let inAws: SecretsDouble;
  let amazon: AmazonPrometheus;

  beforeAll(async () => {
    s3 = await startS3Double({ buckets: ['ledgers'] });
    s3.faults.when((request) => ({ kind: 'status', ...mismatch(request) }));
    sts = await startStsDouble(clock);
    sts.faults.when((request) => ({
      kind: 'status',
      ...stsRefusal('SignatureDoesNotMatch', signatureMismatch(request)),
    }));
    inAws = await startSecretsDouble();
    inAws.faults.when((request) => ({
      kind: 'status',
      ...refusal('InvalidSignatureException', signatureMismatch(request)),
    }));
    amazon = await startAmazonPrometheus({
      ...{ region: 'eu-west-1', service: 'aps', workspace: 'ws-1', clock, writeUrl: receiver.writeUrl },
      credentials: [{ accessKeyId: 'ASIATEST', secretAccessKey: 'the right one', sessionToken: token }],
    });
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'ASIATEST');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'a wrong one');
    vi.stubEnv('AWS_SESSION_TOKEN', token);
    vi.stubEnv('AWS_ENDPOINT_URL_STS', sts.url.origin);
    return async () => {
      vi.unstubAllEnvs();
      await Promise.all([s3, sts, inAws, amazon].map((server) => server.stop()));
    };
  });

  const uses: Readonly<Record<string, () => readonly [LocalServer, Environment]>> = {
    'in Secrets Manager': () => [inAws, { ...plain(), SECRET_ARN: jsonArn }],
    'in the Parameter Store': () => [
      inAws,
      { ...plain(), REMOTE_WRITE_USERNAME: '12', REMOTE_WRITE_PASSWORD: passwordArn },
    ],
    'in S3': () => [
      s3,
      { ...plain(), STORE: 's3://ledgers/prod', S3_ENDPOINT: s3.url.href, AWS_REGION: 'eu-west-1' },
    ],
    'in STS': () => [
      sts,
      { ...plain(), ...signed, REMOTE_WRITE_SIGV4_ROLE_ARN: 'arn:aws:iam::123456789012:role/metrics' },
    ],
    'in Amazon Managed Prometheus': () => [
      amazon,
      { ...plain(), ...signed, REMOTE_WRITE_URL: amazon.remoteWriteUrl.href },
    ],
  };

  test.each(Object.entries(uses))('%s', async (_, use) => {
    const [server, environment] = use();
    const before = server.requests.length;
    const read = createSecretReader({ clock, endpoint: inAws.url });
    const shown = await shownByAll(environment, undefined, read);
    expect(server.requests.slice(before).map(({ headers }) => headers['x-amz-security-token'])).toContain(
      token,
    );
    expect(shown).toContain('signature we calculated');
    expectNoSecret(shown);
    // Not a part of it either: it is longer than what is shown of an answer.
    expect(shown).not.toContain(token.slice(0, 12));
  });
});

describe('a program', () => {
  /** The arguments of a process and of those it started, as everyone on the machine can read them. */
  function argumentsOf(pid: number): string {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
      .trim()
      .split(' ')
      .filter(Boolean);
    return [
      readFileSync(`/proc/${pid}/cmdline`, 'utf8'),
      ...children.map((child) => argumentsOf(Number(child))),
    ].join('\n');
  }

  test.runIf(process.platform === 'linux')('has no secret in its arguments and its output', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'secrets-'));
    onTestFinished(() => rm(directory, { recursive: true }));
    await writeFile(join(directory, 'token'), secret('REMOTE_WRITE_BEARER_TOKEN'));
    // The doubles stand at ten o'clock in November: the tick is late or ahead, which is as good as any.
    prefect.server.faults.when(quote);
    onTestFinished(() => prefect.server.faults.clear());
    const program = startProgram(['push', '--every', '4m'], {
      ...withKey(),
      REMOTE_WRITE_BEARER_TOKEN_FILE: join(directory, 'token'),
      STORE: `file:${join(directory, 'ledger.json.gz')}`,
    });
    await program.says('"message":"tick');
    const shown = argumentsOf(program.pid);
    program.signal('SIGTERM');
    expect(await program.ended).toBe(0);
    expect(shown).toContain('main.ts');
    expectNoSecret(shown);
    expectNoSecret(program.stdout() + program.stderr());
  });
});

describe('the guard', () => {
  test('knows a secret in any form', () => {
    for (const [name, value] of Object.entries(secrets)) {
      const forms = [
        value,
        JSON.stringify({ value }),
        `?x=${encodeURIComponent(value)}`,
        Buffer.from(value).toString('base64'),
        Buffer.from(value).toString('base64url'),
        Buffer.from(`u:${value}`).toString('base64'),
        Buffer.from(`us:${value}!`).toString('base64'),
        Buffer.from(`use:${value}`).toString('base64'),
        Buffer.from(value).toString('hex'),
      ];
      expect(forms.map((form) => secretsIn(`before ${form} after`, secrets))).toEqual(
        forms.map(() => [name]),
      );
      expect(tracesOf(value).every((trace) => trace.length > 10)).toBe(true);
    }
  });

  test('finds none in all that was shown', () => {
    expect(captured.length).toBeGreaterThan(50);
    expect(secretsIn(captured.join('\n'), secrets)).toEqual([]);
  });

  test('finds no CSRF token in all that was shown', () => {
    const tokens = new Set(
      prefect.server.requests.flatMap(({ headers }) => headers['prefect-csrf-token'] ?? []),
    );
    expect(tokens.size).toBeGreaterThan(10);
    const shown = captured.join('\n');
    expect([...tokens].filter((token) => shown.includes(token))).toEqual([]);
  });

  test('finds none in what test runs have written', () => {
    const output = fileURLToPath(new URL('output/', import.meta.url));
    mkdirSync(output, { recursive: true });
    const written = readdirSync(output, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    const leaking = written.filter((path) => secretsIn(readFileSync(path, 'latin1'), secrets).length > 0);
    expect(leaking).toEqual([]);
  });
});
