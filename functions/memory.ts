import { explainLittleMemory, explainMemoryUse } from '../lib/diagnosis/memory.ts';
import type { LogFields } from '../lib/log.ts';
import type { Problem } from '../lib/problem.ts';

/** The memory of one container. Outside Lambda, where it has no limit, there is nothing to say. */
export interface FunctionMemory {
  /** For the log line of a tick, MB. */
  fields(): LogFields;
  /** To be said before a tick, once: the last chance where the memory does not suffice for one. */
  beforeTick(): readonly Problem[];
  /** To be said after a tick, once: what a process has held at most never becomes less. */
  afterTick(): readonly Problem[];
}

/** @param peakMb the most that the process has held so far, MB */
export function createFunctionMemory(
  env: Readonly<Record<string, string | undefined>>,
  peakMb: () => number,
): FunctionMemory {
  const limitMb = Number(env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE ?? Number.NaN);
  if (Number.isNaN(limitMb)) return { fields: () => ({}), beforeTick: () => [], afterTick: () => [] };
  return {
    fields: () => ({ memoryMb: { peak: Math.round(peakMb()), limit: limitMb } }),
    beforeTick: once(() => explainLittleMemory(limitMb)),
    afterTick: once(() => explainMemoryUse(peakMb(), limitMb)),
  };
}

/** The first problems that are found, and then none. */
function once(find: () => readonly Problem[]): () => readonly Problem[] {
  let said = false;
  return () => {
    const problems = said ? [] : find();
    said ||= problems.length > 0;
    return problems;
  };
}
