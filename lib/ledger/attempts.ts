import type { FinishedRun } from '../prefect/model.ts';
import type { CountedAttempts, Ledger } from './ledger.ts';

/** What of a finished run was not counted before. */
export interface Uncounted {
  readonly retries: number;
  /** µs in running states. */
  readonly runTimeUs: number;
  /** Whether it ran since it was counted last. */
  readonly ran: boolean;
}

/** `run_count` and `total_run_time` are sums over all attempts: after a second end only the difference is new. */
export function uncountedOf(run: FinishedRun, before: CountedAttempts | undefined): Uncounted {
  const runTimeUs = runTimeUsOf(run);
  if (before === undefined) {
    return { retries: Math.max(0, run.run_count - 1), runTimeUs, ran: run.run_count > 0 };
  }
  const attempts = Math.max(0, run.run_count - before.runCount);
  return {
    // The first attempt of all is no retry, also when it comes after an end without any.
    retries: before.runCount === 0 ? Math.max(0, attempts - 1) : attempts,
    runTimeUs: Math.max(0, runTimeUs - before.runTimeUs),
    ran: attempts > 0,
  };
}

/**
 * The run time as a whole number of µs, which is what Prefect rounded from. Between 0 and what numbers hold exactly:
 * clocks that jump make it negative, or centuries.
 */
export const runTimeUsOf = ({ total_run_time: seconds }: Pick<FinishedRun, 'total_run_time'>): number =>
  Math.min(Math.max(0, Math.round(seconds * 1e6)), Number.MAX_SAFE_INTEGER);

/** A run that completed is hardly ever run again; a failed one is, and then its earlier attempts are known. */
export function rememberAttempts(ledger: Ledger, run: FinishedRun, endUs: number): void {
  if (run.state_type === 'COMPLETED' && !ledger.countedAttempts.has(run.id)) return;
  // Set anew, so that the order is that of the ends.
  ledger.countedAttempts.delete(run.id);
  ledger.countedAttempts.set(run.id, {
    endUs,
    runCount: run.run_count,
    runTimeUs: runTimeUsOf(run),
  });
}

const rememberedUs = 7 * 86_400e6;
const maxRemembered = 5_000;

/** Forgets ends a week before what was read, and the oldest above five thousand. */
export function forgetAttempts({ countedAttempts, sources }: Ledger): void {
  const oldestUs = sources.finishedRuns.cursorUs - rememberedUs;
  for (const [id, { endUs }] of countedAttempts) {
    if (endUs < oldestUs || countedAttempts.size > maxRemembered) countedAttempts.delete(id);
  }
}
