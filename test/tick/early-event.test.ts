import { expect, onTestFinished, test } from 'vitest';
import { deadlineIn } from '../../lib/deadline.ts';
import { describeSkip } from '../../lib/instant.ts';
import { createFakeClock } from '../support/clock.ts';
import { budgetMs, exporterFor, smallWorkspace, startPrefect, startTestReceiver } from './scene.ts';
import { createTickClock } from './tick-clock.ts';

const minute = 60_000;

async function scene() {
  const clock = createTickClock();
  const outside = createFakeClock();
  const prefect = await startPrefect(smallWorkspace, { clock: outside });
  onTestFinished(() => prefect.stop());
  const receiver = await startTestReceiver({ clock: outside });
  const environment = { PREFECT_API_URL: prefect.apiUrl, REMOTE_WRITE_URL: receiver.writeUrl.href };
  const exporter = exporterFor({ ...environment, MAX_RETRIES: '0' }, clock);
  const tick = (scheduledMs: number) => clock.settle(exporter.tick(scheduledMs, deadlineIn(budgetMs, clock)));
  return { clock, prefect, receiver, tick };
}

test('an event for a time that lies ahead does nothing, also while Prefect cannot say what time it is', async () => {
  const { clock, prefect, receiver, tick } = await scene();
  await prefect.stop();
  const now = clock.now();
  const report = await tick(now + 10 * minute);
  expect(report).toMatchObject({ outcome: 'skipped', skip: { reason: 'early', earlyMs: 10 * minute } });
  expect(receiver.requests).toEqual([]);
  expect(report.skip && describeSkip(report.skip)).toBe('the event came 600 s before its time');
  // Nor does it keep the ticks until then from being done.
  expect(await tick(now)).toMatchObject({ outcome: 'partial', instantMs: now });
});

test('an event a few seconds before its time is done', async () => {
  const { clock, tick } = await scene();
  expect(await tick(clock.now() + 5_000)).toMatchObject({ outcome: 'pushed' });
});
