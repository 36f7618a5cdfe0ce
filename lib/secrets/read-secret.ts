import type { Clock } from '../clock.ts';
import type { SecretArn } from '../config/secret-arn.ts';
import { type Deadline, deadlineIn, remainingMs } from '../deadline.ts';
import { jitteredDelayMs } from '../http/backoff.ts';
import { noTime, secretError, tooLate, withoutText } from './answers.ts';
import type { SecretError } from './errors.ts';
import type { KeptSecret, SecretService, SecretServiceOptions } from './secret-service.ts';

/**
 * The text that is kept under an ARN. Rejects with `SecretError`.
 * @param patience `little` where there is an old value to go on with
 */
export type ReadSecret = (arn: SecretArn, deadline: Deadline, patience?: Patience) => Promise<string>;

export type Patience = 'ordinary' | 'little';

export interface SecretReaderOptions extends Pick<SecretServiceOptions, 'endpoint' | 'credentials'> {
  readonly clock: Clock;
}

/** `requestMs` is for one request, `readingMs` for all of them. */
const patiences = {
  ordinary: { maxTries: 3, requestMs: 3_000, readingMs: 7_000 },
  little: { maxTries: 1, requestMs: 2_000, readingMs: 2_000 },
} as const satisfies Record<Patience, object>;

const backoff = { firstMs: 200, maxMs: 1_000 };

/**
 * Reads secrets from the service and the region that their ARNs name. What may pass is tried again, three times at
 * most. A connection lives as long as one call: a frozen function would wake up with a dead one.
 */
export function createSecretReader({ clock, endpoint, credentials }: SecretReaderOptions): ReadSecret {
  return async (arn, deadline, patience = 'ordinary') => {
    const { maxTries, requestMs, readingMs } = patiences[patience];
    const until = deadlineIn(Math.min(readingMs, remainingMs(deadline, clock)), clock);
    if (remainingMs(until, clock) === 0) throw noTime(arn);
    const service = await connect(arn, { region: arn.region, endpoint, credentials });
    try {
      for (let tries = 1; ; tries += 1) {
        const limitMs = Math.min(requestMs, remainingMs(until, clock));
        const answer = await askOnce(service, arn, { clock, limitMs });
        if (answer.error === undefined) return answer.text;
        const delayMs = jitteredDelayMs(tries - 1, backoff, clock.random);
        const isLast = tries >= maxTries || delayMs >= remainingMs(until, clock);
        if (isLast || !answer.error.isPassing) throw answer.error;
        await clock.sleep(delayMs);
      }
    } finally {
      service.close();
    }
  };
}

async function connect({ service }: SecretArn, options: SecretServiceOptions): Promise<SecretService> {
  if (service === 'ssm') return (await import('./parameter-store-client.ts')).connectParameterStore(options);
  return (await import('./secrets-manager-client.ts')).connectSecretsManager(options);
}

type Answer = { readonly text: string; readonly error?: undefined } | { readonly error: SecretError };

async function askOnce(
  service: SecretService,
  arn: SecretArn,
  limits: { readonly clock: Clock; readonly limitMs: number },
): Promise<Answer> {
  try {
    const text = await limited(service, arn, limits);
    return text === undefined ? { error: withoutText(arn) } : { text };
  } catch (error) {
    return { error: secretError(arn, service.host(), error) };
  }
}

/** Rejects at the limit whether the SDK heeds the signal or not: looking for credentials it does not. */
async function limited(
  service: SecretService,
  arn: SecretArn,
  { clock, limitMs }: { readonly clock: Clock; readonly limitMs: number },
): Promise<KeptSecret> {
  const controller = new AbortController();
  const { promise: reached, reject } = Promise.withResolvers<never>();
  const cancel = clock.after(limitMs, () => {
    reject(tooLate(arn, service.host(), limitMs));
    controller.abort();
  });
  try {
    return await Promise.race([service.get(arn.arn, controller.signal), reached]);
  } finally {
    cancel();
  }
}
