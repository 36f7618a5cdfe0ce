import type { Clock } from '../clock.ts';

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of temporary credentials. */
  readonly sessionToken?: string | undefined;
  /** When they end; undefined where that is not known. */
  readonly expiration?: Date | undefined;
}

/** Credentials of one process. Both reject with the error of their source. */
export interface CredentialCache {
  /** Those that are kept, or new ones where there are none or they are about to expire. */
  current(): Promise<AwsCredentials>;
  /** New ones in the place of `refused`, unless somebody else has fetched some meanwhile. */
  renew(refused: AwsCredentials): Promise<AwsCredentials>;
}

export interface CredentialCacheOptions {
  /** Asks for them anew. */
  load(): Promise<AwsCredentials>;
  readonly clock: Clock;
}

/** Credentials are renewed that long before they expire, which is what the SDKs do. */
const marginMs = 300_000;

/**
 * Keeps credentials until five minutes before they expire, and asks once for however many that want them. Where asking
 * fails, those that are kept are used until their end.
 */
export function createCredentialCache({ load, clock }: CredentialCacheOptions): CredentialCache {
  let kept: AwsCredentials | undefined;
  let loading: Promise<AwsCredentials> | undefined;

  const fresh = (): Promise<AwsCredentials> => {
    loading ??= load()
      .then((loaded) => {
        kept = loaded;
        return loaded;
      })
      .finally(() => {
        loading = undefined;
      });
    return loading;
  };
  const leftMs = ({ expiration }: AwsCredentials): number =>
    (expiration?.getTime() ?? Number.POSITIVE_INFINITY) - clock.now();

  return {
    async current() {
      const before = kept;
      if (before !== undefined && leftMs(before) > marginMs) return before;
      return fresh().catch((error) => {
        if (before === undefined || leftMs(before) <= 0) throw error;
        return before;
      });
    },
    renew: async (refused) => (kept === undefined || kept === refused ? fresh() : kept),
  };
}
