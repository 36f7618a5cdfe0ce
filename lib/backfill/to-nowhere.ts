import { birthSamples, entrySamples } from '../ledger/outbox.ts';
import type { Target } from './target.ts';

/** Counts what a receiver would get. */
export function createCountingTarget({
  maxSeriesPerRequest,
}: {
  readonly maxSeriesPerRequest: number;
}): Target {
  let samples = 0;
  let requests = 0;
  return {
    async write(entry) {
      for (const batch of [birthSamples(entry), entrySamples(entry)]) {
        samples += batch.length;
        requests += Math.ceil(batch.length / maxSeriesPerRequest);
      }
    },
    checkpoint: async () => ({}),
    finish: async () => undefined,
    close: async () => undefined,
    written: () => ({ samples, requests, bytes: 0 }),
  };
}
