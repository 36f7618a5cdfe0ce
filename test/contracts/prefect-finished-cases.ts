import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../doubles/prefect/json.ts';
import { prefectRequests } from '../support/prefect-requests.ts';
import { workloadWriter } from '../support/workload.ts';
import { instant, listOf, names, type PrefectContract, rowsOf, type Scene } from './prefect-scene.ts';

const terminal = { type: { any_: ['COMPLETED', 'FAILED', 'CRASHED', 'CANCELLED'] } };
const newest = { sort: 'END_TIME_DESC' };

/** What ended: its times, its order, and lists of it that are read in pages. On a server of its own. */
export function finishedCases(contract: PrefectContract): void {
  const { major } = contract;
  describe('what ended', () => {
    let scene: Omit<Scene, 'workload'> | undefined;
    const api = () => {
      if (scene === undefined) throw new Error('the scene is made in a hook');
      return scene.api;
    };
    const writer = () => workloadWriter(api());
    const runs = (body: JsonObject) => rowsOf(api(), '/flow_runs/filter', body);
    const runOf = async (id: string) => {
      const [run] = await runs({ flow_runs: { id: { any_: [id] } } });
      if (run === undefined) throw new Error(`no run ${id}`);
      return run;
    };
    let flowId = '';

    beforeAll(async () => {
      const server = await contract.start();
      scene = { server, api: prefectRequests(server.apiUrl) };
      flowId = await writer().flow('finishes');
      for (const name of ['one', 'two', 'three', 'four', 'five']) {
        await writer().run({ flowId }, { name, states: [{ type: 'RUNNING' }, { type: 'COMPLETED' }] });
      }
      await writer().run({ flowId }, { name: 'open', states: [{ type: 'RUNNING' }] });
    });
    afterAll(() => scene?.server.stop());

    test('newest first, and what has no end comes last on SQLite', async () => {
      expect(names(await runs(newest))).toEqual(['five', 'four', 'three', 'two', 'one', 'open']);
      const finished = await runs({ ...newest, flow_runs: { state: terminal } });
      expect(names(finished)).toEqual(['five', 'four', 'three', 'two', 'one']);
    });

    test('a run that is retried ends again, later, with the time and the starts of all attempts', async () => {
      const { run, setState } = writer();
      const states = [{ type: 'RUNNING' }, { type: 'FAILED' }] as const;
      const id = await run({ flowId }, { name: 'again', states });
      const first = await runOf(id);
      await setState(id, { type: 'SCHEDULED', name: 'AwaitingRetry' });
      expect((await runOf(id)).end_time).toBeNull();
      await setState(id, { type: 'RUNNING', name: 'Retrying' });
      await setState(id, { type: 'COMPLETED' });
      const second = await runOf(id);
      expect(instant(second.end_time)).toBeGreaterThan(instant(first.end_time));
      expect([first.run_count, second.run_count]).toEqual([1, 2]);
      expect(Number(second.total_run_time)).toBeGreaterThan(Number(first.total_run_time));
      expect(second.start_time).toBe(first.start_time);
      expect(names(await runs({ ...newest, flow_runs: { state: terminal }, limit: 1 }))).toEqual(['again']);
    });

    test('a subflow run names the task run of its parent; who made a run is told by Prefect 3', async () => {
      const [parent] = await runs({ flow_runs: { name: { any_: ['open'] } } });
      const task = await api().post('/task_runs/', {
        flow_run_id: String(parent?.id),
        task_key: 'subflow',
        dynamic_key: '0',
      });
      const [taskRow] = listOf([task]);
      const child = await api().post('/flow_runs/', {
        flow_id: flowId,
        name: 'child',
        parent_task_run_id: String(taskRow?.id),
        state: { type: 'RUNNING' },
      });
      const [row] = listOf([child]);
      expect([row?.parent_task_run_id, row?.auto_scheduled, row?.created_by ?? null]).toEqual([
        taskRow?.id,
        false,
        null,
      ]);
    });

    test.skipIf(major === 2)('both ends of a window, counted and read by keyset', async () => {
      const [last, ...others] = await runs({
        ...newest,
        flow_runs: { name: { any_: ['one', 'two', 'three'] } },
      });
      const window = { after_: String(others.at(-1)?.end_time), before_: String(last?.end_time) };
      const filter = { flow_runs: { end_time: window } };
      expect(await api().post('/flow_runs/count', filter)).toBe(3);
      const withoutIds: string[] = [];
      const seen: string[] = [];
      let before = window.before_;
      for (;;) {
        const end_time = { ...window, before_: before };
        const flow_runs = { end_time, ...(withoutIds.length > 0 && { id: { not_any_: withoutIds } }) };
        const [run] = await runs({ ...newest, flow_runs, limit: 1 });
        if (run === undefined) break;
        seen.push(String(run.name));
        before = String(run.end_time);
        withoutIds.push(String(run.id));
      }
      expect(seen).toEqual(['three', 'two', 'one']);
      const beforeAll = { end_time: { ...window, before_: '2026-01-01T00:00:00.000001Z' } };
      expect(await api().post('/flow_runs/count', { flow_runs: beforeAll })).toBe(0);
    });

    test.skipIf(major === 3)('Prefect 2 has no such window, and says so', async () => {
      for (const [path, filter] of [
        ['/flow_runs/filter', 'flow_runs'],
        ['/flow_runs/count', 'flow_runs'],
        ['/task_runs/filter', 'task_runs'],
      ] as const) {
        const reply = await api().send('POST', path, { [filter]: { end_time: { is_null_: false } } });
        expect(reply.status).toBe(422);
        expect(reply.json).toMatchObject({
          exception_detail: [{ loc: ['body', filter, 'end_time'], type: 'value_error.extra' }],
        });
      }
    });

    test('runs that never started have no end in Prefect 2 and are left out by their start', async () => {
      await writer().run({ flowId }, { name: 'never', states: [{ type: 'PENDING' }, { type: 'CANCELLED' }] });
      const never = { name: { any_: ['never'] }, state: terminal };
      const [run] = await runs({ flow_runs: never });
      expect(run?.end_time === null).toBe(major === 2);
      const started = { ...never, start_time: { is_null_: false } };
      expect(await runs({ ...newest, flow_runs: started })).toHaveLength(major === 2 ? 0 : 1);
    });

    taskRunCases(api, () => flowId, major);
  });
}

function taskRunCases(api: () => Scene['api'], flowId: () => string, major: 2 | 3): void {
  const taskRuns = (body: JsonObject) => rowsOf(api(), '/task_runs/filter', body);

  test('task runs: newest first, their flow in labels where Prefect 3 writes them', async () => {
    const flowRunId = await workloadWriter(api()).run(
      { flowId: flowId() },
      { name: 'with-tasks', states: [{ type: 'RUNNING' }] },
    );
    const make = async (name: string, body: JsonObject, states: readonly string[]) => {
      const row = { name, task_key: 'task', dynamic_key: name, state: { type: 'PENDING' }, ...body };
      const [task] = listOf([await api().post('/task_runs/', row)]);
      for (const type of states) {
        await api().post(`/task_runs/${String(task?.id)}/set_state`, { state: { type }, force: true });
      }
    };
    await make('a', { flow_run_id: flowRunId }, ['RUNNING', 'COMPLETED']);
    await make('b', { flow_run_id: flowRunId }, ['RUNNING', 'FAILED']);
    await make('alone', { flow_run_id: null }, ['RUNNING', 'COMPLETED']);
    await make('open', { flow_run_id: flowRunId }, ['RUNNING']);

    const ended = await taskRuns({
      ...newest,
      task_runs: { state: { type: { any_: ['COMPLETED', 'FAILED'] } } },
    });
    expect(names(ended)).toEqual(['alone', 'b', 'a']);
    const where = ended.map((task) => [task.flow_run_id, task.labels ?? null, task.run_count]);
    const labels = { 'prefect.flow.id': flowId(), 'prefect.flow-run.id': flowRunId };
    expect(where).toEqual([
      [null, major === 3 ? {} : null, 1],
      [flowRunId, major === 3 ? labels : null, 1],
      [flowRunId, major === 3 ? labels : null, 1],
    ]);
    expect(ended.every((task) => Number(task.total_run_time) > 0)).toBe(true);
    if (major === 2) return;

    const window = { after_: String(ended[1]?.end_time), before_: String(ended[0]?.end_time) };
    const filter = { task_runs: { end_time: window } };
    expect(names(await taskRuns({ ...newest, ...filter }))).toEqual(['alone', 'b']);
    expect(names(await taskRuns({ ...newest, ...filter, offset: 1, limit: 1 }))).toEqual(['b']);
    expect(await api().post('/task_runs/count', filter)).toBe(2);
  });

  test('task runs cannot be left out by id', async () => {
    const id = { not_any_: ['00000000-0000-4000-8000-000000000000'] };
    const reply = await api().send('POST', '/task_runs/filter', { task_runs: { id } });
    expect(reply.status).toBe(422);
  });
}

/** Counts of events, which take seconds to be kept. On servers of their own. */
export function eventCases(contract: PrefectContract): void {
  const count = '/events/count-by/event';

  test('events of a window are counted by name, both ends included', { timeout: 60_000 }, async () => {
    const server = await contract.start({ events: true });
    try {
      const api = prefectRequests(server.apiUrl);
      const hourAgo = new Date(Math.floor(server.nowMs() / 1000) * 1000 - 3_600_000)
        .toISOString()
        .slice(0, 19);
      const event = (name: string, fraction: string, index: number) => ({
        id: `00000000-0000-4000-8000-00000000000${index}`,
        occurred: `${hourAgo}${fraction}Z`,
        event: name,
        resource: { 'prefect.resource.id': 'contract' },
        related: [],
        payload: {},
      });
      const sent = [
        event('prefect.flow-run.Custom', '', 1),
        event('prefect.flow-run.Custom', '.500000', 2),
        event('prefect.worker.started', '.999998', 3),
        event('prefect.flow-run.Custom', '.999999', 4),
        event('prefect.flow-run.heartbeat', '.100000', 5),
        event('other.thing', '.100000', 6),
      ];
      expect((await api.send('POST', '/events', sent)).status).toBe(204);
      const ask = async (until: string, names: JsonObject) => {
        const occurred = { since: `${hourAgo}.000000Z`, until: `${hourAgo}${until}Z` };
        const rows = await rowsOf(api, count, { filter: { occurred, event: names } });
        return Object.fromEntries(rows.map((row) => [String(row.value), row.count]));
      };
      const all = { prefix: ['prefect.flow-run.', 'other.', 'prefect.worker.'] };
      await expect
        .poll(
          async () => Object.values(await ask('.999999', all)).reduce<number>((sum, n) => sum + Number(n), 0),
          {
            timeout: 30_000,
          },
        )
        .toBe(6);
      const chosen = {
        prefix: ['prefect.flow-run.', 'prefect.worker.'],
        exclude_name: ['prefect.flow-run.heartbeat'],
      };
      expect(await ask('.999998', chosen)).toEqual({
        'prefect.flow-run.Custom': 2,
        'prefect.worker.started': 1,
      });
      expect(await ask('.999999', chosen)).toEqual({
        'prefect.flow-run.Custom': 3,
        'prefect.worker.started': 1,
      });
      expect((await api.send('POST', count, {})).status).toBe(422);
      expect((await api.send('POST', count, { filter: { nope: 1 } })).status).toBe(422);
    } finally {
      await server.stop();
    }
  });

  test.skipIf(contract.major === 3)('Prefect 2 keeps no events unless it is told to', async () => {
    const server = await contract.start({ events: false });
    try {
      const reply = await prefectRequests(server.apiUrl).send('POST', count, { filter: {} });
      const detail = 'Events are not enabled. Please enable the PREFECT_EXPERIMENTAL_EVENTS setting.';
      expect([reply.status, reply.json]).toEqual([404, { detail }]);
    } finally {
      await server.stop();
    }
  });
}
