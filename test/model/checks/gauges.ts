import type { Value } from '../receiver.ts';
import { minuteMs } from '../settings.ts';
import type { Violation } from '../watch.ts';
import { type Outcome, startMs } from '../world.ts';

/**
 * The gauge of each work queue has exactly the samples of the ticks that were stored: 1 where it was listed, one stale
 * marker where it was not any more, nothing where the list could not be read.
 */
export function checkGauges(outcome: Outcome): readonly Violation[] {
  const { profile, schedule, received, watch } = outcome;
  // Gauges of ticks beyond the age limit are gone, and a lost document knows no gauges.
  const isWhole = profile.outboxMs > profile.ticks[1] * minuteMs && schedule.lostAtMs === undefined;
  if (!isWhole || profile.maxSeries < 1_000) return [];
  return ['q0', 'q1'].flatMap((queue) => {
    const [key = '', series] =
      [...received].find(
        ([, { name, labels }]) => name === 'prefect_work_queue_ready' && labels.work_queue === queue,
      ) ?? [];
    const wanted = text(samplesOf(queue, outcome));
    const got = text(series?.samples ?? new Map());
    if (got === wanted || watch.expired.has(key)) return [];
    return [{ rule: 'gauge', what: `${queue}: ${got} instead of ${wanted}` }];
  });
}

function samplesOf(queue: string, { stored }: Outcome): ReadonlyMap<number, Value> {
  const samples = new Map<number, Value>();
  let isThere = false;
  for (const { folded, tickMs } of stored) {
    if (folded?.whole.queues !== true) continue;
    const isListed = folded.queues?.includes(queue) === true;
    if (isListed) samples.set(tickMs, 1);
    else if (isThere) samples.set(tickMs, 'stale');
    isThere = isListed;
  }
  return samples;
}

const text = (samples: ReadonlyMap<number, Value>): string =>
  [...samples].map(([atMs, value]) => `${(atMs - startMs) / minuteMs}:${value}`).join(' ');
