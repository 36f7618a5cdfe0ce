import { expect, onTestFinished, test } from 'vitest';
import { arrivedAt, smallWorkspace, startPrefect, startTestReceiver, tickOnce } from './scene.ts';

async function upWith(collectors: string, isDown: boolean) {
  const prefect = await startPrefect(smallWorkspace);
  onTestFinished(() => prefect.stop());
  if (isDown) await prefect.stop();
  const receiver = await startTestReceiver();
  const { report, startMs } = await tickOnce({
    PREFECT_API_URL: prefect.apiUrl,
    REMOTE_WRITE_URL: receiver.writeUrl.href,
    MAX_RETRIES: '0',
    COLLECTORS: collectors,
  });
  const arrived = arrivedAt(receiver, startMs);
  expect([...arrived.values()].reduce((sum, { size }) => sum + size, 0)).toBe(report.series);
  return [...(arrived.get('prefect_up')?.values() ?? [])];
}

test.each([
  ['flows', false, [1]],
  ['flows', true, [0]],
  // The name of the host is known without a question: nobody can say whether Prefect is up.
  ['workspace', false, []],
  ['workspace', true, []],
])('prefect_up with the collector %s, Prefect down %s: %j', async (collectors, isDown, expected) => {
  expect(await upWith(collectors, isDown)).toEqual(expected);
});
