import { deadlineIn } from '../../lib/deadline.ts';
import { LedgerDocumentError } from '../../lib/ledger/errors.ts';
import { TickError } from '../../lib/report.ts';
import { PushError } from '../../lib/sinks/sink.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import { StoreError } from '../../lib/stores/store.ts';
import { runTick } from '../../lib/tick.ts';
import { chance } from './chance.ts';
import { type Container, createContainer, tickOptions } from './container.ts';
import { createGateway, type Gateway } from './gateway.ts';
import { createInvocation, type Invocation } from './invocation.ts';
import { createSend, type NetworkOptions } from './network.ts';
import type { Profile } from './profiles.ts';
import { createReceiver, type ReceivedSeries } from './receiver.ts';
import type { Stored } from './record.ts';
import type { Delivery, Schedule, Window } from './schedule.ts';
import { intervalAt, minuteMs } from './settings.ts';
import { createTimeline, type Timeline } from './timeline.ts';
import { createWatch, type Watch } from './watch.ts';
import { createWorkspace, isWithin, type Workspace } from './workspace.ts';

/** 2026-11-20T10:00:00Z. */
export const startMs = Date.UTC(2026, 10, 20, 10);

/** What a schedule led to. */
export interface Outcome {
  readonly profile: Profile;
  readonly schedule: Schedule;
  readonly workspace: Workspace;
  /** Documents in the order in which they were stored. */
  readonly stored: readonly Stored[];
  readonly received: ReadonlyMap<string, ReceivedSeries>;
  readonly gateway: Gateway;
  readonly watch: Watch;
  readonly counts: Counts;
}

export interface Counts {
  ticks: number;
  crashes: number;
  steps: number;
  requests: number;
}

/** Runs a schedule and some healthy ticks after it. */
export async function simulate(profile: Profile, plan: Schedule): Promise<Outcome> {
  const schedule = endingInTime(plan);
  const timeline = createTimeline(startMs);
  const workspace = createWorkspace(schedule, startMs);
  const receiver = createReceiver({ refuses: profile.refuses, windowMs: profile.headWindowMs });
  const gateway = createGateway();
  const stored: Stored[] = [];
  const counts: Counts = { ticks: 0, crashes: 0, steps: 0, requests: 0 };
  const watch = createWatch(profile, counts);
  const network = { schedule, profile, startMs, timeline, receiver, gateway, observer: watch.observer };
  const fleet = createFleet({ profile, schedule, timeline, workspace, watch, counts, network, stored });

  const ticks = schedule.ticks.length + profile.healthyTicks;
  for (let tick = 0; tick < ticks; tick += 1) {
    for (const delivery of deliveriesOf(schedule, tick)) {
      const at = startMs + tick * minuteMs + delivery.delayMs;
      if (!isLostTickAgain(schedule, tick, at - startMs))
        timeline.at(at, () => fleet.deliver(tick, delivery));
    }
  }
  if (schedule.lostAtMs !== undefined) timeline.at(startMs + schedule.lostAtMs, () => fleet.loseDocument());
  await timeline.run(startMs + (ticks + 3) * minuteMs);
  return { profile, schedule, workspace, stored, received: receiver.series(), gateway, watch, counts };
}

/**
 * Nobody can know any more that a tick was done when the document that said so was removed: its event must not come
 * again. A limit that is documented; the next tick begins anew.
 */
const isLostTickAgain = ({ lostAtMs }: Schedule, tick: number, arrivesMs: number): boolean =>
  lostAtMs !== undefined && tick * minuteMs <= lostAtMs && arrivesMs >= lostAtMs;

/** Outages end before the healthy ticks begin. */
function endingInTime(plan: Schedule): Schedule {
  const endMs = plan.ticks.length * minuteMs;
  const cut = (windows: readonly Window[]) =>
    windows.map(({ from, length }) => ({ from, length: Math.max(0, Math.min(length, endMs - from)) }));
  return {
    ...plan,
    prefectDown: cut(plan.prefectDown),
    namesDown: cut(plan.namesDown),
    queuesDown: cut(plan.queuesDown),
    receiverDown: cut(plan.receiverDown),
  };
}

const healthy: Delivery = {
  delayMs: 700,
  cold: false,
  crashAt: undefined,
  stall: undefined,
  store: undefined,
  requests: [],
};

/** Those of a tick that is on the schedule. */
export function deliveriesOf(schedule: Schedule, tick: number): readonly Delivery[] {
  const intervalMs = intervalAt(schedule, tick);
  if ((tick * minuteMs) % intervalMs !== 0) return [];
  const plan = schedule.ticks[tick];
  if (plan === undefined) return [healthy];
  return schedule.blackout !== undefined && isWithin([schedule.blackout], tick) ? [] : plan;
}

interface FleetOptions {
  readonly profile: Profile;
  readonly schedule: Schedule;
  readonly timeline: Timeline;
  readonly workspace: Workspace;
  readonly watch: Watch;
  readonly counts: Counts;
  readonly network: NetworkOptions;
  readonly stored: Stored[];
}

/** The containers over their one store. */
function createFleet(options: FleetOptions) {
  const { profile, schedule, timeline, workspace, watch, counts, network, stored } = options;
  const shared = createMemoryStore({
    clock: createInvocation({
      id: -1,
      seed: 0,
      tickMs: 0,
      plan: healthy,
      timeline,
      onStep: () => undefined,
      onCrash: () => undefined,
    }).clock,
  });
  const containers: Container[] = [];
  const running = new Set<Invocation>();
  const committed = new Set<Invocation>();
  let invocations = 0;

  const take = (id: number, { cold }: Delivery, isChaotic: boolean): Container => {
    const idle = containers.filter(({ isBusy }) => !isBusy);
    idle.sort((a, b) => a.usedMs - b.usedMs);
    const isLastUsed = !isChaotic || chance(schedule.seed, 'container', id) < 0.8;
    const warm = cold ? undefined : idle.at(isLastUsed ? -1 : 0);
    if (warm !== undefined) return warm;
    const made = createContainer(shared, {
      onOpened: watch.opened,
      onSaved(invocation, document) {
        stored.push(document);
        if (document.folded !== undefined) committed.add(invocation);
        watch.opened(invocation, document.ledgerId);
      },
    });
    containers.push(made);
    return made;
  };
  const run = async (container: Container, invocation: Invocation): Promise<void> => {
    const send = createSend(network, invocation);
    const tick = tickOptions({ container, invocation, profile, schedule, workspace, startMs, send });
    try {
      await runTick(tick, invocation.tickMs, deadlineIn(profile.budgetMs, invocation.clock));
    } catch (error) {
      if (!isExpected(error)) watch.report('unexpected error', String(causeOf(error)));
    }
    running.delete(invocation);
    container.isBusy = false;
    container.usedMs = timeline.now();
  };
  return {
    deliver(tick: number, plan: Delivery): void {
      const id = invocations++;
      const container = take(id, plan, tick < schedule.ticks.length);
      container.isBusy = true;
      counts.ticks += 1;
      const invocation = createInvocation({
        id,
        seed: schedule.seed,
        tickMs: startMs + tick * minuteMs,
        plan,
        timeline,
        onStep: () => {
          counts.steps += 1;
        },
        onCrash: () => {
          counts.crashes += 1;
        },
      });
      container.store.begin(invocation);
      running.add(invocation);
      void run(container, invocation);
    },
    loseDocument(): void {
      void shared.remove({ atMs: Number.POSITIVE_INFINITY });
      // The same limit: those at a tick that another one has done must not do it once more.
      const doneMs = stored.at(-1)?.tickMs ?? 0;
      for (const invocation of running) {
        if (invocation.tickMs <= doneMs && !committed.has(invocation)) invocation.kill();
      }
    },
  };
}

const causeOf = (error: unknown): unknown => (error instanceof TickError ? error.cause : error);

const isExpected = (error: unknown): boolean => {
  const cause = causeOf(error);
  return cause instanceof PushError || cause instanceof StoreError || cause instanceof LedgerDocumentError;
};
