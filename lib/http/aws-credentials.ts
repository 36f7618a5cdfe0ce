import type { Clock } from '../clock.ts';

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of temporary credentials. */
  readonly sessionToken?: string | undefined;
  /** When they end; undefined where that is not known. */
  readonly expiration?: Date | undefined;
}

export const isSame = (a: AwsCredentials, b: AwsCredentials): boolean =>
  a.accessKeyId === b.accessKeyId && a.sessionToken === b.sessionToken;

/** Credentials of one process. Both reject with the error of their source, which has fifteen seconds to answer. */
export interface CredentialCache {
  /**
   * Those that are kept, for as long as they have not expired. Shortly before that, new ones are asked for, and nobody
   * waits for them.
   */
  current(): Promise<AwsCredentials>;
  /**
   * New ones in the place of `refused`, unless somebody else has fetched some meanwhile; `refused` itself where there
   * were no others a moment ago.
   */
  renew(refused: AwsCredentials): Promise<AwsCredentials>;
}

export interface CredentialCacheOptions {
  /** Asks for them anew. Called again while an earlier call has not ended, when that takes too long. */
  load(): Promise<AwsCredentials>;
  readonly clock: Clock;
}

/** Credentials are renewed that long before they expire, which is what the SDKs do. */
const marginMs = 300_000;
/** How soon it is asked again where asking failed, or brought none that last. */
const againMs = 45_000;
/** For one asking: the two attempts of `aws-signer.ts`, and what a chain of sources takes. */
const loadMs = 15_000;

/** One asking, for however many wait for it. */
interface Loading {
  readonly sinceMs: number;
  readonly result: Promise<AwsCredentials>;
}

/** Keeps credentials until they expire, and asks for others in time, once for however many want them. */
export function createCredentialCache({ load, clock }: CredentialCacheOptions): CredentialCache {
  let kept: AwsCredentials | undefined;
  let loading: Loading | undefined;
  let askings = 0;
  let askedMs = Number.NEGATIVE_INFINITY;
  let inVainMs = Number.NEGATIVE_INFINITY;

  const isLately = (ms: number): boolean => Math.abs(clock.now() - ms) < againMs;
  const leftMs = ({ expiration }: AwsCredentials): number =>
    (expiration?.getTime() ?? Number.POSITIVE_INFINITY) - clock.now();

  /** @param isNewest false once a later asking has begun, whose answer counts then */
  const ask = async (isNewest: () => boolean): Promise<AwsCredentials> => {
    try {
      const loaded = await within(load(), clock);
      if (!isNewest()) return loaded;
      if (kept !== undefined && isSame(kept, loaded)) inVainMs = clock.now();
      kept = loaded;
      return loaded;
    } catch (error) {
      if (isNewest()) inVainMs = clock.now();
      throw error;
    }
  };

  const fresh = (): Promise<AwsCredentials> => {
    // One that began before the process was frozen may be waiting for a connection that is long gone.
    if (loading !== undefined && Math.abs(clock.now() - loading.sinceMs) < loadMs) return loading.result;
    askedMs = clock.now();
    askings += 1;
    const number = askings;
    const started: Loading = {
      sinceMs: askedMs,
      result: ask(() => askings === number).finally(() => {
        if (loading === started) loading = undefined;
      }),
    };
    loading = started;
    return started.result;
  };

  return {
    async current() {
      if (kept === undefined || leftMs(kept) <= 0) return fresh();
      // Whoever has to wait for them gets the error; until then those that are kept will do.
      if (leftMs(kept) <= marginMs && !isLately(askedMs)) fresh().catch(() => undefined);
      return kept;
    },
    async renew(refused) {
      if (kept === undefined) return fresh();
      if (!isSame(kept, refused) || isLately(inVainMs)) return kept;
      return fresh();
    },
  };
}

async function within(loaded: Promise<AwsCredentials>, clock: Clock): Promise<AwsCredentials> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const cancel = clock.after(loadMs, () => {
    reject(new Error(`where they come from does not answer within ${loadMs} ms`));
  });
  try {
    return await Promise.race([loaded, late]);
  } finally {
    cancel();
  }
}
