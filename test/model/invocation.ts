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
  /** The step after its first write. */
  written(): Promise<void>;
  /** As `step`, for as long as it is told. */
  wait(ms: number): Promise<void>;
  /** Ends it for ever, as a crash does. */
  kill(): void;
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
  let hasWritten = false;

  const after = (ms: number, run: () => void) =>
    timeline.at(timeline.now() + ms, () => {
      if (!dead) run();
    });
  const wait = (ms: number, point?: 'committed'): Promise<void> =>
    new Promise((resolve) => {
      if (dead) return;
      steps += 1;
      onStep();
      const step = steps;
      const isHeld = plan.stall?.step === step || (point !== undefined && plan.stall?.step === point);
      const heldMs = isHeld ? (plan.stall?.ms ?? 0) : 0;
      after(ms + heldMs, () => {
        if (plan.crashAt === step) {
          dead = true;
          onCrash();
        } else resolve();
      });
    });
  const latencyMs = () => 5 + Math.floor(chance(seed, 'step', id, steps) * 200);
  return {
    id,
    tickMs,
    plan,
    wait: (ms) => wait(ms),
    step: () => wait(latencyMs()),
    written() {
      const point = hasWritten ? undefined : 'committed';
      hasWritten = true;
      return wait(latencyMs(), point);
    },
    kill() {
      dead = true;
    },
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
