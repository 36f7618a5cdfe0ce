import { expect, onTestFinished, test } from 'vitest';
import { addWorkPool } from '../../doubles/prefect/additions.ts';
import type { Workspace } from '../../doubles/prefect/workspace.ts';
import type { FakeClock } from '../support/clock.ts';
import { smallWorkspace, startPrefect, startTestReceiver, tickOnce } from './scene.ts';

/** No Prefect has it; its series would be the same twice. */
function withTwoPoolsOfOneName(clock: FakeClock): Workspace {
  const workspace = smallWorkspace(clock);
  addWorkPool(workspace, { name: 'pool' });
  return workspace;
}

test.each([
  ['ordinary names', smallWorkspace, 'pushed'],
  ['two pools of one name', withTwoPoolsOfOneName, 'partial'],
] as const)('with %s a tick counts as %3$s', async (_, makeWorkspace, outcome) => {
  const prefect = await startPrefect(makeWorkspace);
  onTestFinished(() => prefect.stop());
  const receiver = await startTestReceiver();
  const { report } = await tickOnce({
    PREFECT_API_URL: prefect.apiUrl,
    REMOTE_WRITE_URL: receiver.writeUrl.href,
  });
  expect(report.outcome).toBe(outcome);
  const left = report.problems.filter(({ slug }) => slug === 'invalid-family');
  expect(left.map(({ message }) => message.split(' ')[0]).includes('prefect_work_pool_info')).toBe(
    outcome === 'partial',
  );
});
