import { checkCourses } from './checks/course.ts';
import { checkGauges } from './checks/gauges.ts';
import { checkOutbox } from './checks/outbox.ts';
import { checkPushgateway } from './checks/pushgateway.ts';
import { checkFinishes, checkTotals } from './checks/totals.ts';
import { expectedOf } from './expected.ts';
import { type ProfileName, profileOf } from './profiles.ts';
import type { Schedule } from './schedule.ts';
import type { Violation } from './watch.ts';
import { type Counts, type Outcome, simulate } from './world.ts';

export interface Checked {
  readonly violations: readonly Violation[];
  readonly counts: Counts;
}

/** Runs a schedule and holds what came of it against the rules. */
export async function check(profile: ProfileName, schedule: Schedule): Promise<Checked> {
  const outcome = await simulate(profileOf(profile), schedule);
  return { violations: violationsOf(outcome), counts: outcome.counts };
}

export function violationsOf(outcome: Outcome): readonly Violation[] {
  const { watch, profile } = outcome;
  const expected = expectedOf(outcome);
  if (expected === undefined) return [{ rule: 'no document', what: '' }];
  return [
    ...watch.violations,
    ...checkFinishes(outcome, expected),
    ...checkOutbox(outcome),
    ...(profile.sink === 'pushgateway'
      ? checkPushgateway(outcome, expected)
      : [...checkTotals(outcome, expected), ...checkCourses(outcome, expected), ...checkGauges(outcome)]),
  ];
}
