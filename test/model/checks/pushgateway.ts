import { type Expected, expectedOf } from '../expected.ts';
import type { Exposition } from '../gateway.ts';
import type { Violation } from '../watch.ts';
import type { Outcome } from '../world.ts';

const isCounter = (line: string): boolean =>
  /^prefect_[a-z_]+(?:_total|_bucket|_sum|_count)[{ ]/.test(line) && !line.startsWith('prefect_exporter_');

/** What a scrape saw between any two pushes: counters that rise from a zero and stay. */
export function checkPushgateway(outcome: Outcome, expected: Expected): readonly Violation[] {
  const { gateway, schedule } = outcome;
  if (schedule.lostAtMs !== undefined) return [];
  const violations: Violation[] = [];
  let before: Exposition = new Map();
  for (const { series } of gateway.shown) {
    violations.push(...checkStep(before, series));
    before = series;
  }
  // A newborn is zero for a tick longer, and longer where its answer was lost or another container has it.
  const settled = expectedOf({ ...outcome, stored: outcome.stored.slice(0, -5) });
  return [...violations, ...checkLast(before, settled, expected)];
}

function checkStep(before: Exposition, after: Exposition): readonly Violation[] {
  const violations: Violation[] = [];
  for (const [line, value] of after) {
    if (!isCounter(line)) continue;
    const was = before.get(line);
    if (was === undefined && value !== 0)
      violations.push({ rule: 'birth without zero', what: `${line} ${value}` });
    if (was !== undefined && value < was)
      violations.push({ rule: 'counter fell', what: `${line} ${was} ${value}` });
  }
  for (const line of before.keys()) {
    if (isCounter(line) && !after.has(line)) violations.push({ rule: 'counter vanished', what: line });
  }
  return violations;
}

function checkLast(
  last: Exposition,
  settled: Expected | undefined,
  { counters }: Expected,
): readonly Violation[] {
  const violations: Violation[] = [];
  for (const [family, table] of counters) {
    if (family.endsWith('_bucket')) continue;
    const least = sumOf(settled?.counters.get(family));
    const most = sumOf(table);
    let got = 0;
    for (const [line, value] of last) {
      if (line.startsWith(`${family}{`)) got += family.endsWith('_sum') ? Math.round(value * 1e6) : value;
    }
    if (got < least || got > most)
      violations.push({ rule: 'total', what: `${family}: ${got} of ${least} to ${most}` });
  }
  return violations;
}

const sumOf = (table: ReadonlyMap<string, number> | undefined): number =>
  [...(table?.values() ?? [])].reduce((sum, value) => sum + value, 0);
