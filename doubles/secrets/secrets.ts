import { json, type LocalServer, type ReceivedRequest, type Reply, startServer } from '../server.ts';

/** What is kept under an ARN. */
export type Kept =
  | { readonly text: string }
  | { readonly bytes: Uint8Array }
  /** Without a version that is current. */
  | 'empty'
  | 'deleted';

export interface SecretsDouble extends LocalServer {
  /** By ARN; a test changes them as it likes. */
  readonly secrets: Map<string, Kept>;
  /** By ARN. */
  readonly parameters: Map<string, string>;
}

/**
 * GetSecretValue of Secrets Manager and GetParameter of Systems Manager, in the protocol of both (JSON 1.1 with
 * X-Amz-Target). Regions and signatures are not looked at.
 */
export async function startSecretsDouble(): Promise<SecretsDouble> {
  const secrets = new Map<string, Kept>();
  const parameters = new Map<string, string>();
  const server = await startServer((request) => {
    const asked = bodyOf(request);
    switch (request.headers['x-amz-target']) {
      case 'secretsmanager.GetSecretValue':
        return secretAnswer(String(asked.SecretId), secrets.get(String(asked.SecretId)));
      case 'AmazonSSM.GetParameter':
        return parameterAnswer(String(asked.Name), parameters.get(String(asked.Name)), asked.WithDecryption);
      default:
        return refusal('UnknownOperationException', 'no such operation');
    }
  });
  return { ...server, secrets, parameters };
}

/** An error of either service. */
export const refusal = (code: string, message: string, status = 400): Reply & { readonly body: string } => ({
  status,
  headers: { 'content-type': 'application/x-amz-json-1.1' },
  body: JSON.stringify({ __type: code, Message: message, message }),
});

function secretAnswer(arn: string, kept: Kept | undefined): Reply {
  switch (kept) {
    case undefined:
      return refusal('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
    case 'empty':
      return refusal(
        'ResourceNotFoundException',
        "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT",
      );
    case 'deleted':
      return refusal(
        'InvalidRequestException',
        "You can't perform this operation on the secret because it was marked for deletion.",
      );
    default: {
      const content =
        'text' in kept
          ? { SecretString: kept.text }
          : { SecretBinary: Buffer.from(kept.bytes).toString('base64') };
      return json({ ARN: arn, Name: arn.split(':').at(-1), VersionStages: ['AWSCURRENT'], ...content });
    }
  }
}

function parameterAnswer(arn: string, value: string | undefined, isDecrypted: unknown): Reply {
  if (value === undefined) return refusal('ParameterNotFound', `Parameter ${arn} not found.`);
  const shown = isDecrypted === true ? value : `kms:alias/aws/ssm:${Buffer.from(value).toString('base64')}`;
  return json({
    Parameter: { ARN: arn, Name: arn.split(':parameter')[1], Type: 'SecureString', Value: shown },
  });
}

function bodyOf({ body }: ReceivedRequest): Readonly<Record<string, unknown>> {
  const parsed: unknown = JSON.parse(body.toString('utf8'));
  return typeof parsed === 'object' && parsed !== null ? { ...parsed } : {};
}
