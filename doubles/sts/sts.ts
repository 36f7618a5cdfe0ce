import type { Clock } from '../../lib/clock.ts';
import { type LocalServer, type Reply, startServer } from '../server.ts';

/** AssumeRole of the Security Token Service, for any role: `ASIA1`, `ASIA2`, … for an hour each. */
export async function startStsDouble(clock: Clock): Promise<LocalServer> {
  let given = 0;
  return startServer(() => {
    given += 1;
    return assumed(`ASIA${given}`, new Date(clock.now() + 3_600_000));
  });
}

const xml = (status: number, body: string): Reply & { readonly body: string } => ({
  status,
  headers: { 'content-type': 'text/xml' },
  body,
});

const namespace = 'xmlns="https://sts.amazonaws.com/doc/2011-06-15/"';

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
const assumed = (keyId: string, ends: Date): Reply =>
  xml(
    200,
    `<AssumeRoleResponse ${namespace}><AssumeRoleResult><Credentials><AccessKeyId>${keyId}</AccessKeyId><SecretAccessKey>secret</SecretAccessKey><SessionToken>token of ${keyId}</SessionToken><Expiration>${ends.toISOString()}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`,
  );

/** An error as STS writes it. */
export const stsRefusal = (code: string, message: string, status = 403) =>
  xml(
    status,
    `<ErrorResponse ${namespace}><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>x</RequestId></ErrorResponse>`,
  );
