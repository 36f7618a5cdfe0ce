import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { beginSources, readPosition } from '../../lib/ledger/fold.ts';
import type { NamedFinishedRun } from '../../lib/prefect/resources.ts';
import { aDeployment } from '../support/fixtures.ts';
import {
  aFinish,
  aLedger,
  deployment,
  foldAt,
  minuteMs,
  startedLedger,
  startMs,
  theSettings,
  totalOf,
  valuesOf,
} from './fixtures.ts';

const finished = 'prefect_flow_runs_finished_total';
const durations = 'prefect_flow_run_duration_seconds';
const at = (minutes: number): number => startMs + minutes * minuteMs;

describe('the end of a run', () => {
  test('counts once by id and end, in whatever order and however often it is read', () => {
    const ends = fc.array(fc.tuple(fc.nat(3), fc.integer({ min: 1, max: 4 * minuteMs })), { maxLength: 12 });
    fc.assert(
      fc.property(ends, (all) => {
        const ledger = startedLedger();
        const runs = all.map(([id, ms]) => aFinish(startMs + ms, { id: `run-${id}` }));
        for (const minutes of [1, 2, 3, 4, 5]) {
          foldAt(ledger, at(minutes), { runs: minutes % 2 === 0 ? runs : [...runs, ...runs.toReversed()] });
        }
        const distinct = new Set(all.map(([id, ms]) => `${id} ${ms}`));
        expect(totalOf(ledger.sources.finishedRuns.series, finished)).toBe(distinct.size);
      }),
    );
  });

  test('is told apart by µs', () => {
    const ledger = startedLedger();
    foldAt(ledger, at(1), { runs: [aFinish(at(0) + 1.001), aFinish(at(0) + 1.002)] });
    expect(totalOf(ledger.sources.finishedRuns.series, finished)).toBe(2);
  });

  test('before what is read is not counted', () => {
    const ledger = startedLedger();
    const early = aFinish(startMs - 0.001);
    const finishedRuns = { runs: [early, aFinish(startMs, { id: 'on' })], upToUs: at(1) * 1000 };
    foldAt(ledger, at(1), { finishedRuns });
    expect(totalOf(ledger.sources.finishedRuns.series, finished)).toBe(1);
  });

  test.each<[string, Partial<NamedFinishedRun>, string]>([
    ['of a deployment', {}, 'etl/hourly/k8s/default/COMPLETED/Completed/false'],
    ['ad hoc', { deployment: undefined, flow: 'x' }, 'x////COMPLETED/Completed/false'],
    [
      'of a deployment that is gone',
      { deployment: undefined, deployment_id: 'gone', flow: 'x' },
      'x/_deleted///COMPLETED/Completed/false',
    ],
    ['of a subflow', { parent_task_run_id: 'task' }, 'etl/hourly/k8s/default/COMPLETED/Completed/true'],
    [
      'with a state name of its own',
      { state_type: 'FAILED', state_name: 'Oh no' },
      'etl/hourly/k8s/default/FAILED/other/false',
    ],
    [
      'of a state type nobody knows',
      { state_type: 'ODD', state_name: 'Odd' },
      'etl/hourly/k8s/default/ODD/other/false',
    ],
  ])('%s has its labels', (_, fields, expected) => {
    const ledger = startedLedger();
    foldAt(ledger, at(1), { runs: [aFinish(at(1) - 1, fields)] });
    const names = ['flow', 'deployment', 'work_pool', 'work_queue', 'state_type', 'state_name', 'subflow'];
    expect(valuesOf(ledger.sources.finishedRuns.series, finished, names)).toEqual({ [expected]: 1 });
  });

  test.each<[Partial<NamedFinishedRun>, string]>([
    [{}, 'schedule'],
    [{ auto_scheduled: false }, 'schedule'],
    [{ auto_scheduled: false, created_by_type: 'AUTOMATION' }, 'automation'],
    [{ auto_scheduled: false, created_by_type: 'USER' }, 'manual'],
    [{ auto_scheduled: false, created_by_type: null }, 'manual'],
    [{ parent_task_run_id: 'task' }, 'parent'],
  ])('%j was made by: %s', (fields, trigger) => {
    const settings = theSettings({ trigger: true });
    const ledger = startedLedger(settings);
    foldAt(ledger, at(1), { runs: [aFinish(at(1) - 1, fields)] }, settings);
    expect(valuesOf(ledger.sources.finishedRuns.series, finished, ['trigger'])).toEqual({ [trigger]: 1 });
  });

  test('has a duration when it ran and its state is timed', () => {
    const ledger = startedLedger();
    const runs = [
      aFinish(at(1) - 1, { id: 'a', total_run_time: 15 }),
      aFinish(at(1) - 2, { id: 'b', total_run_time: 15.000001 }),
      aFinish(at(1) - 3, { id: 'failed', state_type: 'FAILED' }),
      aFinish(at(1) - 4, { id: 'never', run_count: 0 }),
    ];
    foldAt(ledger, at(1), { runs });
    expect(valuesOf(ledger.sources.finishedRuns.series, durations, ['deployment', 'state_type'])).toEqual({
      'hourly/COMPLETED': [1, 2, 2, 2, 30.000001, 2],
    });
  });

  test('that a filter leaves out is counted nowhere, and said once', () => {
    const selection = { ...theSettings().selection, deployment: (name: string) => name !== 'daily' };
    const settings = theSettings({ selection });
    const ledger = startedLedger(settings);
    const left = aFinish(at(1) - 1, { deployment: aDeployment('etl', 'daily') });
    expect(foldAt(ledger, at(1), { runs: [left] }, settings).runsFiltered).toBe(1);
    expect(foldAt(ledger, at(2), { runs: [left] }, settings).runsFiltered).toBe(0);
    expect(ledger.sources.finishedRuns.series.size).toBe(0);
    expect(ledger.lastRuns.size).toBe(0);
  });
});

describe('a source that is wanted for the first time', () => {
  test('begins at that tick: nothing before it is read or counted', () => {
    const off = theSettings({ sources: { finishedRuns: false, finishedTaskRuns: false, events: false } });
    const ledger = aLedger();
    beginSources(ledger, off, startMs);
    expect(readPosition(ledger, off, startMs)).toEqual({});
    const nowMs = at(100);
    beginSources(ledger, theSettings(), nowMs);
    const position = readPosition(ledger, theSettings(), nowMs);
    expect(position.finishedRuns).toMatchObject({ cursorUs: nowMs * 1000, readFromUs: nowMs * 1000 });
    const { emitted } = foldAt(ledger, nowMs, { runs: [aFinish(at(50))] });
    expect(emitted.finishedRuns.map(({ tickMs }) => tickMs)).toEqual([nowMs]);
    expect(ledger.sources.finishedRuns.series.size).toBe(0);
  });

  test('goes on where it was when it was off for a while', () => {
    const ledger = startedLedger();
    foldAt(ledger, at(10), { finishedRuns: undefined });
    beginSources(ledger, theSettings(), at(10));
    const position = readPosition(ledger, theSettings(), at(10));
    expect(position.finishedRuns).toMatchObject({ cursorUs: startMs * 1000 });
    const { emitted } = foldAt(ledger, at(10), { runs: [aFinish(at(5), { deployment })] });
    expect(emitted.finishedRuns.map(({ values }) => values[0] ?? 0)).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 1, 1]);
  });
});
