import type { Clock } from '../lib/clock.ts';

/** What was started, to be stopped in the opposite order. */
export interface Closing {
  add(stop: () => Promise<void>): void;
  /** Resolves when all has stopped, or after three seconds: what hangs then ends with the process. */
  close(): Promise<void>;
}

const limitMs = 3000;

export function createClosing(clock: Clock): Closing {
  const stops: (() => Promise<void>)[] = [];
  const stopAll = async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
  };
  return {
    add: (stop) => stops.push(stop),
    close() {
      const { promise: over, resolve } = Promise.withResolvers<void>();
      const cancel = clock.after(limitMs, resolve);
      return Promise.race([stopAll(), over]).finally(cancel);
    },
  };
}
