import { describe, expect, it } from 'vitest';
import { deadlineIn } from '../../lib/deadline.ts';
import { HttpStatusError } from '../../lib/http/errors.ts';
import { createEndTimeFilterCache } from '../../lib/prefect/end-time-filter.ts';
import { createResourceReader, DependencyError, type ReaderOptions } from '../../lib/prefect/reader.ts';
import type { ResourceName } from '../../lib/prefect/resources.ts';
import { createWorkspaceCache } from '../../lib/prefect/workspace.ts';
import { createFakeClock } from '../support/clock.ts';
import { apiUrl, createFakePrefect, type Routes, type Sent, Status } from './fake-send.ts';
import { deploymentRow, flowRow, poolRow, queueRow, runRow, workerRow } from './rows.ts';

const nowMs = Date.UTC(2026, 10, 20, 9, 52);

const allNames = [
  'activeRuns',
  'dueRuns',
  'openRuns',
  'scheduledRunCount',
  'nextRuns',
  'flows',
  'deployments',
  'workPools',
  'workQueues',
  'workers',
  'concurrencyLimits',
  'automationCount',
  'server',
  'workspace',
  'flowRunHistory',
] as const satisfies readonly ResourceName[];

interface Query {
  readonly sort?: string;
  readonly offset?: number;
  readonly limit: number;
  readonly flow_runs?: { readonly next_scheduled_start_time?: { readonly after_?: string } };
  readonly flows?: { readonly id: { readonly any_: readonly string[] } };
  readonly deployments?: { readonly id: { readonly any_: readonly string[] } };
}

// Every list body has these fields or leaves them out.
const queryOf = ({ body }: Sent): Query => body as Query;

const dueRow = (id: string, flowId: string, fields: object = {}) =>
  runRow(id, flowId, {
    state_type: 'SCHEDULED',
    state_name: 'Late',
    next_scheduled_start_time: '2026-11-20T09:50:00Z',
    start_time: null,
    ...fields,
  });

/** Which of the three lists of `flow_runs/filter` is meant. */
function runsRoute(lists: { active?: unknown[]; due?: unknown[]; next?: unknown[] }) {
  return (sent: Sent) => {
    const query = queryOf(sent);
    if (query.sort === 'EXPECTED_START_TIME_ASC') return lists.active ?? [];
    const isNext = query.flow_runs?.next_scheduled_start_time?.after_ !== undefined;
    return (isNext ? lists.next : lists.due) ?? [];
  };
}

const routes: Routes = {
  'flow_runs/filter': runsRoute({
    active: [runRow('r1', 'f1', { deployment_id: 'd1' }), runRow('r2', 'f2')],
    due: [dueRow('r3', 'f1', { deployment_id: 'd1' })],
    next: [runRow('r4', 'f1', { deployment_id: 'd1', next_scheduled_start_time: '2026-11-20T09:53:00Z' })],
  }),
  'flow_runs/count': 61,
  'flow_runs/history': [{ interval_start: '2026-11-20T09:51:00Z', interval_end: 'x', states: [] }],
  'flows/filter': [flowRow('f1', 'etl'), flowRow('f2', 'ml')],
  'deployments/filter': [deploymentRow('d1', 'f1', { schedules: [{ active: true }] })],
  'work_pools/filter': [poolRow('k8s'), poolRow('lambda', 'ecs:push')],
  'work_queues/filter': [queueRow('q1', 'k8s'), queueRow('q2', 'lambda')],
  'work_pools/k8s/workers/filter': [workerRow('w1')],
  'v2/concurrency_limits/filter': [],
  'automations/count': 3,
  'admin/version': '3.8.4',
};

function createReader(over: Routes = {}, options: Partial<Pick<ReaderOptions, 'cache' | 'position'>> = {}) {
  const clock = createFakeClock({ nowMs });
  const fake = createFakePrefect({ ...routes, ...over });
  const reader = createResourceReader({
    client: fake.client,
    apiUrl,
    nowMs,
    historyWindowMinutes: 60,
    workspaceName: undefined,
    cache: options.cache ?? createWorkspaceCache(),
    endTimeFilter: createEndTimeFilterCache(),
    position: options.position ?? {},
    clock,
    catchUpDeadline: deadlineIn(10_000, clock),
  });
  return { ...fake, reader };
}

const settle = async (reader: ReturnType<typeof createResourceReader>): Promise<Record<string, string>> => {
  const results = await Promise.allSettled(allNames.map((name) => reader.get(name)));
  return Object.fromEntries(allNames.map((name, index) => [name, results[index]?.status ?? 'missing']));
};

const failing = (statuses: Record<string, string>): string[] =>
  Object.keys(statuses).filter((name) => statuses[name] !== 'fulfilled');

describe('createResourceReader', () => {
  it('reads everything with each request once', async () => {
    const { reader, sent } = createReader();
    expect(failing(await settle(reader))).toEqual([]);
    await settle(reader);
    expect(sent.map(({ path, body }) => `${path} ${JSON.stringify(body)}`)).toHaveLength(
      new Set(sent.map(({ path, body }) => `${path} ${JSON.stringify(body)}`)).size,
    );
    const counts = Object.fromEntries(
      [...Map.groupBy(sent, ({ endpoint }) => endpoint)].map(([endpoint, calls]) => [endpoint, calls.length]),
    );
    expect(counts).toEqual({
      'flow_runs/filter': 3,
      'flow_runs/count': 1,
      'flow_runs/history': 1,
      'flows/filter': 1,
      'deployments/filter': 1,
      'work_pools/filter': 1,
      'work_queues/filter': 1,
      'work_pools/{name}/workers/filter': 1,
      'v2/concurrency_limits/filter': 1,
      'automations/count': 1,
      'admin/version': 1,
    });
  });

  it('requests nothing that nobody asks for', async () => {
    const { reader, paths } = createReader();
    expect(paths()).toEqual([]);
    await reader.get('workPools');
    expect(paths()).toEqual(['work_pools/filter']);
  });

  it('gives the same promise again', () => {
    const { reader } = createReader();
    expect(reader.get('flows')).toBe(reader.get('flows'));
    expect(reader.get('openRuns')).toBe(reader.get('openRuns'));
  });

  it.each<[string, readonly ResourceName[]]>([
    ['flows/filter', ['openRuns', 'nextRuns', 'flows', 'deployments']],
    ['deployments/filter', ['openRuns', 'nextRuns', 'deployments']],
    ['flow_runs/filter', ['activeRuns', 'dueRuns', 'openRuns', 'nextRuns']],
    ['flow_runs/count', ['scheduledRunCount']],
    ['flow_runs/history', ['flowRunHistory']],
    ['work_pools/filter', ['workPools', 'workers']],
    ['work_queues/filter', ['workQueues']],
    ['work_pools/k8s/workers/filter', ['workers']],
    ['v2/concurrency_limits/filter', ['concurrencyLimits']],
    ['automations/count', ['automationCount']],
    ['admin/version', ['server']],
  ])('a failing %s fails what is made from it, and nothing else', async (path, failed) => {
    const { reader } = createReader({
      [path]: () => {
        throw new Status(500);
      },
    });
    expect(failing(await settle(reader))).toEqual(failed);
  });

  it('fails open runs when only due runs fail', async () => {
    const { reader } = createReader({
      'flow_runs/filter': (sent: Sent) => {
        if (queryOf(sent).sort === 'NEXT_SCHEDULED_START_TIME_ASC') throw new Status(503);
        return [];
      },
    });
    expect(failing(await settle(reader))).toEqual(['dueRuns', 'openRuns', 'nextRuns']);
  });

  it('says which dependency failed, and why', async () => {
    const { reader } = createReader({
      'flows/filter': () => {
        throw new Status(500, { exception_message: 'broken' });
      },
    });
    const error = await reader.get('openRuns').catch((reason: unknown) => reason);
    if (!(error instanceof DependencyError)) throw error;
    expect(error.message).toBe(
      'openRuns need flows: POST http://prefect.test:4200/api/flows/filter: status 500, {"exception_message":"broken"}',
    );
    expect(error).toMatchObject({ resource: 'openRuns', dependency: 'flows' });
    expect(error.cause).toBeInstanceOf(HttpStatusError);
  });

  it('asks for due and next runs at the instant of the tick', async () => {
    const { reader, sent } = createReader();
    await reader.get('dueRuns');
    await reader.get('nextRuns');
    const ranges = sent.flatMap(({ path, body }) =>
      path === 'flow_runs/filter' ? [(body as Query).flow_runs?.next_scheduled_start_time] : [],
    );
    expect(ranges).toEqual([{ before_: '2026-11-20T09:52:00.000Z' }, { after_: '2026-11-20T09:52:00.000Z' }]);
  });

  it('asks for the history of the window', async () => {
    const { reader, sent } = createReader();
    await reader.get('flowRunHistory');
    expect(sent[0]?.body).toMatchObject({
      history_start: '2026-11-20T08:52:00.000Z',
      history_end: '2026-11-20T09:52:00.000Z',
      history_interval_seconds: 60,
    });
  });

  it('knows the server’s time once something was read', async () => {
    const { reader } = createReader();
    expect(reader.serverTimeMs()).toBeUndefined();
    await reader.get('automationCount');
    expect(reader.serverTimeMs()).toBe(nowMs);
  });
});

/** Answers a list by offset, or by ids when asked for ids. */
const namedRows =
  <Row extends { id: string }>(listed: readonly Row[], later: readonly Row[], key: 'flows' | 'deployments') =>
  (sent: Sent) => {
    const ids = queryOf(sent)[key]?.id.any_;
    return ids === undefined ? listed : [...listed, ...later].filter(({ id }) => ids.includes(id));
  };

describe('names', () => {
  it('joins runs with flows and deployments', async () => {
    const { reader } = createReader();
    const runs = await reader.get('openRuns');
    expect(
      runs.map(({ id, flow, deployment, state_type }) => [
        id,
        flow,
        deployment?.name,
        deployment?.flow,
        state_type,
      ]),
    ).toEqual([
      ['r3', 'etl', 'deployment d1', 'etl', 'SCHEDULED'],
      ['r1', 'etl', 'deployment d1', 'etl', 'RUNNING'],
      ['r2', 'ml', undefined, undefined, 'RUNNING'],
    ]);
  });

  it('counts a run that started between the two lists once, as active', async () => {
    const { reader } = createReader({
      'flow_runs/filter': runsRoute({
        active: [runRow('r1', 'f1')],
        due: [dueRow('r1', 'f1'), dueRow('r2', 'f1')],
      }),
    });
    const runs = await reader.get('openRuns');
    expect(runs.map(({ id, state_type }) => [id, state_type]).sort()).toEqual([
      ['r1', 'RUNNING'],
      ['r2', 'SCHEDULED'],
    ]);
  });

  it.each<readonly ResourceName[]>([
    ['openRuns'],
    ['activeRuns', 'openRuns'],
    ['dueRuns', 'activeRuns', 'openRuns'],
  ])('asks for active runs once it has the due ones, so that none is lost between (%#)', async (...names) => {
    const sentBeforeDueAnswer: unknown[] = [];
    const { reader, sent } = createReader({
      'flow_runs/filter': (call: Sent) => {
        if (queryOf(call).sort !== 'NEXT_SCHEDULED_START_TIME_ASC') return [runRow('r1', 'f1')];
        sentBeforeDueAnswer.push(...sent.map((other) => queryOf(other).sort));
        return [dueRow('r1', 'f1')];
      },
    });
    await Promise.all(names.map((name) => reader.get(name)));
    expect(await reader.get('openRuns')).toMatchObject([{ id: 'r1', state_type: 'RUNNING' }]);
    expect(sentBeforeDueAnswer).toContain('NEXT_SCHEDULED_START_TIME_ASC');
    expect(sentBeforeDueAnswer).not.toContain('EXPECTED_START_TIME_ASC');
  });

  it('reads active runs without due runs where nobody wants those, and after due runs that fail', async () => {
    const alone = createReader();
    await alone.reader.get('activeRuns');
    expect(alone.sent).toHaveLength(1);
    const { reader } = createReader({
      'flow_runs/filter': (sent: Sent) => {
        if (queryOf(sent).sort === 'NEXT_SCHEDULED_START_TIME_ASC') throw new Status(503);
        return [runRow('r1', 'f1')];
      },
    });
    const [due, active] = await Promise.allSettled([reader.get('dueRuns'), reader.get('activeRuns')]);
    expect([due.status, active.status]).toEqual(['rejected', 'fulfilled']);
  });

  it('asks once for deployments and flows that were made meanwhile', async () => {
    const { reader, sent } = createReader({
      'flow_runs/filter': runsRoute({
        active: [
          runRow('r1', 'f8', { deployment_id: 'd9' }),
          runRow('r2', 'f9', { deployment_id: 'd8' }),
          runRow('r3', 'f9', { deployment_id: 'd9' }),
        ],
      }),
      'flows/filter': namedRows(
        [flowRow('f1', 'etl')],
        [flowRow('f7', 'seven'), flowRow('f8', 'eight'), flowRow('f9', 'nine')],
        'flows',
      ),
      'deployments/filter': namedRows(
        [deploymentRow('d1', 'f1')],
        [deploymentRow('d8', 'f7'), deploymentRow('d9', 'f8')],
        'deployments',
      ),
    });
    const runs = await reader.get('openRuns');
    expect(runs.map(({ id, flow, deployment }) => [id, flow, deployment?.name, deployment?.flow])).toEqual([
      ['r1', 'eight', 'deployment d9', 'eight'],
      ['r2', 'nine', 'deployment d8', 'seven'],
      ['r3', 'nine', 'deployment d9', 'eight'],
    ]);
    const asked = sent.map(queryOf).filter(({ flows, deployments }) => flows ?? deployments);
    expect(asked.map(({ flows, deployments }) => flows?.id.any_ ?? deployments?.id.any_)).toEqual([
      ['d9', 'd8'],
      ['f8', 'f9', 'f7'],
    ]);
  });

  it('keeps the run of a deleted deployment, and asks for it once', async () => {
    const { reader, sent } = createReader({
      'flow_runs/filter': runsRoute({ active: [runRow('r1', 'f1', { deployment_id: 'gone' })] }),
      'deployments/filter': namedRows([], [], 'deployments'),
    });
    expect(await reader.get('openRuns')).toMatchObject([
      { id: 'r1', flow: 'etl', deployment: undefined, deployment_id: 'gone' },
    ]);
    expect(sent.filter(({ path }) => path === 'deployments/filter')).toHaveLength(2);
  });

  it('leaves out what was deleted with its flow', async () => {
    const { reader } = createReader({
      'flow_runs/filter': runsRoute({ active: [runRow('r1', 'gone'), runRow('r2', 'f1')] }),
      'flows/filter': namedRows([flowRow('f1', 'etl')], [], 'flows'),
      'deployments/filter': namedRows(
        [deploymentRow('d1', 'gone'), deploymentRow('d2', 'f1')],
        [],
        'deployments',
      ),
    });
    expect((await reader.get('openRuns')).map(({ id }) => id)).toEqual(['r2']);
    expect((await reader.get('deployments')).map(({ id }) => id)).toEqual(['d2']);
  });

  it('names a deployment whose flow was made meanwhile', async () => {
    const { reader } = createReader({
      'flows/filter': namedRows([], [flowRow('f1', 'etl')], 'flows'),
    });
    expect(await reader.get('deployments')).toMatchObject([{ id: 'd1', flow: 'etl' }]);
  });

  it('fails when the question about unknown ids fails', async () => {
    const { reader } = createReader({
      'flow_runs/filter': runsRoute({ active: [runRow('r1', 'f1', { deployment_id: 'unknown' })] }),
      'deployments/filter': (sent: Sent) => {
        if (queryOf(sent).deployments !== undefined) throw new Status(500);
        return [];
      },
    });
    await expect(reader.get('openRuns')).rejects.toThrow(HttpStatusError);
    await expect(reader.get('deployments')).resolves.toEqual([]);
  });
});
