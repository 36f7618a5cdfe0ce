// The built function with its secrets in Secrets Manager and the Parameter Store, read by the clients of the SDK.
import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type PrefectDouble, startPrefectDouble } from '../../doubles/prefect/api.ts';
import { type Receiver, startReceiver } from '../../doubles/receiver/receiver.ts';
import { refusal, type SecretsDouble, startSecretsDouble } from '../../doubles/secrets/secrets.ts';
import { systemClock as clock } from '../../lib/clock.ts';
import { parameterArn, secretArn } from '../secrets/double-place.ts';
import { buildForTest, unpack } from '../support/bundle.ts';
import { type Lambda, startLambda } from '../support/lambda.ts';
import { ordinaryWorkspace } from '../support/ordinary-workspace.ts';

const arn = secretArn('prefect/prod');
const parameter = parameterArn('/prefect/password');

let taskRoot: string;
let prefect: PrefectDouble;
let receiver: Receiver;
let secrets: SecretsDouble;
/** The key that Prefect takes. */
let accepted: string;

beforeAll(async () => {
  taskRoot = await unpack((await buildForTest('secrets')).zipFile);
});

afterAll(() => rm(taskRoot, { recursive: true }));

beforeEach(async () => {
  prefect = await startPrefectDouble({ clock, workspace: ordinaryWorkspace(clock) });
  receiver = await startReceiver();
  secrets = await startSecretsDouble();
  keep('pnu_lambda_1');
  accepted = 'pnu_lambda_1';
  prefect.server.faults.when(({ headers }) =>
    headers.authorization === `Bearer ${accepted}` ? undefined : { kind: 'status', status: 401, body: 'no' },
  );
  return async () => {
    await Promise.all([prefect.stop(), receiver.stop(), secrets.stop()]);
  };
});

const keep = (key: string, others = {}): void => {
  const content = { PREFECT_API_KEY: key, REMOTE_WRITE_USERNAME: 12, REMOTE_WRITE_PASSWORD: parameter };
  secrets.secrets.set(arn, { text: JSON.stringify({ ...content, ...others }) });
  secrets.parameters.set(parameter, 'password in a parameter');
};

async function start(env: Record<string, string> = {}, timeoutMs = 20_000): Promise<Lambda> {
  const lambda = await startLambda({
    taskRoot,
    handler: 'index.handler',
    timeoutMs,
    env: {
      AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url.href,
      AWS_ENDPOINT_URL_SSM: secrets.url.href,
      SECRET_ARN: arn,
      PREFECT_API_URL: prefect.apiUrl,
      REMOTE_WRITE_URL: receiver.writeUrl.href,
      STORE: 'memory:',
      ALLOW_MEMORY_STORE: 'true',
      INTERVAL_SECONDS: '240',
      WORKSPACE: 'production',
      ...env,
    },
  });
  onTestFinished(lambda.stop);
  return lambda;
}

const minutesAgo = (minutes: number): object => ({
  scheduledTime: new Date((Math.floor(clock.now() / 60_000) - minutes) * 60_000).toISOString(),
});
const pushed = { kind: 'result', value: { outcome: 'pushed' } };
const shown = ['pnu_lambda', 'password in a parameter'];

async function expectNothingShown(lambda: Lambda): Promise<void> {
  await expect.poll(lambda.logs).toContain('\n');
  for (const text of shown) expect(lambda.logs()).not.toContain(text);
}

describe('the function with SECRET_ARN', () => {
  it('has its key from the secret and its password from the parameter that the secret names', async () => {
    const lambda = await start();
    expect(await lambda.invoke(minutesAgo(1))).toMatchObject(pushed);
    const pair = Buffer.from('12:password in a parameter').toString('base64');
    expect(receiver.requests[0]?.headers.authorization).toBe(`Basic ${pair}`);
    const targets = secrets.requests.map(({ headers }) => headers['x-amz-target']);
    expect(targets).toEqual(['secretsmanager.GetSecretValue', 'AmazonSSM.GetParameter']);
    const [asked] = secrets.requests;
    expect(asked?.headers.authorization).toContain('/us-east-1/secretsmanager/aws4_request');
    expect(asked?.headers['x-amz-security-token']).toBe('test-token');
    await expectNothingShown(lambda);
  });

  it('goes on after a rotation without a failed tick', async () => {
    const lambda = await start();
    expect(await lambda.invoke(minutesAgo(2))).toMatchObject(pushed);
    accepted = 'pnu_lambda_2';
    keep('pnu_lambda_2');
    expect(await lambda.invoke(minutesAgo(1))).toMatchObject(pushed);
    await expectNothingShown(lambda);
  });

  it('goes on after it was frozen, with new connections to AWS', async () => {
    const lambda = await start();
    expect(await lambda.invoke(minutesAgo(2))).toMatchObject(pushed);
    lambda.freeze();
    secrets.dropConnections();
    lambda.thaw();
    accepted = 'pnu_lambda_2';
    keep('pnu_lambda_2');
    expect(await lambda.invoke(minutesAgo(1))).toMatchObject(pushed);
  });

  it('that may not read it fails with the permission that is missing', async () => {
    const { body, headers = {} } = refusal(
      'AccessDeniedException',
      `User: arn:aws:sts::1:assumed-role/push/push is not authorized to perform: secretsmanager:GetSecretValue on resource: ${arn}`,
    );
    secrets.faults.when(() => ({ kind: 'status', status: 400, body, headers }));
    const lambda = await start();
    expect(await lambda.invoke({})).toMatchObject({
      kind: 'error',
      error: {
        errorType: 'SecretsError',
        errorMessage: expect.stringContaining(`does not allow secretsmanager:GetSecretValue on ${arn}`),
      },
    });
    await expect.poll(lambda.logs).toContain('the secrets cannot be read');
    expect(await lambda.invoke({ check: true })).toMatchObject({
      value: { exitStatus: 1, sections: [{ name: 'secrets', problems: [{ slug: 'secret-denied' }] }] },
    });
  });

  it('does not outlast the function when nothing answers', async () => {
    secrets.faults.when(() => ({ kind: 'hang' }));
    const lambda = await start({}, 5_000);
    expect(await lambda.invoke({})).toMatchObject({
      kind: 'error',
      error: {
        errorType: 'SecretsError',
        errorMessage: expect.stringContaining(
          `secret-unreachable  SECRET_ARN: No answer from ${secrets.url.host}`,
        ),
      },
    });
  });

  it('tells what is wrong with its content without showing it', async () => {
    secrets.secrets.set(arn, { text: '{"PREFECT_API_KEY":"pnu_lambda_1",}' });
    const lambda = await start();
    expect(await lambda.invoke({})).toMatchObject({ kind: 'error', error: { errorType: 'SecretsError' } });
    await expectNothingShown(lambda);
  });
});

it('the function with WORKSPACES reads each with its own secret', async () => {
  const other = secretArn('prefect/dev');
  secrets.secrets.set(other, {
    text: '{"PREFECT_API_KEY":"pnu_lambda_1","REMOTE_WRITE_BEARER_TOKEN":"token"}',
  });
  const lambda = await start({
    SECRET_ARN: '',
    WORKSPACE: '',
    WORKSPACES: JSON.stringify({ prod: { SECRET_ARN: arn }, dev: { SECRET_ARN: other } }),
  });
  for (const workspace of ['prod', 'dev']) {
    expect(await lambda.invoke({ ...minutesAgo(1), workspace })).toMatchObject(pushed);
  }
  const labels = new Set(receiver.series().map((one) => one.labels.workspace));
  expect(labels).toEqual(new Set(['prod', 'dev']));
  expect(await lambda.invoke(minutesAgo(0))).toMatchObject({
    kind: 'error',
    error: { errorType: 'ConfigError', errorMessage: expect.stringContaining('one of "prod", "dev"') },
  });
});
