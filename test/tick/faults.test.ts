import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Fault } from '../../doubles/faults.ts';
import { moveRun } from '../../doubles/prefect/additions.ts';
import type { PrefectDouble } from '../../doubles/prefect/api.ts';
import { createLivingWorkspace } from '../../doubles/prefect/living.ts';
import { addTaskRun } from '../../doubles/prefect/task-run-additions.ts';
import { type Receiver, startReceiver } from '../../doubles/receiver/receiver.ts';
import { allCollectors } from '../../lib/collectors/all.ts';
import { startDelay } from '../../lib/collectors/kept-families.ts';
import { selfDescriptors } from '../../lib/collectors/self.ts';
import { ownCounters } from '../../lib/ledger/own-counters.ts';
import { createFakeClock, type FakeClock } from '../support/clock.ts';
import { type Question, questions } from './questions.ts';
import {
  type Arrived,
  arrivedAt,
  budgetMs,
  collectorSuccess,
  everything,
  inject,
  ledgerAfter,
  startPrefect,
  startTestReceiver,
  storeWith,
  tickOnce,
} from './scene.ts';

const faults: Readonly<Record<string, Fault>> = {
  '401': { kind: 'status', status: 401, body: '{"exception_message":"Unauthorized"}' },
  '403': { kind: 'status', status: 403, body: '{"detail":"Forbidden"}' },
  '404': { kind: 'status', status: 404, body: '{"detail":"Not Found"}' },
  '422': { kind: 'status', status: 422, body: '{"detail":"no such field"}' },
  '429 for longer than there is time': { kind: 'status', status: 429, headers: { 'retry-after': '3600' } },
  '500': { kind: 'status', status: 500, body: 'Internal Server Error' },
  '503': { kind: 'status', status: 503 },
  'a web page': { kind: 'html' },
  'half of the JSON': { kind: 'truncate-body' },
  'an empty body': { kind: 'empty-body' },
  'no answer': { kind: 'hang' },
  'half an answer': { kind: 'hang-mid-body' },
  'a reset before the answer': { kind: 'reset-before-answer' },
  'a reset in the middle of the body': { kind: 'reset-mid-body' },
  'fewer bytes than announced': { kind: 'wrong-content-length' },
};

const selfNames = new Set([...selfDescriptors, ...ownCounters].map(({ name }) => name));
const collectorOf = new Map(
  allCollectors.flatMap(({ name, families }) => families.map((family) => [family.name, name])),
);

/** The collectors that cannot do without the answer to the question. */
const missingWith = (question: Question | undefined, fault: Fault): readonly string[] => [
  ...(question?.collectors ?? []),
  ...(fault.kind === 'hang' || fault.kind === 'hang-mid-body' ? (question?.whenItHangs ?? []) : []),
];

/** What the collectors made: family name to series to value. */
const collected = (arrived: Arrived): Arrived =>
  new Map([...arrived].filter(([name]) => !selfNames.has(name)));

const seriesCounts = (arrived: Arrived) =>
  Object.fromEntries([...arrived].map(([name, series]) => [name, series.size]));

const countsSaid = (arrived: Arrived) =>
  Object.fromEntries(
    [...(arrived.get('prefect_exporter_series') ?? [])].map(([labels, value]) => [
      JSON.parse(labels).family,
      value,
    ]),
  );

const up = (arrived: Arrived) => [...(arrived.get('prefect_up')?.values() ?? [])];

/** Pages are small: most lists have several. */
const pageLimit = 5;

let prefect: PrefectDouble;
/** As it was after a tick three minutes earlier: runs, task runs and events have ended since. */
let ledger: Uint8Array;
let faultless: Arrived;

/** A company's workload, and some of what it does not have. */
function busyWorkspace(clock: FakeClock) {
  const { workspace } = createLivingWorkspace({ clock });
  const endUs = (clock.now() - 30_000) * 1000;
  const taskRun = addTaskRun(workspace, { createdUs: endUs - 5e6 });
  moveRun(workspace, taskRun, { type: 'RUNNING', timestampUs: endUs - 4e6 });
  moveRun(workspace, taskRun, { type: 'COMPLETED', timestampUs: endUs });
  workspace.events.push({ event: 'prefect.flow-run.Completed', occurredUs: endUs - 60e6 });
  return workspace;
}

beforeAll(async () => {
  prefect = await startPrefect(busyWorkspace, { pageLimit });
});

beforeAll(async () => {
  ledger = await ledgerAfter(environment, [3]);
  const receiver = await startReceiver({ clock: createFakeClock() });
  const store = await storeWith(ledger, environment(receiver));
  const ticked = await tickOnce(environment(receiver), { store });
  faultless = arrivedAt(receiver, ticked.startMs);
  await receiver.stop();
});

afterAll(() => prefect.stop());

const environment = (receiver: Receiver) => ({
  ...everything,
  PREFECT_API_URL: prefect.apiUrl,
  PAGINATION_LIMIT: String(pageLimit),
  REMOTE_WRITE_URL: receiver.writeUrl.href,
});

/** One tick while requests to Prefect go wrong. */
async function tickWith(choose: Parameters<typeof inject>[1]) {
  const receiver = await startTestReceiver();
  const plan = inject(prefect.server, choose);
  onTestFinished(() => prefect.server.faults.clear());
  const store = await storeWith(ledger, environment(receiver));
  const ticked = await tickOnce(environment(receiver), { hung: plan.hung, store });
  return { ...ticked, receiver, arrived: arrivedAt(receiver, ticked.startMs) };
}

type FaultyTick = Awaited<ReturnType<typeof tickWith>>;

/** Starts of runs that ended are known without the open runs, and those of the open runs are counted later. */
function withoutStartDelays(arrived: Arrived, failed: readonly string[]): Arrived {
  const isPartOfIt = failed.includes('start_delays') && !failed.includes('finished_runs');
  expect(arrived.has(startDelay.name)).toBe(isPartOfIt || !failed.includes('finished_runs'));
  return new Map([...arrived].filter(([name]) => !isPartOfIt || name !== startDelay.name));
}

/** Exactly these collectors failed: theirs is absent, all the rest is as it is without faults. */
function expectOnlyMissing(
  { arrived, report, receiver, tookMs }: FaultyTick,
  failed: readonly string[],
): void {
  const names = allCollectors.map(({ name }) => name);
  expect(collectorSuccess(arrived)).toEqual(
    Object.fromEntries(names.map((name) => [name, failed.includes(name) ? 0 : 1])),
  );
  const left = [...collected(faultless)].filter(([name]) => !failed.includes(collectorOf.get(name) ?? ''));
  expect(withoutStartDelays(collected(arrived), failed)).toEqual(new Map(left));
  expect(countsSaid(arrived)).toEqual(seriesCounts(arrived));
  expect(report.outcome).toBe(failed.length === 0 ? 'pushed' : 'partial');
  expect(receiver.violations).toEqual([]);
  expect(tookMs).toBeLessThan(budgetMs);
}

test('without faults everything arrives, from every collector', async () => {
  const tick = await tickWith(() => undefined);
  expectOnlyMissing(tick, []);
  expect(new Set([...collected(faultless).keys()].map((name) => collectorOf.get(name)))).toEqual(
    new Set(allCollectors.map(({ name }) => name)),
  );
  expect(up(tick.arrived)).toEqual([1]);
});

describe.each(questions)('when the question for $name is answered with', (question) => {
  const isFair = (name: string) => question.isNumber !== true || name !== 'half of the JSON';

  test.each(Object.entries(faults).filter(([name]) => isFair(name)))(
    '%s, only what needs it is missing',
    async (_, fault) => {
      const tick = await tickWith((request) => (question.isAskedBy(request) ? fault : undefined));
      expectOnlyMissing(tick, missingWith(question, fault));
      expect(up(tick.arrived)).toEqual([1]);
    },
  );
});

describe.each(['active runs', 'due runs', 'next runs', 'deployments', 'finished runs'])(
  'when the first page of %s comes and the second',
  (name) => {
    test.each(Object.entries(faults))('is %s, there is no number of the first', async (_, fault) => {
      const question = questions.find((one) => one.name === name);
      let pages = 0;
      const tick = await tickWith((request) => {
        if (question?.isAskedBy(request) !== true) return undefined;
        pages += 1;
        return pages === 1 ? undefined : fault;
      });
      expect(pages).toBeGreaterThan(1);
      expectOnlyMissing(tick, missingWith(question, fault));
    });
  },
);

describe('when every request fails with', () => {
  test.each(Object.entries(faults))('%s, only self-metrics are pushed', async (_, fault) => {
    const asked = questions.filter(({ isNumber }) => isNumber);
    const tick = await tickWith((request) =>
      fault.kind === 'truncate-body' && asked.some((question) => question.isAskedBy(request))
        ? { kind: 'empty-body' }
        : fault,
    );
    const known = ['workspace']; // From the address alone.
    expectOnlyMissing(
      tick,
      allCollectors.map(({ name }) => name).filter((name) => !known.includes(name)),
    );
    expect(up(tick.arrived)).toEqual([0]);
  });

  test('a connection that is refused, too', async () => {
    const receiver = await startTestReceiver();
    const ticked = await tickOnce({ ...environment(receiver), PREFECT_API_URL: 'http://127.0.0.1:9/api' });
    expect(up(arrivedAt(receiver, ticked.startMs))).toEqual([0]);
    expect(ticked.report.problems.map(({ slug }) => slug)).toContain('prefect-unreachable');
    expect(ticked.tookMs).toBeLessThan(budgetMs);
  });
});

test('a 429 with a short Retry-After is waited for', async () => {
  let asked = 0;
  const tick = await tickWith(({ path }) => {
    if (path !== '/api/deployments/filter') return undefined;
    asked += 1;
    return asked === 1 ? { kind: 'status', status: 429, headers: { 'retry-after': '7' } } : undefined;
  });
  expectOnlyMissing(tick, []);
  expect(tick.tookMs).toBe(7_000);
});

test('faults that pass are retried: one of each question, and nothing is missing', async () => {
  const failed = new Set<string>();
  const tick = await tickWith((request) => {
    const name = questions.find((question) => question.isAskedBy(request))?.name;
    if (name === undefined || failed.has(name)) return undefined;
    failed.add(name);
    return failed.size % 2 === 0 ? { kind: 'status', status: 503 } : { kind: 'reset-mid-body' };
  });
  expect(failed.size).toBeGreaterThan(10);
  expectOnlyMissing(tick, []);
});

test('what is whole is pushed although one question hangs until reading ends', async () => {
  const tick = await tickWith(({ path }) => (path.endsWith('/flows/filter') ? { kind: 'hang' } : undefined));
  const flows = questions.find(({ name }) => name === 'flows');
  expectOnlyMissing(tick, flows?.collectors ?? []);
  // Ten seconds are kept for the push.
  expect(tick.tookMs).toBe(budgetMs - 10_000);
});
