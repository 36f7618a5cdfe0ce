import { expect, test } from 'vitest';
import type { JsonObject } from '../../doubles/prefect/json.ts';
import { parseTimestamp } from '../../doubles/prefect/timestamps.ts';
import { instant, names, type SceneOf, sceneQuestions, state } from './prefect-scene.ts';

/** Flow runs: times, states, filters, sorts and keyset pages. */
export function runCases(sceneOf: SceneOf, major: 2 | 3): void {
  const { runs, runNamed, soon } = sceneQuestions(sceneOf);

  test('a time without a fraction has none, every other has six digits, and the zone is UTC', async () => {
    const run = await runNamed('retrying');
    const zone = major === 3 ? 'Z' : '\\+00:00';
    expect(run.next_scheduled_start_time).toMatch(new RegExp(`^[\\d-]{10}T[\\d:]{8}${zone}$`));
    expect(parseTimestamp(String(run.next_scheduled_start_time))).toBe(
      (sceneOf().workload.nowMs + 3_000_000) * 1000,
    );
    expect(run.start_time).toMatch(new RegExp(`^[\\d-]{10}T[\\d:]{8}(\\.\\d{6})?${zone}$`));
  });

  test('active and due runs are told apart by state type and next scheduled time', async () => {
    const active = await runs({ state: { type: { any_: ['PENDING', 'RUNNING', 'PAUSED', 'CANCELLING'] } } });
    expect(names(active)).toEqual([
      'adhoc-running',
      'cancelling',
      'paused',
      'pending',
      'reopened',
      'running',
      'second-attempt',
      'submitting',
      'suspended',
    ]);
    const due = await runs({
      state: { type: { any_: ['SCHEDULED'] } },
      next_scheduled_start_time: { before_: soon(0) },
    });
    expect(names(due)).toEqual(['late']);
    const scheduled = { flow_runs: { state: { type: { any_: ['SCHEDULED'] } } } };
    expect(await sceneOf().api.post('/flow_runs/count', scheduled)).toBe(6);
  });

  test('an empty any_ matches nothing; and time windows include both ends', async () => {
    expect(await runs({ id: { any_: [] } })).toEqual([]);
    const at = soon(3600);
    const window = { next_scheduled_start_time: { after_: at, before_: at } };
    expect(names(await runs(window))).toEqual(['future-a', 'future-b']);
  });

  test('a keyset page starts at the last time and leaves out the ids that were seen', async () => {
    const seen: string[] = [];
    let after: string | undefined;
    for (let pages = 0; pages < 20; pages += 1) {
      const page = await runs(
        {
          state: { type: { any_: ['SCHEDULED'] } },
          next_scheduled_start_time: after === undefined ? {} : { after_: after },
          id: { not_any_: seen.map((name) => sceneOf().workload.runs.get(name) ?? '') },
        },
        { sort: 'NEXT_SCHEDULED_START_TIME_ASC', limit: 1 },
      );
      const [run] = page;
      if (run === undefined) break;
      seen.push(String(run.name));
      after = String(run.next_scheduled_start_time);
    }
    expect([seen.slice(0, 3), new Set(seen.slice(3, 5)), seen.slice(5)]).toEqual([
      ['late', 'retrying', 'no-slot'],
      new Set(['future-a', 'future-b']),
      ['future-c'],
    ]);
  });

  test('a run that was retried counts its attempts and keeps its first start', async () => {
    const run = await runNamed('retrying');
    expect([run.state_type, run.state_name, run.run_count, run.end_time]).toEqual([
      'SCHEDULED',
      'AwaitingRetry',
      1,
      null,
    ]);
    expect(parseTimestamp(String(run.expected_start_time))).toBe((sceneOf().workload.nowMs - 900_000) * 1000);
    expect(run.start_time).not.toBeNull();
    const again = await runNamed('second-attempt');
    expect([again.state_name, again.run_count]).toEqual(['Retrying', 2]);
    expect(again.total_run_time).toBeGreaterThan(0);
    expect(instant(again.start_time)).toBeLessThan(instant(state(again).timestamp));
  });

  test('the end of a run: kept over terminal states, cleared when it goes on', async () => {
    const corrected = await runNamed('corrected');
    expect([corrected.state_type, corrected.state_name]).toEqual(['FAILED', 'Rejected']);
    expect(instant(corrected.end_time)).toBeLessThan(instant(state(corrected).timestamp));
    const reopened = await runNamed('reopened');
    expect([reopened.state_type, reopened.end_time, reopened.run_count]).toEqual(['RUNNING', null, 2]);
    const neverStarted = await runNamed('never-started');
    expect(neverStarted.run_count).toBe(0);
    // Prefect 2 gives no times at all to a run that never ran; Prefect 3 takes the end as its start.
    expect(neverStarted.end_time).toEqual(major === 2 ? null : state(neverStarted).timestamp);
    expect(neverStarted.start_time).toEqual(neverStarted.end_time);
  });

  test('runs know their queue and pool by name; an ad-hoc run has none', async () => {
    const where = (run: JsonObject) => [run.work_pool_name, run.work_queue_name];
    expect(where(await runNamed('completed'))).toEqual(['k8s', 'high']);
    expect(where(await runNamed('late'))).toEqual(['k8s', 'default']);
    const adhoc = await runNamed('adhoc-running');
    expect([adhoc.deployment_id, ...where(adhoc)]).toEqual([null, null, null]);
    expect(names(await runs({ deployment_id: { is_null_: true } }))).toEqual([
      'adhoc-completed',
      'adhoc-running',
    ]);
  });

  test('the queue filter has another key for history than for lists; the wrong one filters nothing', async () => {
    const none = { name: { any_: ['none'] } };
    const count = (body: JsonObject) => sceneOf().api.post('/flow_runs/count', body);
    expect(await count({ work_pool_queues: none })).toBe(0);
    expect(await count({ work_queues: none })).toBe(sceneOf().workload.runs.size);
  });

  test.skipIf(major === 2)('the end-time filter and sort of Prefect 3', async () => {
    const ended = await runs({ end_time: { before_: soon(3600) } }, { sort: 'END_TIME_DESC' });
    expect(names(ended)).toEqual([
      'adhoc-completed',
      'cancelled',
      'corrected',
      'never-started',
      'crashed',
      'timed-out',
      'failed',
      'skipped',
      'completed',
    ]);
    const last = String(ended[0]?.end_time);
    expect(names(await runs({ end_time: { after_: last, before_: last } }))).toEqual(['adhoc-completed']);
  });
}
