import { expect, onTestFinished, test } from 'vitest';
import type { Fault } from '../../doubles/faults.ts';
import { allCollectors } from '../../lib/collectors/all.ts';
import { deadlineIn } from '../../lib/deadline.ts';
import { createFakeClock } from '../support/clock.ts';
import {
  arrivedAt,
  budgetMs,
  collectorSuccess,
  everything,
  exporterFor,
  inject,
  smallWorkspace,
  startPrefect,
  startTestReceiver,
  tickOnce,
} from './scene.ts';
import { createTickClock } from './tick-clock.ts';

async function startScene(
  onRequest: (count: number, elapse: (ms: number) => void) => void = () => undefined,
) {
  const outside = createFakeClock();
  let count = 0;
  const prefect = await startPrefect(smallWorkspace, {
    clock: outside,
    csrf: {},
    beforeAnswer: ({ path }) => {
      if (path === '/csrf-token') return;
      count += 1;
      onRequest(count, (ms) => outside.setNow(outside.now() + ms));
    },
  });
  onTestFinished(() => prefect.stop());
  const receiver = await startTestReceiver();
  const environment = {
    ...everything,
    PREFECT_API_URL: prefect.apiUrl,
    REMOTE_WRITE_URL: receiver.writeUrl.href,
  };
  const tokens = () => prefect.requests().filter(({ path }) => path === '/csrf-token').length;
  return { prefect, receiver, environment, tokens };
}

test.each([1, 3, 8])('a token that ends before request %i of a tick is renewed, once', async (ending) => {
  const { receiver, environment, tokens } = await startScene((count, elapse) => {
    if (count === ending) elapse(7_200_000);
  });
  const { report, startMs } = await tickOnce(environment);
  expect(report.outcome).toBe('pushed');
  expect(Object.values(collectorSuccess(arrivedAt(receiver, startMs)))).not.toContain(0);
  expect(tokens()).toBe(2);
});

test('one token serves many ticks, until it ends', async () => {
  const { environment, tokens } = await startScene();
  const clock = createTickClock();
  const exporter = exporterFor(environment, clock);
  const tickAt = async (minutes: number) => {
    clock.setNow(createFakeClock().now() + minutes * 60_000);
    await clock.settle(exporter.tick(clock.now(), deadlineIn(budgetMs, clock)));
    return tokens();
  };
  expect([await tickAt(0), await tickAt(1), await tickAt(58), await tickAt(60)]).toEqual([1, 1, 1, 2]);
});

const faults: Readonly<Record<string, Fault>> = {
  '401': { kind: 'status', status: 401 },
  '404': { kind: 'status', status: 404 },
  '422': { kind: 'status', status: 422 },
  '500': { kind: 'status', status: 500 },
  'a web page': { kind: 'html' },
  'an empty body': { kind: 'empty-body' },
  'no answer': { kind: 'hang' },
  'a reset': { kind: 'reset-mid-body' },
};

test.each(Object.entries(faults))(
  'where tokens are needed and asking for one ends with %s, only what needs none arrives',
  async (_, fault) => {
    const { prefect, receiver, environment } = await startScene();
    const plan = inject(prefect.server, ({ path }) =>
      path.startsWith('/api/csrf-token') ? fault : undefined,
    );
    const { startMs, tookMs } = await tickOnce(environment, { hung: plan.hung });
    const arrived = arrivedAt(receiver, startMs);
    // At the first tick there are no events to count. Behind six questions that hang, no other is asked.
    const whole = ['events', ...(fault.kind === 'hang' ? [] : ['server']), 'workspace'];
    const expected = allCollectors.map(({ name }) => [name, whole.includes(name) ? 1 : 0]);
    expect(collectorSuccess(arrived)).toEqual(Object.fromEntries(expected));
    expect([...arrived.keys()].filter((name) => !name.startsWith('prefect_exporter_')).sort()).toEqual([
      ...(fault.kind === 'hang' ? [] : ['prefect_server_info']),
      'prefect_up',
      'prefect_workspace_info',
    ]);
    expect(tookMs).toBeLessThan(budgetMs);
  },
);
