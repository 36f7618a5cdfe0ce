/**
 * What happens to an exporter and around it, as plain data: it can be printed, shrunk and run again. Times are ms after
 * the first tick's instant unless named otherwise.
 */
export interface Schedule {
  /** For what is not spelled out: latencies, ids. */
  readonly seed: number;
  /** One for each interval, from the first on; healthy ticks follow. */
  readonly ticks: readonly TickPlan[];
  readonly runs: readonly RunPlan[];
  readonly taskRuns: readonly RunPlan[];
  readonly prefectDown: readonly Window[];
  readonly namesDown: readonly Window[];
  readonly queuesDown: readonly Window[];
  readonly receiverDown: readonly Window[];
  /** When work queues are there; each is there until its first window begins. */
  readonly queueGaps: readonly QueueGap[];
  /** When a deployment is not listed. */
  readonly deploymentGaps: readonly Window[];
  /** Ticks that nobody delivers, by their number. */
  readonly blackout: Window | undefined;
  readonly change: Change | undefined;
  /** When somebody removes the document. */
  readonly lostAtMs: number | undefined;
}

/** From, included, and how long. */
export interface Window {
  readonly from: number;
  readonly length: number;
}

export interface QueueGap extends Window {
  readonly queue: number;
}

/** A setting that is another one from a tick on, and back as before after some more. */
export interface Change {
  readonly tick: number;
  readonly ticks: number;
  readonly intervalMs?: number;
  readonly overlapMs?: number;
}

/** The deliveries of one scheduled event: none when it was missed, two when it came twice. */
export type TickPlan = readonly Delivery[];

export interface Delivery {
  readonly delayMs: number;
  /** A new container, or else one that is idle. */
  readonly cold: boolean;
  /** The step at which the invocation ends for ever. */
  readonly crashAt: number | undefined;
  /** `committed`: when its document is in the store, and nothing is sent yet. */
  readonly stall: { readonly step: number | 'committed'; readonly ms: number } | undefined;
  readonly store: StoreFault | undefined;
  /** By the number of the request. */
  readonly requests: readonly RequestFault[];
}

export type StoreFault = 'load-fails' | 'save-fails' | 'answer-lost';

/** `zombie`: it arrives long after its sender gave it up. */
export type RequestFault = 'none' | 'answer-lost' | 'error' | 'slow' | 'zombie';

export interface RunPlan {
  readonly deployment: number;
  /** When it was due. */
  readonly dueMs: number;
  readonly delayUs: number;
  /** Undefined: it was cancelled before it started. */
  readonly attempts: number | undefined;
  readonly runUs: number;
  /** Whether it ends exactly at the whole minute after its end. */
  readonly endsOnTick: boolean;
  readonly visibleAfterMs: number;
  readonly state: 'COMPLETED' | 'FAILED' | 'CANCELLED';
  /** Each comes after an end that failed. */
  readonly retries: readonly RetryPlan[];
}

export interface RetryPlan {
  /** After the end before it became visible. */
  readonly afterMs: number;
  readonly runUs: number;
  readonly attempts: number;
  readonly visibleAfterMs: number;
}
