import { expect, it, onTestFinished } from 'vitest';
import { startReceiver } from '../../doubles/receiver/receiver.ts';
import { startServer } from '../../doubles/server.ts';
import { allCollectors as collectors } from '../../lib/collectors/all.ts';
import { parseConfig } from '../../lib/config/parse.ts';
import { deadlineIn } from '../../lib/deadline.ts';
import { createExporter } from '../../lib/exporter.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import { createFakeClock } from '../support/clock.ts';

it('says prefect_up 0 while every request is still hanging', async () => {
  const clock = createFakeClock();
  const prefect = await startServer(() => ({ status: 200 }));
  prefect.faults.when(() => ({ kind: 'hang' }));
  const receiver = await startReceiver({ clock });
  onTestFinished(async () => {
    await prefect.stop();
    await receiver.stop();
  });
  const env = { PREFECT_API_URL: `${prefect.url.origin}/api`, REMOTE_WRITE_URL: receiver.writeUrl.href };
  const { config } = parseConfig(env, {
    readFile: () => '',
    collectors,
    sink: 'required',
    where: 'command-line',
  });
  const exporter = createExporter(config, clock, { store: createMemoryStore({ clock }) });
  const tick = exporter.tick(clock.now(), deadlineIn(6_000, clock));
  await prefect.received(1);
  await clock.advance(4_000);
  await tick;
  const up = receiver.series().filter(({ labels }) => labels.__name__ === 'prefect_up');
  expect(up.flatMap(({ samples }) => samples.map(({ value }) => value))).toEqual([0]);
});
