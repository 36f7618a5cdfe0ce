import { expect, onTestFinished, test } from 'vitest';
import { smallWorkspace, startPrefect, startTestReceiver, tickOnce } from './scene.ts';

test.each([
  [20, 'pushed'],
  // More labels than receivers take, for the families with most labels of their own.
  [23, 'partial'],
  [40, 'partial'],
])('with %i external labels a tick counts as %s', async (count, outcome) => {
  const prefect = await startPrefect(smallWorkspace);
  onTestFinished(() => prefect.stop());
  const receiver = await startTestReceiver();
  const { report } = await tickOnce({
    PREFECT_API_URL: prefect.apiUrl,
    REMOTE_WRITE_URL: receiver.writeUrl.href,
    EXTERNAL_LABELS: Array.from({ length: count }, (_, index) => `l${index}=x`).join(),
  });
  expect(report.outcome).toBe(outcome);
  expect(report.problems.some(({ slug }) => slug === 'invalid-family')).toBe(outcome === 'partial');
});
