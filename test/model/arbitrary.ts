import fc from 'fast-check';
import type { Profile } from './profiles.ts';
import type { Change, Delivery, RequestFault, RunPlan, Schedule, TickPlan, Window } from './schedule.ts';

const minute = 60_000;

/** Schedules of a profile. They shrink to fewer ticks, runs and faults. */
export function schedules(profile: Profile): fc.Arbitrary<Schedule> {
  const [min, max] = profile.ticks;
  return fc.integer({ min, max }).chain((ticks) => {
    const { prefect, names, queues, receiver } = profile.outages;
    const during = (outages: typeof prefect) => windows(outages, ticks);
    return fc.record({
      seed: fc.nat(),
      ticks: fc.array(tick(profile), { minLength: ticks, maxLength: ticks }),
      runs: runs(profile, ticks),
      taskRuns: profile.taskRuns ? runs(profile, ticks) : fc.constant([]),
      prefectDown: during(prefect),
      namesDown: during(names),
      queuesDown: during(queues),
      receiverDown: during(receiver),
      queueGaps: fc.array(queueGap(ticks), { maxLength: 3 }),
      deploymentGaps: profile.deploymentGaps
        ? windows({ count: 2, minMs: 3 * minute, maxMs: 15 * minute }, ticks)
        : fc.constant([]),
      blackout: blackout(profile, ticks),
      change: change(profile, ticks),
      lostAtMs: profile.documentLost ? fc.integer({ min: 2 * minute, max: ticks * minute }) : nothing,
    });
  });
}

const nothing = fc.constant(undefined);

/** @param percent how often it is there */
const sometimes = <Value>(percent: number, value: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> =>
  percent === 0
    ? nothing
    : percent === 100
      ? value
      : fc.oneof(
          { withCrossShrink: true },
          { weight: 100 - percent, arbitrary: nothing },
          { weight: percent, arbitrary: value },
        );

function tick(profile: Profile): fc.Arbitrary<TickPlan> {
  const { missed, twice, late } = profile.odds;
  const once = delivery(profile, sometimes(late, fc.integer({ min: 20_000, max: 140_000 })));
  const again = delivery(profile, sometimes(50, fc.integer({ min: 3_000, max: 150_000 })));
  return fc.oneof(
    { withCrossShrink: true },
    { weight: 100 - missed - twice, arbitrary: fc.tuple(once) },
    { weight: missed, arbitrary: fc.constant<TickPlan>([]) },
    { weight: twice, arbitrary: fc.tuple(once, again) },
  );
}

function delivery(
  { odds, stallsAt }: Profile,
  delay: fc.Arbitrary<number | undefined>,
): fc.Arbitrary<Delivery> {
  const soon = fc.integer({ min: 0, max: 2_000 });
  return fc.record({
    delayMs: fc.tuple(delay, soon).map(([later, sooner]) => later ?? sooner),
    cold: sometimes(odds.cold, fc.constant(true)).map((cold) => cold ?? false),
    crashAt: sometimes(odds.crash, fc.integer({ min: 1, max: 24 })),
    stall: sometimes(
      odds.stall,
      fc.record({
        step: stallsAt === 'any' ? fc.integer({ min: 1, max: 20 }) : fc.constant(stallsAt),
        ms: fc.integer({ min: 5_000, max: stallsAt === 'any' ? 150_000 : 110_000 }),
      }),
    ),
    store: sometimes(odds.store, fc.constantFrom('load-fails', 'save-fails', 'answer-lost')),
    requests: fc.array(requestFault(odds.request), { maxLength: odds.request === 0 ? 0 : 8 }),
  });
}

const requestFault = (percent: number): fc.Arbitrary<RequestFault> =>
  sometimes(percent, fc.constantFrom<RequestFault>('answer-lost', 'error', 'zombie', 'slow')).map(
    (fault) => fault ?? 'none',
  );

const visibleAfterMs = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 50 }) },
  { weight: 3, arbitrary: fc.integer({ min: 50, max: 30_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 30_000, max: 180_000 }) },
);

function runs({ runsPerTick, odds }: Profile, ticks: number): fc.Arbitrary<readonly RunPlan[]> {
  const retry = fc.record({
    afterMs: fc.oneof(fc.integer({ min: 1_000, max: 60_000 }), fc.integer({ min: 60_000, max: 400_000 })),
    runUs: fc.integer({ min: 500_000, max: 150_000_000 }),
    attempts: fc.integer({ min: 1, max: 2 }),
    visibleAfterMs,
  });
  const retries = fc.array(retry, { minLength: 1, maxLength: 2 });
  const run: fc.Arbitrary<RunPlan> = fc.record({
    deployment: fc.nat({ max: 2 }),
    dueMs: fc.integer({ min: -4 * minute, max: (ticks + 2) * minute }),
    delayUs: fc.integer({ min: -1_000_000, max: 40_000_000 }),
    attempts: sometimes(92, fc.integer({ min: 1, max: 3 })),
    runUs: fc.integer({ min: 1, max: 200_000_000 }),
    endsOnTick: sometimes(4, fc.constant(true)).map((on) => on ?? false),
    visibleAfterMs,
    state: fc.constantFrom('COMPLETED', 'FAILED', 'CANCELLED'),
    retries: sometimes(odds.retry, retries).map((some) => some ?? []),
  });
  return fc.array(run, { maxLength: Math.ceil(runsPerTick * ticks), size: 'max' });
}

interface OutageLimits {
  readonly count: number;
  readonly maxMs: number;
  readonly minMs?: number;
}

const windows = (
  { count, maxMs, minMs = 10_000 }: OutageLimits,
  ticks: number,
): fc.Arbitrary<readonly Window[]> =>
  fc.array(
    fc.record({
      from: fc.integer({ min: minute, max: ticks * minute }),
      length: fc.integer({ min: minMs, max: Math.max(minMs, maxMs) }),
    }),
    { maxLength: count },
  );

const queueGap = (ticks: number) =>
  fc.record({
    queue: fc.nat({ max: 1 }),
    from: fc.integer({ min: 0, max: ticks * minute }),
    length: fc.integer({ min: minute, max: 8 * minute }),
  });

function blackout({ blackout: limits }: Profile, ticks: number): fc.Arbitrary<Window | undefined> {
  if (limits === undefined) return nothing;
  const [min, max] = limits;
  return fc.record({
    from: fc.integer({ min: 2, max: Math.max(3, ticks - min) }),
    length: fc.integer({ min, max }),
  });
}

function change({ change: what }: Profile, ticks: number): fc.Arbitrary<Change | undefined> {
  if (what === undefined) return nothing;
  const at = { tick: fc.integer({ min: 2, max: ticks }), ticks: fc.integer({ min: 5, max: 30 }) };
  return what === 'interval'
    ? fc.record({ ...at, intervalMs: fc.constant(5 * minute) })
    : fc.record({ ...at, overlapMs: fc.integer({ min: 210_000, max: 12 * minute }) });
}
