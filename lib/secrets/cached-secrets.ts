import type { Clock } from '../clock.ts';
import type { SecretArn } from '../config/secret-arn.ts';
import { type Deadline, deadlineIn, remainingMs } from '../deadline.ts';
import type { Problem } from '../problem.ts';
import { SecretError } from './errors.ts';
import type { ReadSecret } from './read-secret.ts';

/** Secrets of one process, each read at most once at a time. */
export interface Secrets {
  /** The end of the time for all that one tick reads: half of what is left of it, because the tick comes after. */
  share(deadline: Deadline): Deadline;
  /** The text under an ARN, not older than five minutes where it can be read. Rejects with `SecretError`. */
  get(arn: SecretArn, deadline: Deadline): Promise<string>;
  /** The same, read now, or by a reading that is under way. */
  getAnew(arn: SecretArn, deadline: Deadline): Promise<string>;
}

export interface CachedSecretsOptions {
  readonly read: ReadSecret;
  readonly clock: Clock;
  /** Told once that a value could not be read again and the old one is used, until it could be. */
  warn(problem: Problem): void;
}

/** How long a value is taken for the present one, ms. */
const freshMs = 300_000;
/** How soon a value that could not be read again is tried once more, ms. */
const retryMs = 60_000;

interface Kept {
  readonly value: string;
  readonly readMs: number;
  /** By the wall clock: a frozen function's other clock may have stood still. */
  readonly freshUntilMs: number;
  readonly isOverdue: boolean;
}

/** Keeps values, and goes on with an old one while the service that has it does not answer or refuses. */
export function createCachedSecrets({ read, clock, warn }: CachedSecretsOptions): Secrets {
  const kept = new Map<string, Kept>();
  const reading = new Map<string, Promise<string>>();

  const readNow = async (arn: SecretArn, deadline: Deadline): Promise<string> => {
    const old = kept.get(arn.arn);
    try {
      const value = await read(arn, deadline, old === undefined ? 'ordinary' : 'little');
      const readMs = clock.now();
      kept.set(arn.arn, { value, readMs, freshUntilMs: readMs + freshMs, isOverdue: false });
      return value;
    } catch (error) {
      if (old === undefined || !(error instanceof SecretError)) throw error;
      kept.set(arn.arn, { ...old, freshUntilMs: clock.now() + retryMs, isOverdue: true });
      if (!old.isOverdue) warn(stale(error, clock.now() - old.readMs));
      return old.value;
    }
  };

  const getAnew: Secrets['getAnew'] = (arn, deadline) => {
    const running = reading.get(arn.arn);
    if (running !== undefined) return running;
    const started = readNow(arn, deadline).finally(() => reading.delete(arn.arn));
    reading.set(arn.arn, started);
    return started;
  };

  return {
    share: (deadline) => deadlineIn(remainingMs(deadline, clock) / 2, clock),
    getAnew,
    get: (arn, deadline) => {
      const known = kept.get(arn.arn);
      return known !== undefined && isFresh(known, clock.now())
        ? Promise.resolve(known.value)
        : getAnew(arn, deadline);
    },
  };
}

/** Not so either when the clock was set back. */
const isFresh = ({ readMs, freshUntilMs }: Kept, nowMs: number): boolean =>
  nowMs < freshUntilMs && nowMs >= readMs;

const stale = ({ problem }: SecretError, ageMs: number): Problem => ({
  slug: 'secret-stale',
  message: `A secret could not be read again; its value of ${Math.round(ageMs / 1000)} s ago goes on being used. ${problem.slug}: ${problem.message}`,
  ...(problem.found === undefined ? {} : { found: problem.found }),
  ...(problem.do === undefined ? {} : { do: problem.do }),
});
