import type { Source } from './ledger.ts';

export interface TickGrid {
  /** The tick that is being done, ms. */
  readonly nowMs: number;
  readonly intervalMs: number;
  /** Ticks that are older than this are not repaired, ms: receivers would refuse them. */
  readonly repairMs: number;
}

/**
 * The ticks to emit for a source, oldest first: those since the last emitted one that lie within what was read, and
 * the present one if it does. They are reckoned from the last emitted tick and not from the clock, so that a changed
 * interval leaves no hole.
 */
export function ticksToEmit(
  { emittedToMs }: Pick<Source, 'emittedToMs'>,
  readToUs: number,
  { nowMs, intervalMs, repairMs }: TickGrid,
): readonly number[] {
  const ticks: number[] = [];
  const oldestMs = nowMs - repairMs;
  // A catch-up after months must not count its way up minute by minute.
  const skipped = Math.max(0, Math.floor((oldestMs - emittedToMs) / intervalMs) - 1);
  const firstMs = emittedToMs + (skipped + 1) * intervalMs;
  for (let tickMs = firstMs; tickMs < nowMs - intervalMs / 2; tickMs += intervalMs) {
    if (tickMs * 1000 > readToUs) return ticks;
    if (tickMs >= oldestMs) ticks.push(tickMs);
  }
  if (nowMs * 1000 <= readToUs && nowMs > emittedToMs) ticks.push(nowMs);
  return ticks;
}
