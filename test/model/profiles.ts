/** What the schedules of one kind contain, and under which settings they run. */
export interface Profile {
  readonly sink: 'remote-write' | 'pushgateway';
  /** Whether a receiver refuses a whole request for one bad sample, or only that sample. */
  readonly refuses: 'request' | 'sample';
  /** What a receiver says of samples that are too old: 500 is Prometheus before 2.50 with an out-of-order window. */
  readonly tooOldStatus: 400 | 500;
  readonly ticks: readonly [min: number, max: number];
  readonly healthyTicks: number;
  /** In 100. */
  readonly odds: {
    readonly missed: number;
    readonly twice: number;
    readonly late: number;
    readonly cold: number;
    readonly crash: number;
    readonly stall: number;
    readonly store: number;
    readonly request: number;
    readonly retry: number;
  };
  readonly outages: {
    readonly prefect: Outages;
    readonly names: Outages;
    readonly queues: Outages;
    readonly receiver: Outages;
  };
  /** Where an invocation is held up. */
  readonly stallsAt: 'any' | 'committed';
  /** Of an invocation, ms: more than an interval where a function may run for longer than that. */
  readonly budgetMs: number;
  /** At most, a tick. */
  readonly runsPerTick: number;
  readonly taskRuns: boolean;
  /** Rows a page of Prefect's lists. */
  readonly pageRows: number;
  /** How long a page takes, at least; a catch-up that takes too long goes on at the next tick. */
  readonly pageMs: number;
  /** By how much the lists seem longer than they are when they are counted: a catch-up cuts at 2,000 rows. */
  readonly countScale: number;
  /** OUTBOX_MAX_MINUTES, and what is too old for the receiver, behind its newest sample. */
  readonly outboxMs: number;
  readonly headWindowMs: number;
  readonly retentionMs: number;
  readonly maxSeries: number;
  readonly zeroFill: boolean;
  readonly acknowledgeAtOnce: boolean;
  readonly blackout: readonly [minTicks: number, maxTicks: number] | undefined;
  readonly change: 'interval' | 'overlap' | undefined;
  readonly documentLost: boolean;
  readonly deploymentGaps: boolean;
}

interface Outages {
  readonly count: number;
  readonly maxMs: number;
  readonly minMs?: number;
}

const minute = 60_000;
const none: Outages = { count: 0, maxMs: 0 };

const base: Profile = {
  sink: 'remote-write',
  refuses: 'request',
  tooOldStatus: 400,
  ticks: [2, 7],
  healthyTicks: 3,
  odds: { missed: 8, twice: 10, late: 5, cold: 15, crash: 12, stall: 10, store: 4, request: 8, retry: 15 },
  outages: {
    prefect: { count: 1, maxMs: 4 * minute },
    names: none,
    queues: { count: 1, maxMs: 4 * minute },
    receiver: { count: 1, maxMs: 5 * minute },
  },
  stallsAt: 'any',
  budgetMs: 45_000,
  runsPerTick: 1.5,
  taskRuns: false,
  pageRows: 20,
  pageMs: 0,
  countScale: 1,
  outboxMs: 50 * minute,
  headWindowMs: 60 * minute,
  retentionMs: 30 * 1440 * minute,
  maxSeries: 20_000,
  zeroFill: false,
  acknowledgeAtOnce: false,
  blackout: undefined,
  change: undefined,
  documentLost: false,
  deploymentGaps: false,
};

const overlapping: Profile = {
  ...base,
  odds: { ...base.odds, twice: 35, late: 20, cold: 40, crash: 6, stall: 35 },
};

const noOdds = { missed: 0, twice: 0, late: 0, cold: 0, crash: 0, stall: 0, store: 0, request: 0, retry: 0 };

/** A receiver that is away for longer than samples wait for it: all limits a quarter of what they are by default. */
const longOutage: Profile = {
  ...base,
  ticks: [22, 40],
  healthyTicks: 6,
  odds: { ...base.odds, missed: 4, twice: 6, request: 3, store: 2 },
  outages: { ...base.outages, receiver: { count: 1, minMs: 9 * minute, maxMs: 32 * minute } },
  runsPerTick: 0.6,
  outboxMs: 12.5 * minute,
  headWindowMs: 15 * minute,
};

/** Invocations that are held up between their write and what they send, so that the next ones overtake them. */
const held: Profile = {
  ...base,
  ticks: [9, 14],
  healthyTicks: 6,
  odds: { ...noOdds, late: 20, stall: 60, cold: 30 },
  stallsAt: 'committed',
  budgetMs: 150_000,
  outages: {
    ...base.outages,
    prefect: none,
    queues: none,
    receiver: { count: 1, minMs: 4 * minute, maxMs: 8 * minute },
  },
  runsPerTick: 2,
  outboxMs: 3.5 * minute,
  headWindowMs: 6 * minute,
};

export const profiles = {
  calm: { ...base, odds: noOdds, outages: { prefect: none, names: none, queues: none, receiver: none } },
  base,
  persample: { ...base, refuses: 'sample' },
  prefect: {
    ...base,
    outages: {
      ...base.outages,
      prefect: { count: 2, maxMs: 7 * minute },
      names: { count: 2, maxMs: 4 * minute },
    },
  },
  tasks: { ...base, taskRuns: true, zeroFill: true, runsPerTick: 1 },
  commandline: { ...base, acknowledgeAtOnce: true, odds: { ...base.odds, cold: 100 } },
  overlapping,
  backlog: {
    ...overlapping,
    ticks: [5, 9],
    odds: { ...overlapping.odds, request: 20, crash: 10 },
    outages: { ...base.outages, receiver: { count: 2, minMs: 60_000, maxMs: 4 * minute } },
  },
  catchup: {
    ...base,
    ticks: [18, 26],
    pageRows: 1,
    pageMs: 1_000,
    countScale: 500,
    runsPerTick: 3,
    outages: { ...base.outages, prefect: { count: 2, minMs: 3 * minute, maxMs: 18 * minute } },
  },
  longout: longOutage,
  old500: { ...longOutage, tooOldStatus: 500 },
  longmiss: { ...longOutage, outages: { ...base.outages, prefect: none }, blackout: [9, 32] },
  hour: {
    ...longOutage,
    ticks: [90, 160],
    odds: { ...longOutage.odds, crash: 5, stall: 5 },
    outages: { ...base.outages, receiver: { count: 1, minMs: 40 * minute, maxMs: 130 * minute } },
    runsPerTick: 0.3,
    outboxMs: 50 * minute,
    headWindowMs: 60 * minute,
  },
  overlap: { ...base, change: 'overlap' },
  interval: { ...base, ticks: [14, 24], healthyTicks: 6, change: 'interval' },
  doclost: { ...base, documentLost: true, odds: { ...base.odds, crash: 5 } },
  full: { ...base, maxSeries: 130 },
  forget: { ...base, ticks: [12, 24], retentionMs: 4 * minute, runsPerTick: 0.5, deploymentGaps: true },
  held,
  pgwheld: { ...held, healthyTicks: 6, sink: 'pushgateway', outages: { ...base.outages, receiver: none } },
  pgw: { ...base, healthyTicks: 6, sink: 'pushgateway' },
  pgwoverlap: { ...overlapping, healthyTicks: 6, sink: 'pushgateway' },
} satisfies Record<string, Profile>;

export type ProfileName = keyof typeof profiles;

// The keys of an object that is spelled out above.
export const profileNames = Object.keys(profiles) as ProfileName[];

export const profileOf = (name: ProfileName): Profile => profiles[name];
