import type { Problem } from '../problem.ts';

/** With everything loaded and next to no data a process holds about 115 MB. */
const leastMb = 192;
/** Of the memory. Above it a somewhat larger workspace, or the catch-up after an outage, may not fit. */
const nearlyAll = 0.9;

/**
 * A function that holds more than its memory is killed in the middle of a tick, without a word of its own. So that a
 * log that ends like that explains itself, this is said before.
 *
 * @param limitMb the function's memory, MB
 */
export function explainLittleMemory(limitMb: number): readonly Problem[] {
  if (limitMb >= leastMb) return [];
  const problem: Problem = {
    slug: 'memory-short',
    message: `The function has ${limitMb} MB of memory, hardly more than it takes without any data. When it does not suffice Lambda kills it in the middle of a tick (signal: killed, Runtime.OutOfMemory).`,
    found: `${limitMb} MB`,
    expected: '256 MB or more',
    do: 'give the function 256 MB of memory (memorySize); by the second it costs more, and it takes fewer of them',
  };
  return [problem];
}

/** @param peakMb the most that the process has held so far, MB */
export function explainMemoryUse(peakMb: number, limitMb: number): readonly Problem[] {
  if (peakMb < nearlyAll * limitMb) return [];
  const problem: Problem = {
    slug: 'memory-short',
    message: `The function has held ${Math.round(peakMb)} of its ${limitMb} MB of memory. When it needs more Lambda kills it in the middle of a tick.`,
    found: `${Math.round(peakMb)} of ${limitMb} MB`,
    expected: `less than ${Math.floor(nearlyAll * limitMb)} MB`,
    do: 'give the function twice the memory (memorySize), or push less: DETAIL=flow, FLOWS_EXCLUDE, MAX_SERIES',
  };
  return [problem];
}
