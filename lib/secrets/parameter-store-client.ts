// Imported on first use: only those pay for the client who keep something in the Parameter Store.
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import {
  clientOptions,
  createHostNote,
  type SecretService,
  type SecretServiceOptions,
} from './secret-service.ts';

/** Needs ssm:GetParameter, and kms:Decrypt where the parameter has a key of the customer's. */
export function connectParameterStore(options: SecretServiceOptions): SecretService {
  const client = new SSMClient(clientOptions(options));
  const host = createHostNote(client);
  return {
    get: async (arn, abortSignal) => {
      const command = new GetParameterCommand({ Name: arn, WithDecryption: true });
      return (await client.send(command, { abortSignal })).Parameter?.Value;
    },
    host,
    close: () => client.destroy(),
  };
}
