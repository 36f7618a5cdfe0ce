// Imported on first use: only those pay for the client who keep something in Secrets Manager.
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import {
  clientOptions,
  createHostNote,
  type SecretService,
  type SecretServiceOptions,
} from './secret-service.ts';

/** Needs secretsmanager:GetSecretValue, and kms:Decrypt where the secret has a key of the customer's. */
export function connectSecretsManager(options: SecretServiceOptions): SecretService {
  const client = new SecretsManagerClient(clientOptions(options));
  const host = createHostNote(client);
  return {
    get: async (arn, abortSignal) =>
      (await client.send(new GetSecretValueCommand({ SecretId: arn }), { abortSignal })).SecretString,
    host,
    close: () => client.destroy(),
  };
}
