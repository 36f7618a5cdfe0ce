import type { Clock } from '../../lib/clock.ts';
import { chance } from './chance.ts';
import type { Delivery } from './schedule.ts';
import type { Timeline } from './timeline.ts';

/** One run of the exporter: its clock, and the steps at which it waits for the world, is held up, or ends for ever. */
export interface Invocation {
  readonly id: number;
  readonly tickMs: number;
  readonly plan: Delivery;
  readonly clock: Clock;
  /** Waits for an answer of the world; never settles once the invocation has crashed. */
  step(): Promise<void>;
  /** As `step`, for as long as it is told. */
  wait(ms: number): Promise<void>;
  isDead(): boolean;
}

export interface InvocationOptions {
  readonly id: number;
  readonly seed: number;
  readonly tickMs: number;
  readonly plan: Delivery;
  readonly timeline: Timeline;
  onStep(): void;
  onCrash(): void;
}

export function createInvocation(options: InvocationOptions): Invocation {
  const { id, seed, tickMs, plan, timeline, onStep, onCrash } = options;
  let steps = 0;
  let randoms = 0;
  let dead = false;

  const after = (ms: number, run: () => void) =>
    timeline.at(timeline.now() + ms, () => {
      if (!dead) run();
    });
  const wait = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      if (dead) return;
      steps += 1;
      onStep();
      const step = steps;
      const heldMs = plan.stall?.step === step ? plan.stall.ms : 0;
      after(ms + heldMs, () => {
        if (plan.crashAt === step) {
          dead = true;
          onCrash();
        } else resolve();
      });
    });
  return {
    id,
    tickMs,
    plan,
    wait,
    step: () => wait(5 + Math.floor(chance(seed, 'step', id, steps) * 200)),
    isDead: () => dead,
    clock: {
      now: timeline.now,
      monotonic: timeline.now,
      sleep: (ms) => new Promise((resolve) => after(ms, resolve)),
      after,
      random: () => chance(seed, 'random', id, randoms++),
      uuid: () => `ledger-${id}-${randoms++}`,
    },
  };
}
