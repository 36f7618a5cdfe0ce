import * as z from 'zod';
import { HttpStatusError } from '../http/errors.ts';
import type { Api } from './api.ts';
import { createGate } from './gate.ts';
import type { EventCounts, EventWindow } from './resources.ts';
import * as schemas from './schemas.ts';
import { ServerTooOldError } from './server-too-old.ts';
import { fromMicroseconds } from './timestamps.ts';

/** Heartbeats of runs are left out: they say nothing, and there are many. */
const eventNames = {
  prefix: [
    'prefect.flow-run.',
    'prefect.task-run.',
    'prefect.work-pool.',
    'prefect.work-queue.',
    'prefect.worker.',
    'prefect.deployment.',
    'prefect.automation.',
  ],
  exclude_name: ['prefect.flow-run.heartbeat'],
};

const call = { path: 'events/count-by/event', schema: z.array(schemas.eventCount), rank: 2 };
const windowsAtOnce = 4;

/**
 * The events that occurred in the window, by name. Rejects with `ServerTooOldError` where none are kept.
 */
export async function countEvents(
  api: Api,
  { startMs, endMs }: EventWindow,
): Promise<ReadonlyMap<string, number>> {
  const occurred = {
    since: fromMicroseconds(startMs * 1000),
    // Both ends belong to it (events/filters.py).
    until: fromMicroseconds(endMs * 1000 - 1),
  };
  try {
    const rows = await api.post(call, { filter: { occurred, event: eventNames } });
    return new Map(rows.map(({ value, count }) => [value, count]));
  } catch (error) {
    if (!isDisabled(error)) throw error;
    throw new ServerTooOldError(
      'this server keeps no events: Prefect 2 does so only with PREFECT_EXPERIMENTAL_EVENTS',
      { cause: error },
    );
  }
}

/** Prefect 2 answers 404 and says so; any other 404 is a failure. */
const isDisabled = (error: unknown): boolean =>
  error instanceof HttpStatusError &&
  error.status === 404 &&
  /events are not enabled/i.test(error.bodyExcerpt);

/** One for each window, in their order; rejects when one of them cannot be counted. */
export async function countEventWindows(
  windows: readonly EventWindow[],
  count: (window: EventWindow) => Promise<ReadonlyMap<string, number>>,
): Promise<readonly EventCounts[]> {
  const gate = createGate(windowsAtOnce);
  return Promise.all(
    windows.map(async (window) => ({ window, counts: await gate.run(() => count(window), 0) })),
  );
}
