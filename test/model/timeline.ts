/** Virtual time: what is due runs in order, and everything it settles has settled before the next. */
export interface Timeline {
  now(): number;
  /** Returns what cancels it. */
  at(timeMs: number, run: () => void): () => void;
  run(untilMs: number): Promise<void>;
}

interface Due {
  readonly timeMs: number;
  readonly order: number;
  run: (() => void) | undefined;
}

export function createTimeline(startMs: number): Timeline {
  let nowMs = startMs;
  let orders = 0;
  const heap: Due[] = [];
  return {
    now: () => nowMs,
    at(timeMs, run) {
      const due: Due = { timeMs: Math.max(timeMs, nowMs), order: orders++, run };
      push(heap, due);
      return () => {
        due.run = undefined;
      };
    },
    async run(untilMs) {
      for (let due = pop(heap); due !== undefined && due.timeMs <= untilMs; due = pop(heap)) {
        if (due.run === undefined) continue;
        nowMs = due.timeMs;
        due.run();
        await turn();
      }
    },
  };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const isBefore = (a: Due | undefined, b: Due | undefined): boolean =>
  a !== undefined && (b === undefined || a.timeMs < b.timeMs || (a.timeMs === b.timeMs && a.order < b.order));

function push(heap: Due[], due: Due): void {
  let at = heap.length;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const above = heap[parent];
    if (above === undefined || !isBefore(due, above)) break;
    heap[at] = above;
    at = parent;
  }
  heap[at] = due;
}

function pop(heap: Due[]): Due | undefined {
  const top = heap[0];
  const last = heap.pop();
  if (last === undefined || last === top) return top;
  let at = 0;
  for (;;) {
    const left = 2 * at + 1;
    const child = isBefore(heap[left + 1], heap[left]) ? left + 1 : left;
    const below = heap[child];
    if (below === undefined || !isBefore(below, last)) break;
    heap[at] = below;
    at = child;
  }
  heap[at] = last;
  return top;
}
