import { describe, expect, it } from 'vitest';
import { deadlineIn } from '../../lib/deadline.ts';
import { HttpStatusError } from '../../lib/http/errors.ts';
import { createEndTimeFilterCache } from '../../lib/prefect/end-time-filter.ts';
import { createResourceReader, DependencyError } from '../../lib/prefect/reader.ts';
import type { EventWindow, LedgerPosition } from '../../lib/prefect/resources.ts';
import { ServerTooOldError } from '../../lib/prefect/server-too-old.ts';
import { createWorkspaceCache } from '../../lib/prefect/workspace.ts';
import { createFakeClock } from '../support/clock.ts';
import { apiUrl, createFakePrefect, type Routes, type Sent, Status } from './fake-send.ts';
import { deploymentRow, finishedRow, finishedTaskRow, flowRow, uuidOf } from './rows.ts';

const nowMs = Date.UTC(2026, 10, 20, 9, 52);
const stream = { cursorUs: (nowMs - 60_000) * 1000, readFromUs: (nowMs - 360_000) * 1000 };

interface Query {
  readonly offset?: number;
  readonly limit: number;
  readonly flows?: { readonly id: { readonly any_: readonly string[] } };
  readonly deployments?: unknown;
  readonly flow_runs?: { readonly id?: { readonly any_?: readonly string[] } };
}

// Every list body has these fields or leaves them out.
const queryOf = ({ body }: Sent): Query => body as Query;

const routes: Routes = {
  'flow_runs/filter': [finishedRow('r1', 'f1', { deployment_id: 'd1' })],
  'flows/filter': [flowRow('f1', 'etl')],
  'deployments/filter': [deploymentRow('d1', 'f1')],
};

function createReader(over: Routes, position: LedgerPosition, pageSize?: number) {
  const fake = createFakePrefect({ ...routes, ...over }, pageSize === undefined ? {} : { pageSize });
  const clock = createFakeClock({ nowMs });
  const reader = createResourceReader({
    client: fake.client,
    apiUrl,
    nowMs,
    historyWindowMinutes: 60,
    workspaceName: undefined,
    cache: createWorkspaceCache(),
    endTimeFilter: createEndTimeFilterCache(),
    position,
    clock,
    catchUpDeadline: deadlineIn(10_000, clock),
  });
  return { ...fake, reader };
}

const refused = () => {
  throw new Status(500, { exception_message: 'broken' });
};

describe('finishedRuns', () => {
  it('gives what ended since the position, with names and only the fields that are used', async () => {
    const { reader, sent } = createReader({}, { finishedRuns: stream });
    const { runs, upToUs } = await reader.get('finishedRuns');
    expect(upToUs).toBe(nowMs * 1000);
    expect(runs).toEqual([
      {
        id: 'r1',
        flow_id: 'f1',
        deployment_id: 'd1',
        work_pool_name: null,
        work_queue_name: null,
        state_type: 'COMPLETED',
        state_name: 'Completed',
        expected_start_time: '2026-11-20T09:50:00Z',
        start_time: '2026-11-20T09:50:01.5Z',
        end_time: '2026-11-20T09:51:30.25Z',
        total_run_time: 88.75,
        run_count: 1,
        parent_task_run_id: null,
        auto_scheduled: true,
        created_by_type: 'SCHEDULE',
        flow: 'etl',
        deployment: expect.objectContaining({ name: 'deployment d1', flow: 'etl' }),
      },
    ]);
    expect(sent.filter(({ path }) => path === 'flow_runs/filter').map(({ body }) => body)).toEqual([
      {
        sort: 'END_TIME_DESC',
        flow_runs: {
          end_time: { after_: '2026-11-20T09:46:00.000000Z', before_: '2026-11-20T09:52:00.000000Z' },
        },
        limit: 200,
      },
    ]);
  });

  it('leaves out ids on later pages', async () => {
    const pages = [[finishedRow('a', 'f1'), finishedRow('b', 'f1')], [finishedRow('c', 'f1')]];
    const { reader, sent } = createReader(
      { 'flow_runs/filter': () => pages.shift(), 'deployments/filter': [] },
      { finishedRuns: stream },
      2,
    );
    const { runs } = await reader.get('finishedRuns');
    expect(runs.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
    expect(sent.filter(({ path }) => path === 'flow_runs/filter').at(-1)?.body).toMatchObject({
      flow_runs: { end_time: { before_: '2026-11-20T09:51:30.25Z' }, id: { not_any_: ['a', 'b'] } },
    });
  });

  it.each(['flows', 'deployments'] as const)('is not whole without %s', async (dependency) => {
    const { reader } = createReader({ [`${dependency}/filter`]: refused }, { finishedRuns: stream });
    const error = await reader.get('finishedRuns').catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DependencyError);
    expect(error).toMatchObject({ resource: 'finishedRuns', dependency });
    await expect(reader.get('recentRuns')).rejects.toThrow(DependencyError);
  });

  it('asks once for unknown names, and leaves out what was deleted with its flow', async () => {
    const { reader, sent } = createReader(
      {
        'flow_runs/filter': [
          finishedRow('r1', 'f2'),
          finishedRow('r2', 'gone'),
          finishedRow('r3', 'f1', { deployment_id: 'deleted' }),
        ],
        'flows/filter': (call: Sent) =>
          queryOf(call).flows === undefined ? [flowRow('f1', 'etl')] : [flowRow('f2', 'ml')],
        'deployments/filter': [],
      },
      { finishedRuns: stream },
    );
    const { runs } = await reader.get('finishedRuns');
    expect(runs.map(({ id, flow, deployment }) => [id, flow, deployment])).toEqual([
      ['r1', 'ml', undefined],
      ['r3', 'etl', undefined],
    ]);
    const asked = sent.filter((call) => queryOf(call).flows ?? queryOf(call).deployments);
    expect(asked.map(({ path }) => path)).toEqual(['deployments/filter', 'flows/filter']);
  });

  it('is not read without a position', async () => {
    const { reader, sent } = createReader({}, {});
    for (const name of ['finishedRuns', 'finishedTaskRuns', 'eventCounts'] as const) {
      await expect(reader.get(name)).rejects.toThrow(`${name}: the ledger did not say what to read`);
    }
    expect(sent).toEqual([]);
  });
});

it('recentRuns are those of seven days, without a position', async () => {
  const { reader, sent } = createReader({}, {});
  expect((await reader.get('recentRuns')).map(({ id, flow }) => [id, flow])).toEqual([['r1', 'etl']]);
  expect(sent.find(({ path }) => path === 'flow_runs/filter')?.body).toMatchObject({
    flow_runs: {
      end_time: { after_: '2026-11-13T09:52:00.000000Z', before_: '2026-11-20T09:52:00.000000Z' },
    },
  });
});

describe('finishedTaskRuns', () => {
  const read = async (over: Routes, pageSize?: number) => {
    const made = createReader(over, { finishedTaskRuns: stream }, pageSize);
    const { runs, upToUs } = await made.reader.get('finishedTaskRuns');
    return { ...made, runs, upToUs, flows: runs.map(({ id, flow }) => `${id} ${flow}`).sort() };
  };

  it('takes the flow from the labels', async () => {
    const { runs, sent } = await read({ 'task_runs/filter': [finishedTaskRow('t1')] });
    expect(runs).toEqual([
      {
        id: 't1',
        flow_id: 'f1',
        flow_run_id: 'r1',
        state_type: 'COMPLETED',
        end_time: '2026-11-20T09:51:30.25Z',
        total_run_time: 2.5,
        run_count: 1,
        flow: 'etl',
      },
    ]);
    expect(sent.map(({ path }) => path).sort()).toEqual(['flows/filter', 'task_runs/filter']);
    expect(sent.find(({ path }) => path === 'task_runs/filter')?.body).toEqual({
      sort: 'END_TIME_DESC',
      offset: 0,
      limit: 200,
      task_runs: {
        end_time: { after_: '2026-11-20T09:46:00.000000Z', before_: '2026-11-20T09:52:00.000000Z' },
      },
    });
  });

  it('takes it from the flow runs where there is no label, in batches', async () => {
    const tasks = Array.from({ length: 199 }, (_, index) =>
      finishedTaskRow(uuidOf('task', index), { labels: null, flow_run_id: uuidOf('run', index) }),
    );
    const more = Array.from({ length: 3 }, (_, index) =>
      finishedTaskRow(uuidOf('task', 199 + index), {
        labels: {},
        flow_run_id: uuidOf('run', 199 + index),
        end_time: '2026-11-20T09:50:00Z',
      }),
    );
    const again = finishedTaskRow('again', { labels: null, flow_run_id: uuidOf('run', 0) });
    const { flows, sent } = await read({
      'task_runs/filter': (call: Sent) =>
        JSON.stringify(call.body).includes('09:51:30') ? more : [...tasks, again],
      'flow_runs/filter': (call: Sent) =>
        (queryOf(call).flow_runs?.id?.any_ ?? []).map((id) => ({ id, flow_id: 'f1' })),
    });
    expect(flows).toHaveLength(203);
    expect(new Set(flows.map((text) => text.split(' ')[1]))).toEqual(new Set(['etl']));
    const asked = sent
      .filter(({ path }) => path === 'flow_runs/filter')
      .map((call) => queryOf(call).flow_runs?.id?.any_?.length);
    expect(asked).toEqual([199, 3]);
  });

  it('has no flow where nobody knows it, and leaves out what was deleted with its flow', async () => {
    const { flows } = await read({
      'task_runs/filter': [
        finishedTaskRow('background', { labels: null, flow_run_id: null }),
        finishedTaskRow('deleted', { labels: { 'prefect.flow.id': 'gone' } }),
        finishedTaskRow('orphan', { labels: null, flow_run_id: 'gone' }),
        finishedTaskRow('known'),
      ],
      'flow_runs/filter': [],
    });
    expect(flows).toEqual(['background ', 'known etl', 'orphan ']);
  });

  it('reads more than a page that ended in one microsecond', async () => {
    const at = (id: string, second: number) =>
      finishedTaskRow(id, { end_time: `2026-11-20T09:50:0${second}.5Z` });
    const rows = [at('a', 9), ...['b', 'c', 'd', 'e', 'f'].map((id) => at(id, 5)), at('g', 5), at('h', 1)];
    const { flows } = await read(
      {
        'task_runs/filter': (call: Sent) => {
          // Bodies of this list always have these.
          const { task_runs: filter, offset } = call.body as {
            task_runs: { end_time: { after_: string; before_: string } };
            offset: number;
          };
          const { after_, before_ } = filter.end_time;
          const key = (raw: string) => raw.replace(/0*Z$/, '').padEnd(26, '0');
          return rows
            .filter((row) => key(row.end_time) <= key(before_) && key(row.end_time) >= key(after_))
            .slice(offset, offset + 3);
        },
      },
      3,
    );
    expect(flows).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((id) => `${id} etl`));
  });

  it('needs Prefect 3.6.22', async () => {
    const { reader } = createReader(
      {
        'task_runs/filter': () => {
          throw new Status(422, {
            exception_detail: [{ type: 'extra_forbidden', loc: ['body', 'task_runs', 'end_time'] }],
          });
        },
      },
      { finishedTaskRuns: stream },
    );
    await expect(reader.get('finishedTaskRuns')).rejects.toThrow(
      'finished task runs can only be read from Prefect 3.6.22 and later',
    );
  });
});

describe('eventCounts', () => {
  const windows: readonly EventWindow[] = Array.from({ length: 9 }, (_, index) => ({
    startMs: nowMs - (index + 2) * 60_000,
    endMs: nowMs - (index + 1) * 60_000,
  }));
  const counted = [
    { value: 'prefect.flow-run.Running', label: 'prefect.flow-run.Running', count: 3 },
    { value: 'prefect.flow-run.Completed', label: 'prefect.flow-run.Completed', count: 2 },
  ];

  it('counts each window, its end not included', async () => {
    const { reader, sent } = createReader(
      {
        'events/count-by/event': (call: Sent) =>
          JSON.stringify(call.body).includes('T09:50:00') ? counted : [],
      },
      { eventWindows: windows.slice(0, 3) },
    );
    const counts = await reader.get('eventCounts');
    expect(counts.map(({ window }) => window)).toEqual(windows.slice(0, 3));
    expect(counts.map(({ counts: own }) => [...own])).toEqual([
      [
        ['prefect.flow-run.Running', 3],
        ['prefect.flow-run.Completed', 2],
      ],
      [],
      [],
    ]);
    expect(sent[0]?.body).toEqual({
      filter: {
        occurred: { since: '2026-11-20T09:50:00.000000Z', until: '2026-11-20T09:50:59.999999Z' },
        event: {
          prefix: [
            'prefect.flow-run.',
            'prefect.task-run.',
            'prefect.work-pool.',
            'prefect.work-queue.',
            'prefect.worker.',
            'prefect.deployment.',
            'prefect.automation.',
          ],
          exclude_name: ['prefect.flow-run.heartbeat'],
        },
      },
    });
  });

  it('asks for four at a time', async () => {
    const sentBeforeFirstAnswer: number[] = [];
    const { reader, sent } = createReader(
      {
        'events/count-by/event': () => {
          sentBeforeFirstAnswer.push(sent.length);
          return counted;
        },
      },
      { eventWindows: windows },
    );
    expect(await reader.get('eventCounts')).toHaveLength(9);
    expect(sentBeforeFirstAnswer[0]).toBe(4);
  });

  it('is all or nothing', async () => {
    const { reader } = createReader(
      {
        'events/count-by/event': (call: Sent) =>
          JSON.stringify(call.body).includes('T09:45') ? refused() : counted,
      },
      { eventWindows: windows },
    );
    await expect(reader.get('eventCounts')).rejects.toMatchObject({ status: 500 });
  });

  it('says so where there are no events, and fails on any other 404', async () => {
    const detail = 'Events are not enabled. Please enable the PREFECT_EXPERIMENTAL_EVENTS setting.';
    const answer = (body: object) => () => {
      throw new Status(404, body);
    };
    const { reader } = createReader(
      { 'events/count-by/event': answer({ detail }) },
      { eventWindows: windows },
    );
    await expect(reader.get('eventCounts')).rejects.toThrow(ServerTooOldError);
    const other = createReader(
      { 'events/count-by/event': answer({ detail: 'Not Found' }) },
      { eventWindows: windows },
    );
    await expect(other.reader.get('eventCounts')).rejects.toThrow(HttpStatusError);
  });
});
