import { HttpStatusError } from '../http/errors.ts';

/** What a server without a filter by `end_time` is: Prefect 2, or one of the first releases of Prefect 3. */
export type WithoutEndTimeFilter = 'prefect-2' | 'prefect-3';

/** Servers are upgraded under a warm process. */
const knownForMs = 3_600_000;

/** Which lists the server cannot filter by `end_time`; one for the life of the process. */
export interface EndTimeFilterCache {
  /** Undefined when the filter is there, nobody asked yet, or what was learned is an hour old. */
  missingIn(list: string, nowMs: number): WithoutEndTimeFilter | undefined;
  learnMissing(list: string, server: WithoutEndTimeFilter, nowMs: number): void;
}

export function createEndTimeFilterCache(): EndTimeFilterCache {
  const missing = new Map<string, { readonly server: WithoutEndTimeFilter; readonly learnedAtMs: number }>();
  return {
    missingIn(list, nowMs) {
      const known = missing.get(list);
      return known !== undefined && nowMs - known.learnedAtMs < knownForMs ? known.server : undefined;
    },
    learnMissing: (list, server, nowMs) => missing.set(list, { server, learnedAtMs: nowMs }),
  };
}

/**
 * Tells the refusal of the filter from every other error: `extra_forbidden` in the words of Prefect 3,
 * `value_error.extra` in those of Prefect 2, for the field `end_time`.
 */
export function withoutFilterBy(error: unknown): WithoutEndTimeFilter | undefined {
  if (!(error instanceof HttpStatusError) || error.status !== 422) return undefined;
  if (!/"loc":\s*\["body",\s*"\w+",\s*"end_time"\]/.test(error.bodyExcerpt)) return undefined;
  if (/"value_error\.extra"/.test(error.bodyExcerpt)) return 'prefect-2';
  return /"extra_forbidden"/.test(error.bodyExcerpt) ? 'prefect-3' : undefined;
}
