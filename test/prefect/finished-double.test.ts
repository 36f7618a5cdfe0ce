import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Fault } from '../../doubles/faults.ts';
import { addFlow, addRun, moveRun } from '../../doubles/prefect/additions.ts';
import { type PrefectDouble, startPrefectDouble } from '../../doubles/prefect/api.ts';
import { createWorkspace, type Workspace } from '../../doubles/prefect/workspace.ts';
import { deadlineIn } from '../../lib/deadline.ts';
import { createConnections } from '../../lib/http/attempt.ts';
import { createPrefectClient } from '../../lib/prefect/client.ts';
import { createEndTimeFilterCache } from '../../lib/prefect/end-time-filter.ts';
import { createPageSize } from '../../lib/prefect/page-size.ts';
import { createResourceReader } from '../../lib/prefect/reader.ts';
import { microseconds } from '../../lib/prefect/timestamps.ts';
import { createWorkspaceCache } from '../../lib/prefect/workspace.ts';
import { createFakeClock, type FakeClock } from '../support/clock.ts';

const second = 1_000_000;
const minute = 60 * second;
const pageLimit = 5;

/** Runs that ended one after another for twenty minutes, the newest just before now. */
function makeWorkspace(clock: FakeClock, everyUs = 5 * second): Workspace {
  const workspace = createWorkspace({ clock });
  const flow = addFlow(workspace, { name: 'etl' });
  for (let number = 0; number * everyUs < 20 * minute; number += 1) {
    const endUs = workspace.nowUs() - number * everyUs - 1;
    const run = addRun(workspace, {
      flow,
      name: `run-${number}`,
      createdUs: endUs - minute,
      state: { type: 'RUNNING', timestampUs: endUs - minute },
    });
    moveRun(workspace, run, { type: 'COMPLETED', timestampUs: endUs });
  }
  return workspace;
}

const network = {
  ca: undefined,
  clientCert: undefined,
  clientKey: undefined,
  httpProxy: undefined,
  httpsProxy: undefined,
  noProxy: undefined,
};

/** One tick at the double's instant, its cursor so many minutes before. */
async function readFinishedRuns(
  double: PrefectDouble,
  clock: FakeClock,
  cursorMinutes: number,
  pageSize = pageLimit,
) {
  const connections = createConnections(network, { clock, timeoutMs: 20_000 });
  const client = createPrefectClient({
    apiUrl: new URL(double.apiUrl),
    send: connections.send,
    deadline: deadlineIn(60_000, clock),
    version: '0',
    pageSize: createPageSize(pageSize),
  });
  const nowMs = clock.now();
  const cursorUs = nowMs * 1000 - cursorMinutes * minute;
  const reader = createResourceReader({
    client,
    apiUrl: new URL(double.apiUrl),
    nowMs,
    historyWindowMinutes: 60,
    workspaceName: undefined,
    cache: createWorkspaceCache(),
    endTimeFilter: createEndTimeFilterCache(),
    position: { finishedRuns: { cursorUs, readFromUs: cursorUs - 2 * minute } },
    clock,
    catchUpDeadline: deadlineIn(30_000, clock),
  });
  const { runs, upToUs } = await reader.get('finishedRuns').finally(connections.close);
  const ends = runs.map(({ id, end_time }) => `${id} ${microseconds(end_time)}`);
  return { ends: ends.sort(), upToUs, readFromUs: cursorUs - 2 * minute, cursorUs };
}

/** What is in the workspace and ended within the window. */
const endedWithin = (workspace: Workspace, fromUs: number, toUs: number): string[] =>
  [...workspace.runs.values()]
    .flatMap(({ id, endUs }) =>
      endUs !== null && endUs >= fromUs && endUs <= toUs ? [`${id} ${endUs}`] : [],
    )
    .sort();

describe.each(['3.9.1', '2.20.25'])('finished runs of Prefect %s', (version) => {
  // A tick that reads straight, and one that has to catch up.
  test.each([1, 14, 18])('from a cursor %i minutes ago', async (minutes) => {
    const clock = createFakeClock();
    const double = await startPrefectDouble({ workspace: makeWorkspace(clock), clock, version, pageLimit });
    onTestFinished(() => double.stop());
    const read = await readFinishedRuns(double, clock, minutes);
    expect(read.upToUs).toBe(clock.now() * 1000);
    expect(read.ends).toEqual(endedWithin(double.workspace, read.readFromUs, read.upToUs));
    expect(read.ends).toHaveLength((minutes + 2) * 12);
  });

  test('while runs end and are retried before each answer', async () => {
    const clock = createFakeClock();
    const workspace = makeWorkspace(clock);
    const instantUs = clock.now() * 1000;
    const runs = [...workspace.runs.values()];
    const retried = new Set<string>();
    let answers = 0;
    const double = await startPrefectDouble({
      workspace,
      clock,
      version,
      pageLimit,
      ties: 'shuffled',
      beforeAnswer: ({ path }) => {
        if (!path.startsWith('/flow_runs/')) return;
        answers += 1;
        const [flow] = workspace.flows.values();
        const run = runs[(answers * 37) % runs.length];
        if (flow === undefined || run === undefined) return;
        // Every other answer: one that was read or is yet to be read ends again, beyond the instant.
        if (answers % 2 === 0 && !retried.has(run.id)) {
          retried.add(run.id);
          const atUs = instantUs + answers * second;
          moveRun(
            workspace,
            run,
            { type: 'RUNNING', timestampUs: atUs },
            { type: 'FAILED', timestampUs: atUs + 1 },
          );
        }
        const fresh = addRun(workspace, { flow, createdUs: instantUs, state: { type: 'RUNNING' } });
        moveRun(workspace, fresh, { type: 'COMPLETED', timestampUs: instantUs + answers * second + 2 });
      },
    });
    onTestFinished(() => double.stop());
    const stays = endedWithin(workspace, instantUs - 12 * minute, instantUs);
    const read = await readFinishedRuns(double, clock, 10);
    expect(retried.size).toBeGreaterThan(3);
    expect(new Set(read.ends).size).toBe(read.ends.length);
    const untouched = stays.filter((end) => !retried.has(end.split(' ')[0] ?? ''));
    expect(untouched.filter((end) => !read.ends.includes(end))).toEqual([]);
    expect(read.ends.filter((end) => !stays.includes(end))).toEqual([]);
  });
});

const faults: Readonly<Record<string, Fault>> = {
  '403': { kind: 'status', status: 403, body: '{"detail":"Forbidden"}' },
  '422': { kind: 'status', status: 422, body: '{"detail":"no such field: end_time"}' },
  '500': { kind: 'status', status: 500, body: 'Internal Server Error' },
  '503': { kind: 'status', status: 503 },
  'a web page': { kind: 'html' },
  'half of the JSON': { kind: 'truncate-body' },
  'an empty body': { kind: 'empty-body' },
  'a reset in the middle of the body': { kind: 'reset-mid-body' },
  'fewer bytes than announced': { kind: 'wrong-content-length' },
};

describe('a catch-up in two slices, in which one answer is', () => {
  const clock = createFakeClock();
  let double: PrefectDouble;
  beforeAll(async () => {
    double = await startPrefectDouble({ workspace: makeWorkspace(clock, second / 2), clock });
  });
  afterAll(() => double.stop());

  const catchUp = () => readFinishedRuns(double, clock, 18, 200);
  const isOfRuns = (path: string) => path.includes('/flow_runs/');

  async function countRequests(): Promise<number> {
    const before = double.requests().length;
    await catchUp();
    return double
      .requests()
      .slice(before)
      .filter(({ path }) => isOfRuns(path)).length;
  }

  test.each(Object.entries(faults))(
    '%s: an error, or exactly what is up to where it came',
    async (_, fault) => {
      const outcomes = { failed: 0, partial: 0, whole: 0 };
      const asked = await countRequests();
      for (let nth = 1; nth <= asked; nth += 2) {
        let seen = 0;
        double.server.faults.when(({ path }) => {
          if (isOfRuns(path)) seen += 1;
          return isOfRuns(path) && seen === nth ? fault : undefined;
        });
        const read = await catchUp().catch(() => undefined);
        double.server.faults.clear();
        outcomes[outcomeOf(read)] += 1;
        if (read === undefined) continue;
        expect(read.upToUs).toBeGreaterThan(read.cursorUs);
        expect(read.ends).toEqual(endedWithin(double.workspace, read.readFromUs, read.upToUs));
      }
      // A 500 is halved and so asked again; of a number, half is another number, and does no harm.
      if (fault.kind === 'status' && fault.status === 500)
        expect(outcomes).toMatchObject({ failed: 0, partial: 0 });
      else expect(Math.min(outcomes.failed, outcomes.partial)).toBeGreaterThan(0);
    },
  );

  const outcomeOf = (read: Awaited<ReturnType<typeof catchUp>> | undefined) => {
    if (read === undefined) return 'failed';
    return read.upToUs === clock.now() * 1000 ? 'whole' : 'partial';
  };
});
