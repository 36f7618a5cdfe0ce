/** Lets a few tasks run at a time; the most urgent of the waiting ones next, the first of equals first. */
export interface Gate {
  /** Settles as `task` does. A smaller `rank` is more urgent. */
  run<Value>(task: () => Promise<Value>, rank: number): Promise<Value>;
}

interface Waiting {
  readonly rank: number;
  start(): void;
}

export function createGate(maxRunning: number): Gate {
  const waiting: Waiting[] = [];
  let running = 0;
  const admit = (): void => {
    while (running < maxRunning) {
      const next = takeMostUrgent(waiting);
      if (next === undefined) return;
      running += 1;
      next.start();
    }
  };
  const leave = (): void => {
    running -= 1;
    admit();
  };
  return {
    run: (task, rank) =>
      new Promise((resolve, reject) => {
        const start = () => void task().then(resolve, reject).finally(leave);
        waiting.push({ rank, start });
        // Later: whoever asks in the same turn is compared by rank, not by who came first.
        queueMicrotask(admit);
      }),
  };
}

function takeMostUrgent(waiting: Waiting[]): Waiting | undefined {
  const ranks = waiting.map(({ rank }) => rank);
  const [next] = waiting.splice(ranks.indexOf(Math.min(...ranks)), 1);
  return next;
}
