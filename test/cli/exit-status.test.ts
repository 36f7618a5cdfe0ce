import { expect, test } from 'vitest';
import { inject } from '../tick/scene.ts';
import { openCommandLine } from './command-line.ts';

const minute = 60_000;

test('push ends with 1 when nothing of Prefect answers, though its own series arrive', async () => {
  const line = await openCommandLine();
  await line.prefect.stop();
  expect(await line.run(['push'], { environment: { MAX_RETRIES: '0' } })).toBe(1);
  const names = new Set(line.receiver.series().map(({ labels }) => labels.__name__));
  expect(names).toContain('prefect_up');
  expect(names).not.toContain('prefect_flows');
});

test.each([
  ['out of bounds', 1],
  // It has them, or somebody else's: nothing that this run could do better.
  ['duplicate sample for timestamp', 0],
])('push ends with its receiver refusing data, %s: %i', async (body, status) => {
  const line = await openCommandLine();
  inject(line.receiver, () => ({ kind: 'status', status: 400, body }));
  expect(await line.run(['push'])).toBe(status);
});

test('push ends with 1 when a clock is wrong, so that nothing was pushed', async () => {
  const line = await openCommandLine();
  line.outside.setNow(line.clock.now() - 5 * minute);
  expect(await line.run(['push'])).toBe(1);
  expect(line.receiver.requests).toEqual([]);
});
