import type { ZoneSuffix } from './timestamps.ts';
import type { NeverStartedFinish } from './transitions.ts';

/** In what the answers of one server version differ from another's. */
export interface Dialect {
  readonly version: string;
  readonly major: 2 | 3;
  readonly zone: ZoneSuffix;
  /** Which Pydantic words the validation errors: 1 in Prefect 2, 2 in Prefect 3. */
  readonly pydantic: 1 | 2;
  readonly neverStarted: NeverStartedFinish;
  /** `state.type` with both `any_` and `not_any_` filters nothing (seen in 3.8.4, gone in 3.9.1). */
  readonly losesStateFilterWithBothOperators: boolean;
  /** SQLite answers one bucket for a history that ends before it starts (until 3.8). */
  readonly bucketForBackwardsHistory: boolean;
  /** Prefect 2 compares start times only with `start_time`, not with the expected one of runs to come. */
  readonly startTimeFilterTakesExpected: boolean;
  /** Prefect 2 takes `workers.status` and does nothing with it. */
  readonly hasWorkerStatusFilter: boolean;
  readonly hasEndTimeFilter: boolean;
  /** `end_time` of task runs (3.6.22). */
  readonly hasTaskEndTimeFilter: boolean;
  readonly hasCreatedByFilter: boolean;
  /** `active_slots` in lists of pools and queues (3.6.23). */
  readonly hasActiveSlots: boolean;
}

export function dialectOf(version: string): Dialect {
  const [major = 3, minor = 0, patch = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  const atLeast = (...wanted: readonly [number, number, number]) => {
    const have = [major, minor, patch];
    const at = wanted.findIndex((part, index) => part !== have[index]);
    return at === -1 || (have[at] ?? 0) > (wanted[at] ?? 0);
  };
  const isTwo = major < 3;
  return {
    version,
    major: isTwo ? 2 : 3,
    zone: isTwo ? '+00:00' : 'Z',
    pydantic: isTwo ? 1 : 2,
    neverStarted: isTwo ? 'no-times' : atLeast(3, 6, 14) ? 'start-and-end' : 'end-only',
    losesStateFilterWithBothOperators: !isTwo && !atLeast(3, 9, 0),
    bucketForBackwardsHistory: !atLeast(3, 9, 0),
    startTimeFilterTakesExpected: !isTwo,
    hasWorkerStatusFilter: !isTwo,
    hasEndTimeFilter: atLeast(3, 0, 4),
    hasTaskEndTimeFilter: atLeast(3, 6, 22),
    hasCreatedByFilter: atLeast(3, 6, 13),
    hasActiveSlots: atLeast(3, 6, 23),
  };
}
