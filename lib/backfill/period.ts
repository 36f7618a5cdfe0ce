import { tickInstantMs } from '../instant.ts';
import { BackfillError } from './error.ts';

/** The ticks `sinceMs`, `sinceMs` + `intervalMs`, … up to `untilMs`, which is one of them. Ms since the Unix epoch. */
export interface Period {
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly intervalMs: number;
}

export interface AskedPeriod {
  readonly sinceMs: number;
  /** Undefined: up to where the ledger begins, or to now. */
  readonly untilMs: number | undefined;
  readonly intervalMs: number;
}

const instant = (ms: number): string => new Date(ms).toISOString();

/**
 * The ticks of a period, on the grid of the ticks that the exporter does.
 * @param ledgerCreatedMs the first tick of the ledger that is there; undefined where there is none
 * Throws `BackfillError`.
 */
export function planPeriod(asked: AskedPeriod, nowMs: number, ledgerCreatedMs: number | undefined): Period {
  const { intervalMs } = asked;
  const onGrid = (ms: number): number => tickInstantMs(ms, intervalMs / 1000);
  const sinceMs = onGrid(asked.sinceMs);
  // The tick of this minute may be under way.
  const lastMs = Math.min(nowMs, ledgerCreatedMs ?? nowMs) - intervalMs;
  const endMs = asked.untilMs ?? lastMs;
  if (ledgerCreatedMs !== undefined && endMs > lastMs) throw overlap(endMs, ledgerCreatedMs, lastMs);
  const ticks = Math.floor((onGrid(Math.min(endMs, lastMs)) - sinceMs) / intervalMs);
  if (ticks < 1) throw empty(sinceMs, Math.min(endMs, lastMs));
  return { sinceMs, untilMs: sinceMs + ticks * intervalMs, intervalMs };
}

export const tickCount = ({ sinceMs, untilMs, intervalMs }: Period): number =>
  (untilMs - sinceMs) / intervalMs + 1;

const overlap = (endMs: number, createdMs: number, lastMs: number): BackfillError =>
  new BackfillError({
    slug: 'backfill-overlap',
    message: `The ledger has sent values since ${instant(createdMs)}: others for the same minutes would contradict them.`,
    found: `--until ${instant(endMs)}`,
    expected: `at most ${instant(lastMs)}`,
    do: 'leave --until out',
  });

const empty = (sinceMs: number, untilMs: number): BackfillError =>
  new BackfillError({
    slug: 'backfill-period',
    message: 'The period has no whole interval in it.',
    found: `${instant(sinceMs)} to ${instant(untilMs)}`,
    expected: 'a --since before --until, and before the ledger begins',
    do: '--since 7d',
  });
