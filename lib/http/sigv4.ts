import { awsAnswerOf, bareAwsError } from '../aws-answer.ts';
import type { Clock } from '../clock.ts';
import { type Deadline, remainingMs } from '../deadline.ts';
import {
  type AwsCredentials,
  type CredentialCache,
  createCredentialCache,
  isSame,
} from './aws-credentials.ts';
import { CredentialsError, HttpStatusError } from './errors.ts';
import type { HttpRequest, Send } from './send.ts';

/** The request with a signature for this moment. @param nowMs ms since the Unix epoch */
export type Sign = (request: HttpRequest, credentials: AwsCredentials, nowMs: number) => Promise<HttpRequest>;

export interface SigV4Options {
  readonly credentials: CredentialCache;
  readonly sign: Sign;
  readonly clock: Clock;
}

/**
 * Signs every request (AWS Signature Version 4), each attempt anew: a signature is good for minutes only, so this
 * belongs inside `retrying`. Credentials that the other side calls expired are fetched again, and the request is sent
 * once more, where they are others then. Rejects with `CredentialsError` where there are none before the deadline.
 */
export function withSigV4(send: Send, { credentials, sign, clock }: SigV4Options): Send {
  return async (request, deadline) => {
    const obtain = (from: Promise<AwsCredentials>) => inTime(from, request, { deadline, clock });
    const used = await obtain(credentials.current());
    try {
      return await send(await sign(request, used, clock.now()), deadline);
    } catch (error) {
      if (!callsExpired(error)) throw error;
      const renewed = await obtain(credentials.renew(used));
      if (isSame(used, renewed)) throw error;
      return send(await sign(request, renewed, clock.now()), deadline);
    }
  };
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_temp-creds.html and the errors common to AWS services. */
const expired =
  /ExpiredToken|security token included in the request is (?:expired|invalid)|InvalidClientTokenId|UnrecognizedClient/i;

function callsExpired(error: unknown): boolean {
  if (!(error instanceof HttpStatusError) || ![400, 401, 403].includes(error.status)) return false;
  return expired.test(`${error.headers['x-amzn-errortype'] ?? ''} ${error.bodyExcerpt}`);
}

/** The credentials, or a rejection at the deadline: the SDK asks other servers for them, at its own pace. */
async function inTime(
  credentials: Promise<AwsCredentials>,
  request: HttpRequest,
  { deadline, clock }: { deadline: Deadline; clock: Clock },
): Promise<AwsCredentials> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const leftMs = remainingMs(deadline, clock);
  const cancel = clock.after(leftMs, () => {
    reject(new CredentialsError(request, `none within ${Math.round(leftMs)} ms, the time that was left`));
  });
  try {
    return await Promise.race([credentials, late]);
  } catch (error) {
    if (error instanceof CredentialsError) throw error;
    throw new CredentialsError(request, awsAnswerOf(error).message, { cause: bareAwsError(error) });
  } finally {
    cancel();
  }
}

/** Whose credentials sign, and for what. */
export interface SigV4Settings {
  readonly region: string;
  readonly service: string;
  readonly roleArn: string | undefined;
  readonly stsRegion: string;
}

/**
 * Signing with the AWS SDK, which is loaded at the first request. One of it serves all ticks of a process: credentials
 * are kept as long as it is called with the same settings.
 */
export function createSigning(clock: Clock): (send: Send, settings: SigV4Settings) => Send {
  let kept: { readonly settings: SigV4Settings; readonly options: SigV4Options } | undefined;
  return (send, settings) => {
    if (kept?.settings !== settings) kept = { settings, options: optionsFor(settings, clock) };
    return withSigV4(send, kept.options);
  };
}

function optionsFor(settings: SigV4Settings, clock: Clock): SigV4Options {
  let loading: Promise<{ readonly sign: Sign; load(): Promise<AwsCredentials> }> | undefined;
  const sdk = () => {
    loading ??= import('./aws-signer.ts').then(({ credentialLoader, requestSigner }) => ({
      sign: requestSigner(settings),
      load: credentialLoader(settings),
    }));
    return loading;
  };
  return {
    credentials: createCredentialCache({ load: async () => (await sdk()).load(), clock }),
    sign: async (...request) => (await sdk()).sign(...request),
    clock,
  };
}
