import { type Kept, type SecretsDouble, startSecretsDouble } from '../../doubles/secrets/secrets.ts';
import { type Clock, systemClock } from '../../lib/clock.ts';
import { createSecretReader, type ReadSecret } from '../../lib/secrets/read-secret.ts';
import type { SecretPlace } from '../contracts/secrets.ts';

export const secretArn = (name: string): string =>
  `arn:aws:secretsmanager:us-east-1:123456789012:secret:${name}-a1B2c3`;

export const parameterArn = (name: string): string =>
  `arn:aws:ssm:us-east-1:123456789012:parameter/${name.replace(/^\//, '')}`;

export const readerOf = ({ url }: Pick<SecretsDouble, 'url'>, clock: Clock = systemClock): ReadSecret =>
  createSecretReader({
    clock,
    endpoint: url,
    credentials: { accessKeyId: 'AKIDTEST', secretAccessKey: 'test-secret' },
  });

/** The double of both services as a place for the contract. */
export async function openDoublePlace(): Promise<SecretPlace & { readonly double: SecretsDouble }> {
  const double = await startSecretsDouble();
  const keep = async (name: string, kept: Kept) => {
    double.secrets.set(secretArn(name), kept);
    return secretArn(name);
  };
  return {
    double,
    read: readerOf(double),
    secret: (name, text) => keep(name, { text }),
    binarySecret: (name) => keep(name, { bytes: Buffer.from('bytes') }),
    emptySecret: (name) => keep(name, 'empty'),
    deletedSecret: (name) => keep(name, 'deleted'),
    parameter: async (name, text) => {
      double.parameters.set(parameterArn(name), text);
      return parameterArn(name);
    },
  };
}
