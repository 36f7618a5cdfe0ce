import type { Source } from './ledger.ts';
import { type Place, type Room, snapshot } from './series-map.ts';
import { type TickGrid, ticksToEmit } from './ticks.ts';

/** Something that happened, and what it changes. */
export interface Observation {
  /** µs since the Unix epoch. */
  readonly atUs: number;
  apply(place: Place): void;
}

/** The values of a source's series as of one tick, in the order of its map; series that came later are not there. */
export interface EmittedTick {
  readonly tickMs: number;
  readonly values: Float64Array;
}

export interface SourceReading {
  readonly observations: readonly Observation[];
  /** µs: completely read up to here. */
  readonly readToUs: number;
  /** µs: how long before the end of this read the next one starts. */
  readonly overlapUs: number;
}

/**
 * Applies what was read, tick by tick, and moves the source on. Each observation belongs to the first emitted tick at
 * or after it; what comes after the last one is counted and shows at the next. That one rule serves late, repaired and
 * ordinary observations: no tick that was emitted ever changes, and none is ahead of what was read.
 */
export function advanceSource(
  source: Source,
  { observations, readToUs, overlapUs }: SourceReading,
  grid: TickGrid,
  room: Room,
): readonly EmittedTick[] {
  const ordered = [...observations].sort((a, b) => a.atUs - b.atUs);
  const ticks = ticksToEmit(source, readToUs, grid);
  let next = 0;
  const applyUntil = (untilUs: number, tickMs: number): void => {
    const place = { map: source.series, tickMs, room };
    for (let one = ordered[next]; one !== undefined && one.atUs <= untilUs; one = ordered[next]) {
      one.apply(place);
      next += 1;
    }
  };
  const emitted = ticks.map((tickMs): EmittedTick => {
    applyUntil(tickMs * 1000, tickMs);
    return { tickMs, values: snapshot(source.series) };
  });
  applyUntil(Number.POSITIVE_INFINITY, grid.nowMs);
  source.emittedToMs = ticks.at(-1) ?? source.emittedToMs;
  move(source, readToUs, grid.nowMs * 1000 - overlapUs);
  return emitted;
}

/** The next read starts where nothing can be missing any more; what ended before is never read, so never seen, again. */
function move(source: Source, readToUs: number, settledUs: number): void {
  source.cursorUs = Math.max(source.cursorUs, readToUs);
  source.readFromUs = Math.max(source.readFromUs, Math.min(readToUs, settledUs));
  for (const [key, endUs] of source.seen) if (endUs < source.readFromUs) source.seen.delete(key);
}
