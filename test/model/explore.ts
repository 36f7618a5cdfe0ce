import fc from 'fast-check';
import { schedules } from './arbitrary.ts';
import { check } from './check.ts';
import { type ProfileName, profileOf } from './profiles.ts';
import type { Schedule } from './schedule.ts';
import type { Violation } from './watch.ts';

/** What many schedules of one profile led to. */
export interface Exploration {
  readonly schedules: number;
  readonly ticks: number;
  readonly crashes: number;
  readonly steps: number;
  readonly requests: number;
  /** The smallest that was found; undefined where all rules hold. */
  readonly failure: Failure | undefined;
}

export interface Failure {
  readonly seed: number;
  readonly path: string;
  readonly schedule: Schedule;
  readonly violations: readonly Violation[];
}

export interface ExploreOptions {
  readonly profile: ProfileName;
  readonly numRuns: number;
  readonly seed: number;
  /** Where in the tree of a seed to begin: that of a failure. */
  readonly path?: string;
  /** Whether to look for a smaller schedule with the same violation. */
  readonly shrinks: boolean;
}

export async function explore(options: ExploreOptions): Promise<Exploration> {
  const { profile, numRuns, seed, path, shrinks } = options;
  const totals = { schedules: 0, ticks: 0, crashes: 0, steps: 0, requests: 0 };
  let rule: string | undefined;
  let violations: readonly Violation[] = [];
  const property = fc.asyncProperty(schedules(profileOf(profile)), async (schedule) => {
    const checked = await check(profile, schedule);
    totals.schedules += 1;
    totals.ticks += checked.counts.ticks;
    totals.crashes += checked.counts.crashes;
    totals.steps += checked.counts.steps;
    totals.requests += checked.counts.requests;
    rule ??= checked.violations[0]?.rule;
    // Smaller schedules may break other rules: those are another matter.
    const same = checked.violations.filter((violation) => violation.rule === rule);
    if (same.length > 0) violations = checked.violations;
    return same.length === 0;
  });
  const result = await fc.check(property, {
    numRuns,
    seed,
    ...(path === undefined ? {} : { path }),
    endOnFailure: !shrinks,
  });
  const [schedule] = result.counterexample ?? [];
  const failure =
    schedule === undefined
      ? undefined
      : { seed, path: result.counterexamplePath ?? '', schedule, violations };
  // A defect of the model, and no rule.
  if (result.failed && violations.length === 0) throw result.errorInstance ?? new Error('interrupted');
  return { ...totals, failure };
}
