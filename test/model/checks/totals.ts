import { type Expected, finishedFamily, shownLabels } from '../expected.ts';
import type { ReceivedSeries, Value } from '../receiver.ts';
import type { Violation } from '../watch.ts';
import { type Finish, finishId, isVisible } from '../workspace.ts';
import type { Outcome } from '../world.ts';

/** Every end that could be read was read, and nothing counts that was not. */
export function checkFinishes({ workspace, profile }: Outcome, expected: Expected): readonly Violation[] {
  const { last, finishes, taskFinishes } = expected;
  const missing = (all: readonly Finish[], counted: readonly Finish[]) => {
    const known = new Set(counted.map(finishId));
    return all.filter((one) => mustCount(one, expected) && !known.has(finishId(one)));
  };
  const runs = missing(
    workspace.runs.flatMap((run) => run.finishes),
    finishes,
  );
  const tasks = profile.taskRuns
    ? missing(
        workspace.taskRuns.flatMap((run) => run.finishes),
        taskFinishes,
      )
    : [];
  return [...runs, ...tasks].map(({ id, endUs }) => ({
    rule: 'not counted',
    what: `${id} ended at ${endUs / 1000 - last.createdMs} ms`,
  }));
}

/** One that a retry undid before a tick read it cannot be seen. */
const mustCount = (finish: Finish, { last }: Expected): boolean =>
  finish.endUs > last.createdMs * 1000 &&
  finish.endUs <= last.tickMs * 1000 &&
  finish.hiddenMs === undefined &&
  isVisible(finish, last.tickMs);

/** The last value of each counter at the receiver is what was read. */
export function checkTotals(outcome: Outcome, expected: Expected): readonly Violation[] {
  const { received, schedule, profile } = outcome;
  // Another document began at 0, perhaps behind samples of the one before.
  if (schedule.lostAtMs !== undefined) return [];
  if (profile.deploymentGaps || profile.maxSeries < 1_000) return checkSums(received, expected);
  const shown = new Map<string, ReceivedSeries>();
  for (const series of received.values()) {
    if (expected.counters.has(series.name)) shown.set(`${series.name} ${seriesLabels(series)}`, series);
  }
  const violations: Violation[] = [];
  for (const [family, table] of expected.counters) {
    for (const [labels, value] of table) {
      const key = `${family} ${labels}`;
      const wanted = family.endsWith('_sum') ? value / 1e6 : value;
      violations.push(...checkTotal(key, shown.get(key), wanted, expected));
      shown.delete(key);
    }
  }
  for (const [key, series] of shown) {
    if (lastValue(series) !== 0)
      violations.push({ rule: 'total', what: `${key}: ${lastValue(series)} of nothing` });
  }
  return violations;
}

function checkTotal(
  key: string,
  series: ReceivedSeries | undefined,
  wanted: number,
  { last }: Expected,
): readonly Violation[] {
  const got = lastValue(series);
  if (got !== wanted) return [{ rule: 'total', what: `${key}: ${got} of ${wanted}` }];
  if (series === undefined || series.newestMs >= last.tickMs) return [];
  return [{ rule: 'counter stopped', what: `${key}: ${last.tickMs - series.newestMs} ms before` }];
}

const lastValue = (series: ReceivedSeries | undefined): Value | undefined =>
  series?.samples.get(series.newestMs);

const seriesLabels = ({ labels }: ReceivedSeries): string => {
  const le = labels.le === undefined ? '' : `,le=${labels.le === '+Inf' ? 'Infinity' : Number(labels.le)}`;
  return shownLabels(labels) + le;
};

/** Where label sets are folded or forgotten: all of them together, in all their lives. */
function checkSums(received: Outcome['received'], { finishes }: Expected): readonly Violation[] {
  let sum = 0;
  for (const series of received.values()) if (series.name === finishedFamily) sum += livesOf(series);
  if (sum === finishes.length) return [];
  return [{ rule: 'total', what: `${finishedFamily}: ${sum} of ${finishes.length}` }];
}

function livesOf({ samples }: ReceivedSeries): number {
  let sum = 0;
  let value = 0;
  for (const one of samples.values()) {
    const next = one === 'stale' ? 0 : one;
    if (next < value) sum += value;
    value = next;
  }
  return sum + value;
}
