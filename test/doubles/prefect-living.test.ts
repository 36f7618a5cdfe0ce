import { describe, expect, test } from 'vitest';
import { createLivingWorkspace, type LivingWorkspace } from '../../doubles/prefect/living.ts';
import type { FlowRunRecord } from '../../doubles/prefect/records.ts';
import { isTerminal } from '../../doubles/prefect/transitions.ts';
import { createFakeClock } from '../support/clock.ts';

const summary = ({ workspace }: LivingWorkspace) =>
  [...workspace.runs.values()].map((run) => [run.id, run.state.name, run.state.timestampUs]);

const minuteMs = 60_000;

const isLawful = ({ state, startUs, endUs, nextScheduledUs }: FlowRunRecord, nowUs: number) =>
  state.timestampUs <= nowUs &&
  (endUs !== null) === isTerminal(state.type) &&
  (nextScheduledUs !== null) === (state.type === 'SCHEDULED') &&
  (state.type !== 'RUNNING' || startUs !== null);

describe('the living workspace', () => {
  test('lives the same life in one step as in many', async () => {
    const clock = createFakeClock();
    const inOne = createLivingWorkspace({ clock });
    const inMany = createLivingWorkspace({ clock });
    const startMs = clock.now();
    inOne.advance(startMs + 30 * minuteMs);
    for (let minute = 1; minute <= 30; minute += 1) inMany.advance(startMs + minute * minuteMs);
    expect(summary(inMany)).toEqual(summary(inOne));
  });

  test('keeps the rules of a server at every minute', async () => {
    const clock = createFakeClock();
    const living = createLivingWorkspace({ clock });
    const seen = new Set<string>();
    const unlawful: FlowRunRecord[] = [];
    for (let minute = 0; minute < 120; minute += 1) {
      await clock.advance(minuteMs);
      living.advance();
      for (const run of living.workspace.runs.values()) {
        seen.add(run.state.name);
        if (!isLawful(run, clock.now() * 1000)) unlawful.push(run);
      }
    }
    expect(unlawful).toEqual([]);
    for (const name of [
      'Scheduled',
      'Late',
      'Pending',
      'Running',
      'AwaitingRetry',
      'Completed',
      'Failed',
      'Crashed',
    ]) {
      expect(seen).toContain(name);
    }
  });

  test('has a queue that nobody serves, in which runs pile up, and a run that never ends', async () => {
    const clock = createFakeClock();
    const living = createLivingWorkspace({ clock });
    const { workspace } = living;
    const training = [...workspace.workQueues.values()].find((queue) => queue.name === 'training');
    const late = () =>
      [...workspace.runs.values()].filter(
        (run) => run.workQueueId === training?.id && run.state.name === 'Late',
      ).length;
    const before = late();
    const oldest = Math.min(
      ...[...workspace.runs.values()].map((run) =>
        run.endUs === null ? (run.startUs ?? Infinity) : Infinity,
      ),
    );
    await clock.advance(60 * minuteMs);
    living.advance();
    expect(late()).toBeGreaterThan(before);
    expect(training?.status).toBe('NOT_READY');
    const stuck = [...workspace.runs.values()].find((run) => run.startUs === oldest);
    expect(stuck?.state.type).toBe('RUNNING');
  });

  test('respects the limits of queues', async () => {
    const clock = createFakeClock();
    const living = createLivingWorkspace({ clock });
    const batch = [...living.workspace.workQueues.values()].find((queue) => queue.name === 'batch');
    for (let minute = 0; minute < 60; minute += 1) {
      await clock.advance(minuteMs);
      living.advance();
      const slots = [...living.workspace.runs.values()].filter(
        // A run that is resumed after a pause asks for no slot.
        ({ workQueueId, state, totalRunUs }) =>
          workQueueId === batch?.id && totalRunUs === 0 && ['RUNNING', 'PENDING'].includes(state.type),
      );
      expect(slots.length).toBeLessThanOrEqual(batch?.concurrencyLimit ?? 0);
    }
  });
});
