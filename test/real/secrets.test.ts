// Secrets Manager and the Parameter Store as moto has them, a server that others than us maintain.
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock as clock } from '../../lib/clock.ts';
import { deadlineIn } from '../../lib/deadline.ts';
import { createCachedSecrets } from '../../lib/secrets/cached-secrets.ts';
import { createSecretReader } from '../../lib/secrets/read-secret.ts';
import { createSecretEnvironment } from '../../lib/secrets/secret-environment.ts';
import { describeSecrets, type SecretPlace } from '../contracts/secrets.ts';
import { type MotoServer, startMoto } from '../support/real/moto.ts';
import { requireServer } from '../support/real/require-server.ts';

const required = await requireServer('moto');

describe.skipIf(required.missing)('with moto', () => {
  let moto: MotoServer;
  let manager: SecretsManagerClient;
  let parameters: SSMClient;
  let place: SecretPlace;

  beforeAll(async () => {
    moto = await startMoto(required);
    const { url: endpoint, region, credentials } = moto;
    manager = new SecretsManagerClient({ endpoint: endpoint.href, region, credentials });
    parameters = new SSMClient({ endpoint: endpoint.href, region, credentials });
    place = placeIn(manager, parameters, createSecretReader({ clock, endpoint, credentials }));
  });

  afterAll(async () => {
    manager?.destroy();
    parameters?.destroy();
    await moto?.stop();
  });

  describeSecrets('moto', () => place);

  it('gives an environment from a JSON secret, another secret and a parameter', async () => {
    const [all, key, password] = [
      await place.secret('all', '{"PREFECT_API_URL":"http://prefect:4200/api","MAX_RETRIES":2}'),
      await place.secret('key', 'pnu_one'),
      await place.parameter('/password', 'two'),
    ];
    const environment = { SECRET_ARN: all, PREFECT_API_KEY: key, REMOTE_WRITE_PASSWORD: password };
    const secrets = createCachedSecrets({ read: place.read, clock, warn: () => undefined });
    const resolving = createSecretEnvironment({ environment, secrets });
    expect(await resolving.resolve(deadlineIn(20_000, clock))).toEqual({
      environment: {
        SECRET_ARN: all,
        PREFECT_API_URL: 'http://prefect:4200/api',
        MAX_RETRIES: '2',
        PREFECT_API_KEY: 'pnu_one',
        REMOTE_WRITE_PASSWORD: 'two',
      },
      problems: [],
      warnings: [],
      sources: [
        { arn: all, names: ['PREFECT_API_URL', 'MAX_RETRIES'] },
        { arn: key, names: ['PREFECT_API_KEY'] },
        { arn: password, names: ['REMOTE_WRITE_PASSWORD'] },
      ],
    });
  });
});

function placeIn(
  manager: SecretsManagerClient,
  parameters: SSMClient,
  read: SecretPlace['read'],
): SecretPlace {
  const made = new Map<string, string>();
  const create = async (Name: string, content: { SecretString?: string; SecretBinary?: Uint8Array }) => {
    const { ARN = '' } = await manager.send(new CreateSecretCommand({ Name, ...content }));
    made.set(Name, ARN);
    return ARN;
  };
  return {
    read,
    secret: async (name, text) => {
      const arn = made.get(name);
      if (arn === undefined) return create(name, { SecretString: text });
      await manager.send(new PutSecretValueCommand({ SecretId: arn, SecretString: text }));
      return arn;
    },
    binarySecret: (name) => create(name, { SecretBinary: Buffer.from('bytes') }),
    emptySecret: (name) => create(name, {}),
    deletedSecret: async (name) => {
      const arn = await create(name, { SecretString: 'text' });
      await manager.send(new DeleteSecretCommand({ SecretId: arn }));
      return arn;
    },
    parameter: async (Name, Value) => {
      await parameters.send(new PutParameterCommand({ Name, Value, Type: 'SecureString', Overwrite: true }));
      return `arn:aws:ssm:us-east-1:123456789012:parameter/${Name.replace(/^\//, '')}`;
    },
  };
}
